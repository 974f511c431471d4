import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Clock } from '../engine/system/clock.ts';
import type { Logger } from '../engine/system/log.ts';
import { describeError } from './refuse.ts';

/** A comment is sent after this long without an event, so that both ends notice a dead connection. */
const keepAliveMs = 15_000;

export interface Message {
  id: string | null;
  event: string;
  data: string;
}

/**
 * Writes server-sent events on the raw response: Hono's helpers cost several times as much under many subscribers
 *. The next message is only asked for when the socket has taken the last one, so a slow reader holds one
 * message and the socket's buffer in memory, nothing more. Resolves when the source ends or the reader is gone.
 */
export async function sendStream(
  response: ServerResponse,
  source: (signal: AbortSignal) => AsyncIterable<Message>,
  { clock, log }: { clock: Clock; log: Pick<Logger, 'error'> },
): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.on('close', leave);
  if (response.destroyed) leave();
  // Set one by one, so that the listener can see by the header which answers never end.
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Accel-Buffering', 'no');
  response.writeHead(200);
  response.flushHeaders();
  const beat = keepAlive(response, clock, gone.signal);
  try {
    for await (const message of source(gone.signal)) {
      if (gone.signal.aborted) break;
      await send(response, message, gone.signal);
    }
  } catch (error) {
    if (!gone.signal.aborted) {
      const { status, body } = describeError(error);
      if (status === 500) log.error({ err: error }, 'a stream failed');
      await send(response, { id: null, event: 'error', data: JSON.stringify(body) }, gone.signal);
    }
  } finally {
    response.off('close', leave);
    leave();
    await beat;
    response.end();
  }
}

async function send(response: ServerResponse, { id, event, data }: Message, signal: AbortSignal): Promise<void> {
  const head = id === null ? '' : `id: ${id}\n`;
  if (!response.write(`${head}event: ${event}\ndata: ${data}\n\n`)) await drained(response, signal);
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await once(response, 'drain', { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

async function keepAlive(response: ServerResponse, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(keepAliveMs, { signal, unref: true }).catch(() => undefined);
    if (!signal.aborted && !response.writableNeedDrain) response.write(': still here\n\n');
  }
}
