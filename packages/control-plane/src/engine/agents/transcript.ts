import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DecreeError, Id, type StreamAccessor, type TranscriptEntry } from '@decree/contracts';
import type { Clock } from '../system/clock.ts';
import type { Logger } from '../system/log.ts';
import { encodeEntry } from './transcript-entry.ts';
import { createTranscriptReader, type LiveTranscript } from './transcript-reader.ts';

export interface TranscriptWriter {
  /** Never throws and never waits: what cannot be written is lost, and that is said once. */
  append(entry: TranscriptEntry): void;
  end(): Promise<void>;
}

export interface Transcripts {
  /** One writer per session at a time; a session that was ended, or died, is gone on with. */
  open(sessionId: string): TranscriptWriter;
  accessor: StreamAccessor;
  /** The file of a session's transcript, there or not yet. */
  pathOf(sessionId: string): string;
}

export interface TranscriptsOptions {
  directory: string;
  clock: Clock;
  /** Takes secrets out of a text. */
  redact: (text: string) => string;
  log: Logger;
}

/** So much may wait for the next turn of the event loop; beyond it is written at once. */
const maxBufferedCharacters = 256 * 1024;

/**
 * What agents said, one append-only NDJSON file per session. Entries are gathered for one turn of the event loop, about a millisecond, and written
 * together, so that a flood costs few writes and little memory, and a follower is woken once for many.
 */
export function createTranscripts(options: TranscriptsOptions): Transcripts {
  const live = new Map<string, LiveTranscript>();
  const fileOf = (sessionId: string): string => {
    if (!Id.safeParse(sessionId).success) {
      throw new DecreeError('invalid', `expected the id of a session (a UUIDv7), got ${JSON.stringify(sessionId.slice(0, 100))}`);
    }
    return join(options.directory, `${sessionId}.ndjson`);
  };
  return {
    pathOf: fileOf,
    accessor: createTranscriptReader({ fileOf, liveOf: (sessionId) => live.get(sessionId), clock: options.clock }),
    open(sessionId) {
      const file = fileOf(sessionId);
      if (live.has(sessionId))
        throw new DecreeError('conflict', `the transcript of session ${sessionId} is being written already`);
      return openWriter(file, sessionId);
    },
  };

  function openWriter(file: string, sessionId: string): TranscriptWriter {
    let buffer: string[] = [];
    let buffered = 0;
    let scheduled = false;
    let ended = false;
    let fd: number | null = null;
    let damaged = false;
    let reported = false;

    const failed = (error: unknown) => {
      damaged = true;
      if (reported) return;
      reported = true;
      options.log.warn(
        { sessionId, err: error },
        'the transcript could not be written; the agent goes on, and what it says now may be lost',
      );
    };
    const flush = () => {
      scheduled = false;
      if (buffered === 0) return;
      const text = buffer.join('');
      buffer = [];
      buffered = 0;
      try {
        fd ??= openForAppend(options.directory, file, transcript);
        // A write that failed half way must not stand before what comes now.
        if (damaged) ftruncateSync(fd, transcript.size);
        const lost = damaged ? encodeEntry(notice('Some entries before this one could not be written.'), options.redact) : '';
        const bytes = Buffer.from(lost + text);
        for (let from = 0; from < bytes.length; ) from += writeSync(fd, bytes, from);
        damaged = false;
        transcript.size += bytes.length;
        transcript.wake();
      } catch (error) {
        failed(error);
      }
    };
    const notice = (text: string): TranscriptEntry => ({ kind: 'notice', at: options.clock.now(), level: 'warning', text });

    const waiting = new Set<() => void>();
    const transcript: LiveTranscript = {
      size: 0,
      version: 0,
      flush,
      wake() {
        transcript.version += 1;
        for (const wake of [...waiting]) wake();
      },
      changed: (signal) =>
        new Promise((resolve) => {
          const wake = () => {
            waiting.delete(wake);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          if (signal.aborted) return resolve();
          waiting.add(wake);
          signal.addEventListener('abort', wake, { once: true });
        }),
    };
    try {
      fd = openForAppend(options.directory, file, transcript);
    } catch (error) {
      failed(error);
    }
    live.set(sessionId, transcript);

    return {
      append(entry) {
        if (ended) return;
        try {
          const line = encodeEntry(entry, options.redact);
          buffer.push(line);
          buffered += line.length;
        } catch (error) {
          failed(error);
          return;
        }
        if (buffered >= maxBufferedCharacters) flush();
        else if (!scheduled) {
          scheduled = true;
          void options.clock.sleep(0, { unref: true }).then(flush, flush);
        }
      },
      async end() {
        if (ended) return;
        flush();
        ended = true;
        live.delete(sessionId);
        try {
          if (fd !== null) closeSync(fd);
        } catch (error) {
          failed(error);
        }
        transcript.wake();
      },
    };
  }
}

/** Opens for appending. What a killed engine left of a last line is taken away: it was never complete, and nobody read it. */
function openForAppend(directory: string, file: string, transcript: LiveTranscript): number {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const fd = openSync(file, 'a+', 0o600);
  try {
    const { size } = fstatSync(fd);
    transcript.size = endOfLastLine(fd, size);
    if (transcript.size < size) ftruncateSync(fd, transcript.size);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function endOfLastLine(fd: number, size: number): number {
  const chunk = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - chunk.length);
    const length = readSync(fd, chunk, 0, end - from, from);
    const at = chunk.subarray(0, length).lastIndexOf(0x0a);
    if (at >= 0) return from + at + 1;
    end = from;
  }
  return 0;
}
