/** A terminal in this process: what a pty gives a program, without the pty, and an emulator that shows what a person would see. */
import { PassThrough, Writable } from 'node:stream';
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
  readonly raw: boolean;
  /** What a terminal would have obeyed besides drawing: its title, its clipboard. */
  readonly obeyed: readonly string[];
}

export function createFakeTerminal(columns: number, rows: number): FakeTerminal {
  const terminal = emulator('unicode11', columns, rows);
  // As the kernel's terminal does, in raw mode too.
  terminal.options.convertEol = true;
  const obeyed: string[] = [];
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
  const output = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      terminal.write(chunk, () => done());
    },
  });
  const stdout = Object.assign(output, { isTTY: true, columns, rows }) as unknown as NodeJS.WriteStream;
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
    screen: () =>
      new Promise((resolve) => {
        terminal.write('', () => {
          const { active } = terminal.buffer;
          resolve(
            Array.from({ length: terminal.rows }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? ''),
          );
        });
      }),
    overflows() {
      const { active } = terminal.buffer;
      return Array.from({ length: terminal.rows }, (_, row) => active.getLine(active.baseY + row)).some(
        (line) => line?.isWrapped,
      );
    },
    isAlternate: () => terminal.buffer.active.type === 'alternate',
  };
}
