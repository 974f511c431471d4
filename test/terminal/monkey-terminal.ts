/** A terminal in this process: what a pty gives a program, without the pty, and an emulator that shows what a person would see. */
import { PassThrough, Writable } from 'node:stream';
import type { Engine } from '@decree/contracts';
import { pino } from 'pino';
import { systemClock, systemRandom } from '../../packages/control-plane/src/engine/system/index.ts';
import { openTerminal, type TerminalOptions } from '../../packages/control-plane/src/tui/open-terminal.ts';
import { emulator } from '../../packages/control-plane/test/tui/text/terminals.ts';

export interface FakeTerminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly columns: number;
  readonly rows: number;
  type(bytes: string | Buffer): void;
  resize(columns: number, rows: number): void;
  /** The rows once everything written until now has been taken in. */
  screen(): Promise<string[]>;
  /** Whether a row of the screen goes on in the next one: it was wider than the terminal. */
  overflows(): boolean;
  isAlternate(): boolean;
  /** As it was before: the person's own screen, line by line, without reports of the mouse and of what is pasted. */
  isGivenBack(): boolean;
  /** What stands on the person's own screen, which is back when the other is left. */
  own(): string[];
  readonly raw: boolean;
  /** What a terminal would have obeyed besides drawing: its title, its clipboard. */
  readonly obeyed: readonly string[];
  /** All that was written to it. */
  written(): string;
  /** Resolves when the screen says this; rejects with the screen when it does not within `ms`. */
  see(wanted: string | RegExp, ms?: number): Promise<void>;
  /** Resolves when it holds for the rows of a frame. */
  changes(holds: (rows: string[]) => boolean, what?: string, ms?: number): Promise<void>;
}

export function createFakeTerminal(columns: number, rows: number): FakeTerminal {
  const terminal = emulator('unicode11', columns, rows);
  // As the kernel's terminal does, in raw mode too.
  terminal.options.convertEol = true;
  const obeyed: string[] = [];
  const written: string[] = [];
  terminal.onTitleChange((title) => obeyed.push(`title ${title}`));
  terminal.parser.registerOscHandler(8, (link) => {
    obeyed.push(`link ${link}`);
    return true;
  });
  let size = { columns, rows };
  let raw = false;
  const input = new PassThrough();
  const stdin = Object.assign(input, {
    isTTY: true,
    setRawMode(mode: boolean) {
      raw = mode;
      return stdin;
    },
    ref: () => stdin,
    unref: () => stdin,
  }) as unknown as NodeJS.ReadStream;
  const looks = new Set<() => void>();
  const output = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      written.push(chunk.toString());
      terminal.write(chunk, () => {
        // Each frame is a write of its own: what stands on the screen for a moment only is seen too.
        for (const look of looks) look();
        done();
      });
    },
  });
  const stdout = Object.assign(output, { isTTY: true, columns, rows }) as unknown as NodeJS.WriteStream;
  const rowsNow = (): string[] => {
    const { active } = terminal.buffer;
    const rowAt = (row: number) => active.getLine(active.baseY + row)?.translateToString(true) ?? '';
    return Array.from({ length: terminal.rows }, (_, row) => rowAt(row));
  };
  const screen = (): Promise<string[]> => new Promise((resolve) => terminal.write('', () => resolve(rowsNow())));
  const changes: FakeTerminal['changes'] = (holds, what = 'another screen', ms = 45_000) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        looks.delete(look);
        clearTimeout(timer);
      };
      const look = () => {
        if (!holds(rowsNow())) return;
        stop();
        resolve();
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`expected ${what}; the screen after ${ms} ms:\n${rowsNow().join('\n')}`));
      }, ms);
      looks.add(look);
      look();
    });
  return {
    stdin,
    stdout,
    obeyed,
    get columns() {
      return size.columns;
    },
    get rows() {
      return size.rows;
    },
    get raw() {
      return raw;
    },
    type: (bytes) => void input.write(bytes),
    resize(nextColumns, nextRows) {
      size = { columns: nextColumns, rows: nextRows };
      terminal.resize(nextColumns, nextRows);
      Object.assign(stdout, size);
      stdout.emit('resize');
    },
    screen,
    written: () => written.join(''),
    see: (wanted, ms) =>
      changes(
        (rows) => (typeof wanted === 'string' ? rows.join('\n').includes(wanted) : wanted.test(rows.join('\n'))),
        `to see ${wanted}`,
        ms,
      ),
    changes,
    overflows() {
      const { active } = terminal.buffer;
      return Array.from({ length: terminal.rows }, (_, row) => active.getLine(active.baseY + row)).some(
        (line) => line?.isWrapped,
      );
    },
    isAlternate: () => terminal.buffer.active.type === 'alternate',
    isGivenBack: () =>
      terminal.buffer.active.type === 'normal' &&
      !raw &&
      terminal.modes.mouseTrackingMode === 'none' &&
      !terminal.modes.bracketedPasteMode,
    own: () => {
      const { normal } = terminal.buffer;
      const said = Array.from({ length: normal.length }, (_, row) => normal.getLine(row)?.translateToString(true) ?? '');
      return said.filter((row) => row !== '');
    },
  };
}

/** A person's terminal over an engine, in this process. */
export function openOver(engine: Engine, [columns, rows]: readonly [number, number], more: Partial<TerminalOptions> = {}) {
  const terminal = createFakeTerminal(columns, rows);
  const abort = new AbortController();
  const logged: string[] = [];
  let failure: unknown = null;
  const ended = openTerminal({
    ...{ engine, attached: true, user: 'ann', clock: systemClock, random: systemRandom, notices: [], process },
    ...{ env: { TERM: 'xterm-256color' }, stdin: terminal.stdin, stdout: terminal.stdout, signal: abort.signal },
    log: pino({ level: 'error', base: null }, { write: (line: string) => void logged.push(line) }),
    settings: { keys: {}, theme: 'auto', mouse: true, readOnly: false, bell: false, notifications: 'off' },
    preferences: { read: () => undefined, write: () => undefined },
    openUrl: async () => undefined,
    edit: async () => null,
    suspend: async () => undefined,
    ...more,
  }).catch((error: unknown) => {
    failure = error;
  });
  return {
    terminal,
    logged,
    async close() {
      abort.abort();
      await ended;
      if (failure) throw failure;
    },
  };
}
