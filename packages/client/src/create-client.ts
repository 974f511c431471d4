import { type Cursor, DecreeError, type Engine, queries, type StoredEvent, type StreamPage } from '@decree/contracts';
import { reconnecting, type Sleep } from './reconnect.ts';
import { type Address, createTransport } from './transport.ts';

/** Where the engine is, and what the client is given of its caller. */
export type ClientOptions = Address & {
  /** The operator's token, from the engine's state directory. */
  token: string;
  /** Waits between attempts to reconnect; the caller's clock. */
  sleep: Sleep;
};

/**
 * An engine over HTTP. It has the engine's own shape, so who holds it cannot tell where the engine runs. Failures come back as
 * DecreeError with the code they were thrown with; an engine that cannot be reached is `unavailable`. A follow reads on from its
 * last cursor after a broken connection, until its signal aborts; then it ends without an error.
 */
export function createClient(options: ClientOptions): Engine {
  const transport = createTransport(options);
  const { sleep } = options;
  return {
    query: async (name, input) => {
      const answer = await transport.json({ method: 'GET', path: `/v1${queries[name].path}`, query: toParameters(input) });
      return answer as never;
    },
    execute: async (command) => (await transport.json({ method: 'POST', path: '/v1/commands', body: command })) as never,
    events: {
      follow: ({ after }, signal) => followEvents(after, signal),
    },
    streams: {
      read: async ({ sessionId, ...place }) =>
        (await transport.json({
          method: 'GET',
          path: `/v1/sessions/${encodeURIComponent(sessionId)}`,
          query: toParameters(place),
        })) as StreamPage,
      follow: ({ sessionId, after }, signal) => followSession(sessionId, after, signal),
    },
  };

  async function* followEvents(after: Cursor | null | undefined, signal: AbortSignal): AsyncGenerator<StoredEvent[]> {
    let place = after;
    const messages = reconnecting({
      connect: () =>
        transport.open({
          method: 'GET',
          path: '/v1/events/stream',
          query: toParameters({ after: place === null ? '' : place }),
          signal,
        }),
      sleep,
      signal,
    });
    for await (const { event, data } of messages) {
      if (event === 'open') place = (parse(data) as { after: Cursor | null }).after;
      if (event !== 'events') continue;
      const events = parse(data) as StoredEvent[];
      const last = events.at(-1);
      if (!last) continue;
      // Moved before the batch is handed over: whoever gets it has it, and it must not come a second time.
      place = last.cursor;
      yield events;
    }
  }

  async function* followSession(sessionId: string, after: Cursor | undefined, signal: AbortSignal): AsyncGenerator<StreamPage> {
    let place = after;
    const messages = reconnecting({
      connect: () =>
        transport.open({
          method: 'GET',
          path: `/v1/sessions/${encodeURIComponent(sessionId)}/stream`,
          query: toParameters({ after: place }),
          signal,
        }),
      sleep,
      signal,
    });
    for await (const { event, data } of messages) {
      if (event !== 'page') continue;
      const page = parse(data) as StreamPage;
      place = page.next;
      yield page;
      if (page.ended) return;
    }
  }
}

function toParameters(input: Record<string, unknown>): Record<string, string> {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    throw new DecreeError('unavailable', 'the engine sent a message that is not JSON: is it an engine of this version?', {
      cause: error,
    });
  }
}
