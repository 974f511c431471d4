import type { IncomingMessage } from 'node:http';
import { DecreeError } from '@decree/contracts';
import { parseStream, type StreamMessage } from './parse-stream.ts';
import { parseErrorBody } from './transport.ts';

/** Resolves after `ms`, or rejects when the signal aborts. */
export type Sleep = (ms: number, options?: { signal?: AbortSignal }) => Promise<void>;

const firstWaitMs = 100;
const longestWaitMs = 5_000;

/**
 * The messages of a stream over as many connections as it takes. Only `unavailable` is tried again, with a growing pause that
 * starts anew once a message came; any other refusal is the caller's to see. The very first attempt is not repeated: a
 * person who starts a command without an engine is told so at once.
 */
export async function* reconnecting(options: {
  connect: () => Promise<IncomingMessage>;
  sleep: Sleep;
  signal: AbortSignal;
}): AsyncGenerator<StreamMessage> {
  const { connect, sleep, signal } = options;
  let waitMs = firstWaitMs;
  let connected = false;
  while (!signal.aborted) {
    let answer: IncomingMessage | undefined;
    try {
      answer = await connect();
      connected = true;
      for await (const message of parseStream(answer)) {
        if (message.event === 'error') throw toError(message.data);
        waitMs = firstWaitMs;
        yield message;
        if (signal.aborted) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!connected || (error instanceof DecreeError && error.code !== 'unavailable')) throw error;
    } finally {
      answer?.destroy();
    }
    if (signal.aborted) return;
    await sleep(waitMs, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    waitMs = Math.min(waitMs * 2, longestWaitMs);
  }
}

function toError(data: string): DecreeError {
  const body = parseErrorBody(data);
  if (!body) return new DecreeError('unavailable', 'the engine broke the stream off without saying why; look at its log');
  return new DecreeError(body.code, body.message, body.details ? { details: body.details } : {});
}
