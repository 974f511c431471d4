/** What is written while agents talk: how much, and whether rows are written that look as before. */
import type { WatchedPty } from './watched-pty.ts';

export interface Written {
  readonly bytesPerSecond: number;
  readonly framesPerSecond: number;
  /** Rows that were written, and of these the ones that look as before. */
  readonly rows: number;
  readonly unchanged: number;
  /** Frames in which every row was written. */
  readonly whole: number;
}

const update = { begin: '\x1b[?2026h', end: '\x1b[?2026l' } as const;

/** Each frame lies between the marks of a synchronised update: the rows it writes are compared with what they were. */
export async function watchFrames(pty: WatchedPty, { ms, rows }: { ms: number; rows: number }): Promise<Written> {
  const look = () => Array.from({ length: rows }, (_, index) => pty.look(index));
  const before = pty.bytes();
  let text = '';
  let [frames, written, unchanged, whole] = [0, 0, 0, 0];
  let last = look();
  const stopData = pty.onData((data) => {
    text += data;
  });
  const stopShown = pty.onShown(() => {
    // Compared where the screen is between two frames.
    const end = text.lastIndexOf(update.end);
    if (end < 0 || text.indexOf(update.begin, end) >= 0) return;
    const parts = text.slice(0, end).split(update.begin).slice(1);
    text = text.slice(end + update.end.length);
    const now = look();
    const touched = new Set<number>();
    for (const part of parts) {
      const rowsOfPart = rowsWritten(part, rows);
      if (rowsOfPart.size >= rows) whole += 1;
      for (const row of rowsOfPart) touched.add(row);
    }
    frames += parts.length;
    written += touched.size;
    for (const row of touched) if (now[row] === last[row]) unchanged += 1;
    last = now;
  });
  await new Promise((resolve) => setTimeout(resolve, ms));
  stopData();
  stopShown();
  const seconds = ms / 1_000;
  return { bytesPerSecond: (pty.bytes() - before) / seconds, framesPerSecond: frames / seconds, rows: written, unchanged, whole };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what moves the cursor begins with ESC.
const token = /\x1b\[([\d;?]*)([A-Za-z])|\n|\r|[^\x1b\n\r]+/g;

/** The rows in which a frame prints or erases something; the cursor begins in the last row. */
function rowsWritten(frame: string, rows: number): Set<number> {
  const written = new Set<number>();
  let row = rows - 1;
  for (const [all, parameters = '', final] of frame.matchAll(token)) {
    const count = Math.max(1, Number.parseInt(parameters, 10) || 1);
    if (final === undefined) {
      if (all === '\n') row += 1;
      else if (all !== '\r') written.add(row);
    } else if (final === 'A' || final === 'F') row -= count;
    else if (final === 'B' || final === 'E') row += count;
    else if (final === 'H') row = (Number.parseInt(parameters, 10) || 1) - 1;
    else if (final === 'K') written.add(row);
    row = Math.max(0, Math.min(rows - 1, row));
  }
  return written;
}
