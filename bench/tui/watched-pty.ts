/** A real pty whose output is dated when it arrives, and shown as a person would see it then. */
import { type IPty, spawn } from '@lydell/node-pty';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import xterm from '@xterm/headless';

export interface WatchedPty {
  readonly pid: number;
  /** A row of the screen, without trailing spaces. */
  row(index: number): string;
  rows(): string[];
  /** Whether two rows look the same, colours included: what they are made of, as one text. */
  look(index: number): string;
  /** Bytes that have come until now. */
  bytes(): number;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** When the output arrived that made this hold, on `performance.now()`'s clock. Rejects with the screen when it never does. */
  when(holds: () => boolean, what: string, ms?: number): Promise<number>;
  /** Called with each piece of output, before the screen has taken it in. */
  onData(listener: (data: string) => void): () => void;
  /** Called after the screen has taken in a piece of output, with the time at which it arrived. */
  onShown(listener: (atMs: number) => void): () => void;
  readonly ended: Promise<number>;
  kill(signal?: string): void;
}

export interface WatchedPtyOptions {
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  columns: number;
  rows: number;
}

export function openWatchedPty({ args, cwd, env, columns, rows }: WatchedPtyOptions): WatchedPty {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = '11';
  const pty: IPty = spawn(process.execPath, [...args], { name: 'xterm-256color', cols: columns, rows, cwd, env: { ...env } });
  const dataListeners = new Set<(data: string) => void>();
  const shownListeners = new Set<(atMs: number) => void>();
  let came = 0;
  pty.onData((data) => {
    const atMs = performance.now();
    came += Buffer.byteLength(data);
    for (const listener of [...dataListeners]) listener(data);
    terminal.write(data, () => {
      for (const listener of [...shownListeners]) listener(atMs);
    });
  });
  terminal.onData((data) => pty.write(data));
  const ended = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode, signal }) => resolve(signal ? 128 + signal : exitCode));
  });
  const lineAt = (index: number) => terminal.buffer.active.getLine(terminal.buffer.active.baseY + index);
  const row = (index: number): string => lineAt(index)?.translateToString(true) ?? '';
  const allRows = () => Array.from({ length: terminal.rows }, (_, index) => row(index));
  const on =
    <T>(listeners: Set<T>) =>
    (listener: T) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    };
  return {
    pid: pty.pid,
    row,
    rows: allRows,
    look(index) {
      const line = lineAt(index);
      let look = '';
      for (let column = 0; line && column < terminal.cols; column += 1) {
        const cell = line.getCell(column);
        look += `${cell?.getChars()}${cell?.getFgColor()},${cell?.getBgColor()},${cell?.isBold()},${cell?.isDim()},${cell?.isInverse()},${cell?.isItalic()},${cell?.isUnderline()},${cell?.getFgColorMode()};`;
      }
      return look;
    },
    bytes: () => came,
    type: (keys) => pty.write(keys),
    resize(nextColumns, nextRows) {
      terminal.resize(nextColumns, nextRows);
      pty.resize(nextColumns, nextRows);
    },
    when: (holds, what, ms = 30_000) =>
      new Promise((resolve, reject) => {
        if (holds()) return resolve(performance.now());
        const stop = () => {
          shownListeners.delete(look);
          clearTimeout(timer);
        };
        const look = (atMs: number) => {
          if (!holds()) return;
          stop();
          resolve(atMs);
        };
        const timer = setTimeout(() => {
          stop();
          reject(new Error(`waited ${ms} ms in vain for ${what}; the screen:\n${allRows().join('\n')}`));
        }, ms);
        shownListeners.add(look);
      }),
    onData: on(dataListeners),
    onShown: on(shownListeners),
    ended,
    kill: (signal) => pty.kill(signal),
  };
}
