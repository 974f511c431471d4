import type { Readable } from 'node:stream';

/** One line of an untrusted stream, or why it could not be read. `head` is its beginning, for telling what was lost. */
export type Line = { kind: 'line'; text: string } | { kind: 'too_long'; head: string } | { kind: 'not_utf8'; head: string };

const newline = 0x0a;
const carriageReturn = 0x0d;
const headBytes = 512;

/**
 * Lines of a byte stream, pulled one by one: nothing is read ahead of the consumer but what the stream itself buffers. At
 * most `maxBytes` of a line are held; the rest of a longer one is skipped. Empty lines are left out. An unfinished last line
 * counts: a process can die after writing it.
 */
export async function* readLines(stream: Readable, maxBytes: number): AsyncGenerator<Line, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let parts: Buffer[] = [];
  let length = 0;

  const finish = (): Line | null => {
    const whole = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const tooLong = length > maxBytes;
    parts = [];
    length = 0;
    if (tooLong) return { kind: 'too_long', head: head(whole) };
    const end = whole.at(-1) === carriageReturn ? whole.length - 1 : whole.length;
    if (end === 0) return null;
    try {
      return { kind: 'line', text: decoder.decode(whole.subarray(0, end)) };
    } catch {
      return { kind: 'not_utf8', head: head(whole) };
    }
  };
  const add = (piece: Buffer) => {
    length += piece.length;
    if (length <= maxBytes) {
      parts.push(piece);
      // A line that comes byte by byte must not cost a buffer object a byte.
      if (parts.length > 1024) parts = [Buffer.concat(parts)];
    }
    // Only the beginning is kept of a line that is too long, however long it gets.
    else parts = [Buffer.from(Buffer.concat(parts.length > 0 ? parts : [piece]).subarray(0, headBytes))];
  };

  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      add(chunk.subarray(from, at));
      from = at + 1;
      const line = finish();
      if (line) yield line;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) {
    const line = finish();
    if (line) yield line;
  }
}

const head = (bytes: Buffer): string => bytes.subarray(0, headBytes).toString('utf8');
