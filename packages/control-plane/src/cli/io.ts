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

type Output = Writable & { isTTY?: boolean; columns?: number };

export function processIo(streams: { stdin: Readable; stdout: Output; stderr: Writable; env: Env; signal: AbortSignal }): Io {
  const { stdin, stdout, stderr, env } = streams;
  const gone = new AbortController();
  let failure: Error | null = null;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error;
    gone.abort();
  });
  // Whoever closed stderr cannot be told so.
  stderr.on('error', () => gone.abort());
  const terminal = stdout.isTTY === true;
  return {
    async out(text) {
      if (gone.signal.aborted || stdout.write(text)) return;
      await once(stdout, 'drain', { signal: gone.signal }).catch((error: unknown) => {
        if (!gone.signal.aborted) throw error;
      });
    },
    err: (text) => void stderr.write(text),
    async written() {
      if (!gone.signal.aborted) {
        await new Promise<void>((resolve) => {
          gone.signal.addEventListener('abort', () => resolve(), { once: true });
          stdout.write('', (error) => {
            // An error comes to its listener too, which knows what it means.
            if (!error) resolve();
          });
        });
      }
      return failure;
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
