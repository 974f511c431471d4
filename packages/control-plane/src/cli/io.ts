import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Env } from '../engine/system/env.ts';

/** What a verb has of the world: where it prints, what it reads, when it has to end. */
export interface Io {
  /** Resolves when the text was taken, so that a long output never piles up. Quiet once nobody reads any more. */
  out(text: string): Promise<void>;
  err(text: string): void;
  /** Resolves when all that was printed is taken; with what went wrong where it was not. A reader who has gone is nothing wrong. */
  written(): Promise<Error | null>;
  /** From here on a reader that takes nothing is waited for shortly: what is left to say is worth no more. */
  waitShortly(): void;
  /** All of stdin. */
  readInput(): Promise<string>;
  /** How wide a table may be. */
  readonly columns: number;
  /** True on a terminal: lines are cut to its width there, never in a pipe. */
  readonly terminal: boolean;
  readonly colour: boolean;
  /** Aborted by the person, and when the reader of stdout has gone (`| head`). */
  readonly signal: AbortSignal;
}

const shortlyMs = 2_000;

type Output = Writable & { isTTY?: boolean; columns?: number };

export function processIo(streams: {
  stdin: Readable;
  stdout: Output;
  stderr: Writable;
  env: Env;
  signal: AbortSignal;
  timeoutSignal: (ms: number) => AbortSignal;
}): Io {
  const { stdin, stdout, stderr, env, timeoutSignal } = streams;
  const gone = new AbortController();
  let failure: Error | null = null;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error;
    gone.abort();
  });
  // Whoever closed stderr cannot be told so.
  stderr.on('error', () => gone.abort());
  const terminal = stdout.isTTY === true;
  let waitsShortly = false;
  const goneOrSilent = () => (waitsShortly ? AbortSignal.any([gone.signal, timeoutSignal(shortlyMs)]) : gone.signal);
  return {
    async out(text) {
      if (gone.signal.aborted || stdout.write(text)) return;
      const signal = goneOrSilent();
      await once(stdout, 'drain', { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    },
    err: (text) => void stderr.write(text),
    async written() {
      if (!gone.signal.aborted) {
        await new Promise<void>((resolve) => {
          goneOrSilent().addEventListener('abort', () => resolve(), { once: true });
          stdout.write('', (error) => {
            // An error comes to its listener too, which knows what it means.
            if (!error) resolve();
          });
        });
      }
      return failure;
    },
    waitShortly() {
      waitsShortly = true;
    },
    async readInput() {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    },
    columns: terminal ? (stdout.columns ?? 80) : 80,
    terminal,
    colour: terminal && !env.NO_COLOR && env.TERM !== 'dumb',
    signal: AbortSignal.any([streams.signal, gone.signal]),
  };
}
