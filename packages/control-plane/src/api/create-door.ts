import { DecreeError, type Engine } from '@decree/contracts';
import { Hono } from 'hono';
import type { Clock } from '../engine/system/clock.ts';
import type { Logger } from '../engine/system/log.ts';
import type { AgentDoor } from './agent-door.ts';
import { addForgeRoute, addPushRoute } from './agent-routes.ts';
import { checkOrigin, forgeHost, presentedToken, sameToken, unauthorized } from './authorize.ts';
import type { Door, DoorEnv } from './door.ts';
import { addOperatorRoutes } from './operator-routes.ts';
import { Refusal, refuse } from './refuse.ts';

export interface DoorOptions {
  engine: Engine;
  tokens: { operator: string };
  agents: AgentDoor;
  clock: Clock;
  log: Pick<Logger, 'error'>;
  /** The exact Host headers that the operator's side answers to. */
  hosts?: readonly string[];
  /** Web origins that may ask; none by default. */
  origins?: readonly string[];
}

/** The Host that our own clients send over the socket; `localhost` is what `curl --unix-socket` sends. */
export const doorHosts = ['decree', 'localhost'] as const;

/**
 * One app over any engine, with two sides that never mix: the operator's (`/v1`, the operator's token) and the agents'
 * (everything that asks for `api.github.com`, and `/agent/push`; a run's token). Neither token opens the other side.
 */
export function createDoor(options: DoorOptions): Door {
  const { engine, tokens, agents, clock, log } = options;
  if (tokens.operator.length < 16) throw new DecreeError('invalid', 'expected an operator token of at least 16 characters');
  const allowed = { hosts: options.hosts ?? doorHosts, origins: options.origins ?? [] };

  const operator: Door = new Hono<DoorEnv>();
  operator.use(async (c, next) => {
    const { pathname } = new URL(c.req.url);
    if (pathname.startsWith('/agent/')) return next();
    if (!sameToken(presentedToken(c, ['bearer']), tokens.operator)) throw unauthorized('this is not the operator’s token');
    return next();
  });
  const runToken = (c: Parameters<typeof presentedToken>[0]): string => {
    const token = presentedToken(c, ['token', 'bearer']);
    if (sameToken(token, tokens.operator)) throw unauthorized('expected a run’s token here, not the operator’s');
    return token;
  };
  addOperatorRoutes(operator, { engine, clock, log });
  addPushRoute(operator, { agents, runToken });
  const forge: Door = new Hono<DoorEnv>();
  addForgeRoute(forge, { agents, runToken });

  const door: Door = new Hono<DoorEnv>({ getPath: (request) => (isForge(request) ? '/forge' : new URL(request.url).pathname) });
  for (const app of [operator, forge, door]) {
    app.notFound(() => {
      throw new Refusal('not_found', 'there is no such path; GET /v1/openapi.json lists them all');
    });
    app.onError((error, c) => refuse(c, error, log));
  }
  door.use(async (c, next) => {
    checkOrigin(c, allowed);
    return next();
  });
  door.all('*', (c) => (isForge(c.req.raw) ? forge : operator).fetch(c.req.raw, c.env));
  return door;
}

const isForge = (request: Request): boolean => request.headers.get('host')?.toLowerCase() === forgeHost;
