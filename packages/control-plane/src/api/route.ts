import { describeIssues } from '@decree/contracts';
import type { Handler, MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import type { Door, DoorEnv } from './door.ts';
import { Refusal } from './refuse.ts';

type Handlers = [...MiddlewareHandler<DoorEnv>[], Handler<DoorEnv>];

/** Serves a path by method; any other method is 405 with Allow (Hono by itself would say 404). */
export function methodsOf(app: Door, path: string, handlers: Partial<Record<'GET' | 'POST', Handlers>>): void {
  for (const [method, chain] of Object.entries(handlers)) app.on(method, [path], ...chain);
  const allow = Object.keys(handlers).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  app.all(path, (c) => {
    throw methodRefused(c.req.method, allow);
  });
}

export const methodRefused = (method: string, allow: readonly string[]): Refusal =>
  new Refusal('invalid', `expected ${allow.join(' or ')}, got ${method}`, { status: 405, headers: { Allow: allow.join(', ') } });

/** The search parameters; one that is given twice is refused, since two readers could read it two ways. */
export function singleParameters(url: URL): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    if (Object.hasOwn(parameters, name)) throw new Refusal('invalid', `expected the parameter ${name} once, got it twice`);
    Object.defineProperty(parameters, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return parameters;
}

export function parseOr400<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Refusal('invalid', describeIssues(parsed.error));
  return parsed.data;
}
