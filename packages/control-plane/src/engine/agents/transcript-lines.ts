import type { FileHandle } from 'node:fs/promises';
import { DecreeError } from '@decree/contracts';

/** A page ends after the line that makes it this large. */
const maxPageBytes = 1024 * 1024;
const chunkBytes = 64 * 1024;
/** Far above what one entry can take. */
const maxLineBytes = 16 * 1024 * 1024;
export const newline = 0x0a;

/** Lines from a place on. Whole ones only: an unfinished last one is not there yet. */
export async function readLines(
  handle: FileHandle,
  from: number,
  limit: number,
): Promise<{ lines: string[]; next: number; atEnd: boolean }> {
  const lines: string[] = [];
  let next = from;
  let pending: Buffer = Buffer.alloc(0);
  for (;;) {
    const chunk = Buffer.alloc(chunkBytes);
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, next + pending.length);
    if (bytesRead === 0) return { lines, next, atEnd: true };
    pending = Buffer.concat([pending, chunk.subarray(0, bytesRead)]);
    let start = 0;
    for (let at = pending.indexOf(newline); at !== -1; at = pending.indexOf(newline, start)) {
      lines.push(pending.toString('utf8', start, at));
      next += at + 1 - start;
      start = at + 1;
      if (lines.length >= limit || next - from >= maxPageBytes) return { lines, next, atEnd: false };
    }
    pending = pending.subarray(start);
    if (pending.length > maxLineBytes) throw tooLong();
  }
}

/** The last lines before a place where a line ends, in order. What stands before them in the file is not read. */
export async function readLinesBefore(
  handle: FileHandle,
  end: number,
  limit: number,
): Promise<{ lines: string[]; from: number }> {
  const lines: string[] = [];
  let from = end;
  /** What was read of the file right before `from`. */
  let held: Buffer = Buffer.alloc(0);
  while (from > 0 && lines.length < limit && end - from < maxPageBytes) {
    const heldFrom = from - held.length;
    // Its last byte ends the line itself.
    const at = held.length < 2 ? -1 : held.lastIndexOf(newline, held.length - 2);
    if (at === -1 && heldFrom > 0) {
      if (held.length > maxLineBytes) throw tooLong();
      const size = Math.min(heldFrom, Math.max(chunkBytes, held.length));
      held = Buffer.concat([await readExactly(handle, heldFrom - size, size), held]);
      continue;
    }
    lines.push(held.toString('utf8', at + 1, held.length - 1));
    from = heldFrom + at + 1;
    held = held.subarray(0, at + 1);
  }
  return { lines: lines.reverse(), from };
}

/** The place after the last whole line. */
export async function endOfLines(handle: FileHandle): Promise<number> {
  let { size: end } = await handle.stat();
  while (end > 0) {
    const from = Math.max(0, end - chunkBytes);
    const at = (await readExactly(handle, from, end - from)).lastIndexOf(newline);
    if (at !== -1) return from + at + 1;
    end = from;
  }
  return 0;
}

async function readExactly(handle: FileHandle, from: number, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  for (let done = 0; done < size; ) {
    const { bytesRead } = await handle.read(bytes, done, size - done, from + done);
    if (bytesRead === 0) throw new DecreeError('unavailable', 'the transcript became shorter while it was read: ask again');
    done += bytesRead;
  }
  return bytes;
}

const tooLong = () => new DecreeError('internal', `the transcript holds a line of more than ${maxLineBytes} bytes`);
