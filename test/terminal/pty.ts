/** A person's terminal: a real pty, and an emulator that shows what the person would see. */
import { type IPty, spawn } from '@lydell/node-pty';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import xterm from '@xterm/headless';

export interface PtyOptions {
  file: string;
  args: readonly string[];
  columns: number;
  rows: number;
  cwd: string;
  env: Readonly<Record<string, string>>;
}

export interface Pty {
  readonly pid: number;
  /** The rows as they stand, without trailing spaces. */
  screen(): string[];
  /** All rows in one text, for looking for something. */
  text(): string;
  /** How many bytes have come until now. */
  bytes(): number;
  /** The cell's colours and weight, to see that a row stands out. */
  isInverse(column: number, row: number): boolean;
  /** Whether the program uses the terminal's other screen. */
  isAlternate(): boolean;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** Resolves when the screen says this; rejects with the screen when it does not within `ms`. */
  see(wanted: string | RegExp, ms?: number): Promise<void>;
  /** Resolves when the screen does not say this any more. */
  lose(wanted: string | RegExp, ms?: number): Promise<void>;
  /** Called for each piece of output, after the emulator has taken it in. */
  onOutput(listener: (bytes: number) => void): () => void;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number>;
  kill(signal?: string): void;
}

export function openPty(options: PtyOptions): Pty {
  const { columns, rows } = options;
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = '11';
  const pty: IPty = spawn(options.file, [...options.args], {
    ...{ name: options.env.TERM ?? 'xterm-256color', cols: columns, rows, cwd: options.cwd, env: { ...options.env } },
  });
  const listeners = new Set<(bytes: number) => void>();
  let came = 0;
  pty.onData((data) => {
    const bytes = Buffer.byteLength(data);
    came += bytes;
    terminal.write(data, () => {
      for (const listener of listeners) listener(bytes);
    });
  });
  // What the emulator answers (device attributes, cursor position) goes back to the program.
  terminal.onData((data) => pty.write(data));
  const ended = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode, signal }) => resolve(signal ? 128 + signal : exitCode));
  });
  const lineAt = (row: number): string =>
    terminal.buffer.active.getLine(terminal.buffer.active.baseY + row)?.translateToString(true) ?? '';
  const screen = () => Array.from({ length: terminal.rows }, (_, row) => lineAt(row));
  const says = (wanted: string | RegExp): boolean => {
    const text = screen().join('\n');
    return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
  };
  const until = (holds: () => boolean, failure: () => string, ms: number): Promise<void> =>
    new Promise((resolve, reject) => {
      if (holds()) return resolve();
      const stop = () => {
        listeners.delete(look);
        clearTimeout(timer);
      };
      const look = () => {
        if (!holds()) return;
        stop();
        resolve();
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`${failure()}; the screen after ${ms} ms:\n${screen().join('\n')}`));
      }, ms);
      listeners.add(look);
    });
  return {
    pid: pty.pid,
    screen,
    text: () => screen().join('\n'),
    bytes: () => came,
    isInverse: (column, row) => {
      const cell = terminal.buffer.active.getLine(terminal.buffer.active.baseY + row)?.getCell(column);
      return Boolean(cell && (cell.isInverse() || !cell.isBgDefault()));
    },
    isAlternate: () => terminal.buffer.active.type === 'alternate',
    type: (keys) => pty.write(keys),
    resize(nextColumns, nextRows) {
      terminal.resize(nextColumns, nextRows);
      pty.resize(nextColumns, nextRows);
    },
    see: (wanted, ms = 20_000) =>
      until(
        () => says(wanted),
        () => `expected to see ${wanted}`,
        ms,
      ),
    lose: (wanted, ms = 20_000) =>
      until(
        () => !says(wanted),
        () => `expected to see no ${wanted}`,
        ms,
      ),
    onOutput(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ended,
    kill: (signal) => pty.kill(signal),
  };
}
