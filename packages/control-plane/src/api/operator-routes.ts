import type { ServerResponse } from 'node:http';
import {
  type Command,
  CommandEnvelope,
  Cursor,
  commandInputs,
  type Engine,
  Id,
  queries,
  queryNames,
  type StoredEvent,
} from '@decree/contracts';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { z } from 'zod';
import type { Clock } from '../engine/system/clock.ts';
import type { Logger } from '../engine/system/log.ts';
import type { Door, DoorEnv } from './door.ts';
import { gather } from './gather.ts';
import { buildOpenApi } from './open-api.ts';
import { limitBody, readJson } from './read-body.ts';
import { Refusal } from './refuse.ts';
import { methodRefused, methodsOf, parseOr400, singleParameters } from './route.ts';
import { type Message, sendStream } from './send-stream.ts';

interface OperatorRouteOptions {
  engine: Engine;
  clock: Clock;
  log: Pick<Logger, 'error'>;
}

/** `after=` (empty) begins with the first; without it, a stream begins with what comes from now on. */
const StreamPosition = z.strictObject({ after: z.union([z.literal(''), Cursor]).optional() });
const SessionPage = z.strictObject({
  after: Cursor.optional(),
  before: Cursor.optional(),
  newest: z.stringbool().optional(),
  limit: z.coerce.number().int().min(1).max(5000).optional(),
});

const batch = { windowMs: 25, maxItems: 500 };

export function addOperatorRoutes(app: Door, { engine, clock, log }: OperatorRouteOptions): void {
  for (const name of queryNames) {
    const { path, input } = queries[name];
    const schema = input.strict();
    methodsOf(app, `/v1${path}`, {
      GET: [async (c) => c.json(await engine.query(name, parseOr400(schema, parametersOf(c)) as never))],
    });
  }

  methodsOf(app, '/v1/commands', {
    POST: [limitBody, async (c) => c.json(await engine.execute(parseCommand(await readJson(c))))],
  });

  methodsOf(app, '/v1/events/stream', {
    GET: [
      async (c) => {
        const given = positionOf(c);
        // The place is told first, so that a reader which asked for "from now on" and is cut off before its first event still knows where it was.
        const after = given === undefined ? (await engine.query('health', {})).cursor : given || null;
        return stream(c, { clock, log }, (signal) => eventMessages(engine, { after, clock, signal }));
      },
    ],
  });

  methodsOf(app, '/v1/sessions/:id', {
    GET: [
      async (c) => {
        const place = parseOr400(SessionPage, parametersOf(c));
        return c.json(await engine.streams.read({ sessionId: sessionOf(c), ...place }));
      },
    ],
  });

  methodsOf(app, '/v1/sessions/:id/stream', {
    GET: [
      async (c) => {
        const sessionId = sessionOf(c);
        const after = positionOf(c) || undefined;
        await engine.streams.read({ sessionId, after, limit: 1 });
        return stream(c, { clock, log }, async function* (signal) {
          for await (const page of engine.streams.follow({ sessionId, after }, signal)) {
            yield { id: page.next, event: 'page', data: JSON.stringify(page) };
          }
        });
      },
    ],
  });

  const description = JSON.stringify(buildOpenApi());
  methodsOf(app, '/v1/openapi.json', {
    GET: [(c) => c.body(description, 200, { 'Content-Type': 'application/json; charset=utf-8' })],
  });
}

/** The envelope and the input of its type, both strict: a misspelt field is refused, not dropped. Only a person may be named as its actor. */
function parseCommand(value: unknown): Command {
  const envelope = parseOr400(CommandEnvelope, value);
  if (envelope.actor.type !== 'user') {
    throw new Refusal('forbidden', `expected a command by an actor of type user, got ${envelope.actor.type}`);
  }
  const input = parseOr400(z.strictObject({ input: commandInputs[envelope.type].strict() }), { input: envelope.input }).input;
  return { ...envelope, input } as Command;
}

async function* eventMessages(
  engine: Engine,
  { after, clock, signal }: { after: string | null; clock: Clock; signal: AbortSignal },
): AsyncGenerator<Message> {
  yield { id: after, event: 'open', data: JSON.stringify({ after }) };
  const batches = gather((inner) => engine.events.follow({ after }, inner), { ...batch, clock, signal });
  for await (const events of batches) {
    const last = events.at(-1);
    if (last) yield { id: last.cursor, event: 'events', data: `[${events.map(serialize).join(',')}]` };
  }
}

/** An event that many readers get is turned into text once, as long as the engine hands them the same object. */
const texts = new WeakMap<StoredEvent, string>();
function serialize(event: StoredEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = JSON.stringify(event);
  texts.set(event, text);
  return text;
}

async function stream(
  c: Context<DoorEnv>,
  options: { clock: Clock; log: Pick<Logger, 'error'> },
  source: (signal: AbortSignal) => AsyncIterable<Message>,
): Promise<Response> {
  if (c.req.method !== 'GET') throw methodRefused(c.req.method, ['GET']);
  await sendStream(c.env.outgoing as ServerResponse, source, options);
  return RESPONSE_ALREADY_SENT;
}

/** Where a stream begins: what the browser's own reconnect says counts before what the address said at first. */
function positionOf(c: Context<DoorEnv>): string | undefined {
  const { after } = parseOr400(StreamPosition, parametersOf(c));
  const last = c.req.header('last-event-id');
  return last === undefined ? after : parseOr400(Cursor, last);
}

const parametersOf = (c: Context<DoorEnv>): Record<string, string> => singleParameters(new URL(c.req.url));
const sessionOf = (c: Context<DoorEnv>): string => parseOr400(z.object({ session: Id }), { session: c.req.param('id') }).session;
