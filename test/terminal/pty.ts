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
  /** The rows as they stand, without trailing spaces; while a frame is being drawn, those of the one before it. */
  screen(): string[];
  columns(): number;
  /** All rows in one text, for looking for something. */
  text(): string;
  /** How many bytes have come until now. */
  bytes(): number;
  /** The cell's colours and weight, to see that a row stands out. */
  isInverse(column: number, row: number): boolean;
  /** Whether any cell has a colour. */
  hasColours(): boolean;
  /** Whether the program uses the terminal's other screen. */
  isAlternate(): boolean;
  /** What the program asked of the terminal and has not taken back. */
  modes(): { cursorShown: boolean; mouse: string; bracketedPaste: boolean };
  type(keys: string | Buffer): void;
  resize(columns: number, rows: number): void;
  /** Resolves when the screen says this; rejects with the screen when it does not within `ms`. */
  see(wanted: string | RegExp, ms?: number): Promise<void>;
  /** Resolves when the screen does not say this any more. */
  lose(wanted: string | RegExp, ms?: number): Promise<void>;
  /** Resolves when it holds after some frame, or after output that is in none. */
  until(holds: () => boolean, what: string, ms?: number): Promise<void>;
  /** Called for each frame, and for each piece of output that ends outside of one, after the emulator has taken it in. */
  onOutput(listener: () => void): () => void;
  /** Called with each piece of output as it came, for recordings. */
  onData(listener: (data: string) => void): () => void;
  /** What the emulator shows, for pictures of it. */
  buffer(): xterm.IBuffer;
  /** The exit code, once it has ended and the emulator has taken in all that it wrote. */
  readonly ended: Promise<number>;
  kill(signal?: string): void;
}

/** How long something is waited for that no test measures: a machine may have other things to do. */
const patienceMs = 45_000;

export function openPty(options: PtyOptions): Pty {
  const { columns, rows } = options;
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = '11';
  const pty: IPty = spawn(options.file, [...options.args], {
    ...{ name: options.env.TERM ?? 'xterm-256color', cols: columns, rows, cwd: options.cwd, env: { ...options.env } },
  });
  const listeners = new Set<() => void>();
  const recorders = new Set<(data: string) => void>();
  let came = 0;
  const lineAt = (row: number): string =>
    terminal.buffer.active.getLine(terminal.buffer.active.baseY + row)?.translateToString(true) ?? '';
  const rowsNow = () => Array.from({ length: terminal.rows }, (_, row) => lineAt(row));
  // A frame comes in as many pieces as the kernel likes, and a piece may hold many frames: nobody sees half of one, and none is missed.
  let beforeFrame: string[] | null = null;
  const screen = () => beforeFrame ?? rowsNow();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  pty.onData((data) => {
    came += Buffer.byteLength(data);
    for (const recorder of recorders) recorder(data);
    terminal.write(data, () => {
      if (!beforeFrame) tell();
    });
  });
  const onMode = (final: string, act: (modes: (number | number[])[]) => void) =>
    terminal.parser.registerCsiHandler({ prefix: '?', final }, (modes) => {
      act(modes);
      return false;
    });
  const synchronised = 2026;
  onMode('h', (modes) => {
    if (modes.includes(synchronised)) beforeFrame ??= rowsNow();
  });
  onMode('l', (modes) => {
    if (!modes.includes(synchronised)) return;
    beforeFrame = null;
    tell();
  });
  // The emulator keeps no record of its cursor's visibility that can be asked for.
  let shown = true;
  const cursorShown = () => shown;
  const watch = (final: string, visible: boolean) =>
    onMode(final, (modes) => {
      if (modes.includes(25)) shown = visible;
    });
  watch('h', true);
  watch('l', false);
  // What the emulator answers (device attributes, cursor position) goes back to the program.
  terminal.onData((data) => pty.write(data));
  const ended = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode, signal }) =>
      terminal.write('', () => {
        // One that was killed never ends the frame that it was drawing.
        beforeFrame = null;
        tell();
        resolve(signal ? 128 + signal : exitCode);
      }),
    );
  });
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
    columns: () => terminal.cols,
    text: () => screen().join('\n'),
    bytes: () => came,
    isInverse: (column, row) => {
      const cell = terminal.buffer.active.getLine(terminal.buffer.active.baseY + row)?.getCell(column);
      return Boolean(cell && (cell.isInverse() || !cell.isBgDefault()));
    },
    hasColours() {
      const { active } = terminal.buffer;
      for (let row = 0; row < terminal.rows; row++)
        for (let column = 0; column < terminal.cols; column++) {
          const cell = active.getLine(active.baseY + row)?.getCell(column);
          if (cell && !(cell.isFgDefault() && cell.isBgDefault())) return true;
        }
      return false;
    },
    isAlternate: () => terminal.buffer.active.type === 'alternate',
    modes: () => ({
      cursorShown: cursorShown(),
      mouse: terminal.modes.mouseTrackingMode,
      bracketedPaste: terminal.modes.bracketedPasteMode,
    }),
    // Its types know of text only; bytes are written as they are.
    type: (keys) => pty.write(keys as string),
    resize(nextColumns, nextRows) {
      terminal.resize(nextColumns, nextRows);
      pty.resize(nextColumns, nextRows);
    },
    see: (wanted, ms = patienceMs) =>
      until(
        () => says(wanted),
        () => `expected to see ${wanted}`,
        ms,
      ),
    lose: (wanted, ms = patienceMs) =>
      until(
        () => !says(wanted),
        () => `expected to see no ${wanted}`,
        ms,
      ),
    until: (holds, what, ms = patienceMs) => until(holds, () => `expected ${what}`, ms),
    onOutput(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onData(listener) {
      recorders.add(listener);
      return () => recorders.delete(listener);
    },
    buffer: () => terminal.buffer.active,
    ended,
    kill: (signal) => pty.kill(signal),
  };
}
