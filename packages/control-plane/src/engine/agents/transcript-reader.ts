import { type FileHandle, open } from 'node:fs/promises';
import { DecreeError, type StreamAccessor, type StreamPage, type TranscriptEntry } from '@decree/contracts';
import type { Clock } from '../system/clock.ts';
import { decodeEntry } from './transcript-entry.ts';
import { endOfLines, newline, readLines, readLinesBefore } from './transcript-lines.ts';

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
    if (input.after !== undefined && input.before !== undefined)
      throw new DecreeError('invalid', 'expected one of the cursors after and before, got both: give one');
    const file = options.fileOf(input.sessionId);
    // Asked before reading: what is written meanwhile is read, and what is not is still to come.
    const live = options.liveOf(input.sessionId);
    live?.flush();
    const handle = await openFile(file, input.sessionId, live !== undefined);
    if (handle === null) return { entries: [], next: input.after ?? input.before ?? '0', ended: false };
    try {
      const now = options.clock.now();
      const decode = (lines: readonly string[]): TranscriptEntry[] => lines.map((line) => decodeEntry(line, now));
      if (input.before === undefined && (input.newest !== true || input.after !== undefined)) {
        const from = await parseCursor(handle, input.after, 'after');
        const { lines, next, atEnd } = await readLines(handle, from, limit);
        return { entries: decode(lines), next: String(next), ended: live === undefined && atEnd };
      }
      const size = await endOfLines(handle);
      const end = input.before === undefined ? size : await parseCursor(handle, input.before, 'before');
      const { lines, from } = await readLinesBefore(handle, end, limit);
      const page = { entries: decode(lines), next: String(end), ended: live === undefined && end === size };
      return from === 0 ? page : { ...page, previous: String(from) };
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

async function parseCursor(handle: FileHandle, cursor: string | undefined, name: 'after' | 'before'): Promise<number> {
  if (cursor === undefined) return 0;
  const offset = /^(0|[1-9]\d{0,14})$/.test(cursor) ? Number(cursor) : Number.NaN;
  const from = { after: 'next', before: 'previous' }[name];
  const refused = () =>
    new DecreeError('invalid', `${name}: expected a cursor of this session, as a page gave it in \`${from}\``);
  if (Number.isNaN(offset)) throw refused();
  if (offset === 0) return 0;
  const before = Buffer.alloc(1);
  const { bytesRead } = await handle.read(before, 0, 1, offset - 1);
  if (bytesRead !== 1 || before[0] !== newline) throw refused();
  return offset;
}
