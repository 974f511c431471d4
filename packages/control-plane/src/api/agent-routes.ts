import { ObjectId } from '@decree/contracts';
import type { Context } from 'hono';
import { z } from 'zod';
import type { AgentDoor } from './agent-door.ts';
import type { Door } from './door.ts';
import { limitBody, readJson } from './read-body.ts';
import { Refusal } from './refuse.ts';
import { methodsOf, parseOr400, singleParameters } from './route.ts';

interface AgentRouteOptions {
  agents: AgentDoor;
  /** The run's token of a request, or a refusal. */
  runToken(c: Context): string;
}

const PushInput = z
  .strictObject({
    ref: z.string().min(1).max(1000),
    sha: ObjectId.nullable(),
    force: z.boolean().default(false),
    delete: z.boolean().default(false),
  })
  .refine((input) => input.delete === (input.sha === null), 'expected sha: null with delete: true, and a commit otherwise');

export function addPushRoute(app: Door, { agents, runToken }: AgentRouteOptions): void {
  methodsOf(app, '/agent/push', {
    POST: [
      async (c, next) => {
        runToken(c);
        return next();
      },
      limitBody,
      async (c) => c.json(await agents.push(runToken(c), parseOr400(PushInput, await readJson(c)))),
    ],
  });
}

/** Belongs to one connection, to the token, or to what the broker makes itself. */
const notForwarded = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const notReturned = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'set-cookie',
  'trailer',
  'transfer-encoding',
]);
const withoutBody = [204, 205, 304];

/** Everything that is asked of `api.github.com`, whatever the path: what may be done is the broker's to say. */
export function addForgeRoute(app: Door, { agents, runToken }: AgentRouteOptions): void {
  app.use(async (c, next) => {
    runToken(c);
    return next();
  });
  app.use(limitBody);
  app.all('*', async (c) => {
    const url = new URL(c.req.url);
    const path = url.pathname.replace(/^\/api\/v3(?=\/|$)/, '') || '/';
    if (path.includes('//')) throw new Refusal('invalid', 'expected a path without empty segments');
    const answer = await agents.forge(runToken(c), {
      method: c.req.method,
      path,
      query: singleParameters(url),
      headers: forwarded(c.req.raw.headers, notForwarded),
      body: await readJson(c, { optional: true }),
    });
    if (!Number.isInteger(answer.status) || answer.status < 200 || answer.status > 599) {
      throw new Error(`the broker answered with status ${answer.status}`);
    }
    const headers = forwarded(new Headers(answer.headers), notReturned);
    if (withoutBody.includes(answer.status) || answer.body === undefined) {
      return new Response(null, { status: answer.status, headers });
    }
    const isText = typeof answer.body === 'string' && !/^application\/([\w.+-]+\+)?json\b/.test(headers['content-type'] ?? '');
    if (isText) return new Response(answer.body as string, { status: answer.status, headers });
    return new Response(JSON.stringify(answer.body), {
      status: answer.status,
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    });
  });
}

function forwarded(headers: Headers, except: ReadonlySet<string>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of headers) if (!except.has(name)) kept[name] = value;
  return kept;
}
