import { type FileHandle, open } from 'node:fs/promises';
import { DecreeError, type StreamAccessor, type StreamPage, type TranscriptEntry } from '@decree/contracts';
import type { Clock } from '../system/clock.ts';
import { decodeEntry } from './transcript-entry.ts';

/** A transcript that is being written. */
export interface LiveTranscript {
  /** Bytes of whole lines in the file. */
  size: number;
  /** Writes what waits to be written. */
  flush(): void;
  /** Counts the changes. */
  version: number;
  wake(): void;
  /** Resolves with the next change, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>;
}

export interface TranscriptReaderOptions {
  fileOf: (sessionId: string) => string;
  liveOf: (sessionId: string) => LiveTranscript | undefined;
  clock: Clock;
}

const defaultLimit = 500;
const maxLimit = 5_000;
/** A page ends after the entry that makes it this large. */
const maxPageBytes = 1024 * 1024;
const chunkBytes = 64 * 1024;
/** Far above what one entry can take. */
const maxLineBytes = 16 * 1024 * 1024;
const newline = 0x0a;

/**
 * Reads transcripts from their files, live ones too: a follower holds one page, however slow it is. A cursor is the offset
 * of the byte after the last line read. A session counts as ended while nobody writes it; one that is parked is followed
 * anew, with the same cursor, when it goes on.
 */
export function createTranscriptReader(options: TranscriptReaderOptions): StreamAccessor {
  async function read(input: Parameters<StreamAccessor['read']>[0]): Promise<StreamPage> {
    const limit = input.limit ?? defaultLimit;
    if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
      throw new DecreeError('invalid', `limit: expected a whole number from 1 to ${maxLimit}, got ${limit}`);
    }
    const file = options.fileOf(input.sessionId);
    // Asked before reading: what is written meanwhile is read, and what is not is still to come.
    const live = options.liveOf(input.sessionId);
    live?.flush();
    const handle = await openFile(file, input.sessionId, live !== undefined);
    if (handle === null) return { entries: [], next: input.after ?? '0', ended: false };
    try {
      const from = await parseCursor(handle, input.after);
      const { lines, next, atEnd } = await readLines(handle, from, limit);
      const now = options.clock.now();
      const entries: TranscriptEntry[] = lines.map((line) => decodeEntry(line, now));
      return { entries, next: String(next), ended: live === undefined && atEnd };
    } finally {
      await handle.close();
    }
  }

  async function* follow(
    input: Parameters<StreamAccessor['follow']>[0],
    signal: AbortSignal,
  ): AsyncGenerator<StreamPage, void, undefined> {
    let after = input.after;
    while (!signal.aborted) {
      const live = options.liveOf(input.sessionId);
      const version = live?.version;
      const page = await read({ sessionId: input.sessionId, after });
      if (signal.aborted) return;
      after = page.next;
      if (page.entries.length > 0 || page.ended) yield page;
      if (page.ended) return;
      // No change can come between this look and the wait: both are in the same turn.
      if (live && page.entries.length === 0 && live.version === version) await live.changed(signal);
    }
  }

  return { read, follow };
}

async function openFile(file: string, sessionId: string, live: boolean): Promise<FileHandle | null> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // A session whose file could not be made is there all the same.
    if (live) return null;
    throw new DecreeError('not_found', `there is no transcript of a session ${sessionId}`);
  }
}

async function parseCursor(handle: FileHandle, after: string | undefined): Promise<number> {
  if (after === undefined) return 0;
  const offset = /^(0|[1-9]\d{0,14})$/.test(after) ? Number(after) : Number.NaN;
  const refused = () => new DecreeError('invalid', 'after: expected a cursor of this session, as a page gave it in `next`');
  if (Number.isNaN(offset)) throw refused();
  if (offset === 0) return 0;
  const before = Buffer.alloc(1);
  const { bytesRead } = await handle.read(before, 0, 1, offset - 1);
  if (bytesRead !== 1 || before[0] !== newline) throw refused();
  return offset;
}

/** Whole lines only: an unfinished last one is not there yet. */
async function readLines(
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
    if (pending.length > maxLineBytes)
      throw new DecreeError('internal', `the transcript holds a line of more than ${maxLineBytes} bytes`);
  }
}
