import { describe, expect, it } from 'vitest';
import { ZodError } from 'zod';
import { type Event, type EventOf, eventTypes, isEventType, maxEventText, parseNewEvent, readStoredEvent } from '../src/index.ts';
import { recordedEvents, recordings } from './recordings.ts';

const all = recordings.flatMap(recordedEvents);
const of = (type: Event['type']): Event => all.find((event) => event.type === type) as Event;
const queued = of('run.queued');
const without = (key: string) => Object.fromEntries(Object.entries(queued).filter(([name]) => name !== key));
const withPayload = (change: object) => ({ ...queued, payload: { ...queued.payload, ...change } });

/** Where the ZodError says that the fault is. */
function refusedAt(value: unknown): string[] {
  try {
    parseNewEvent(value);
  } catch (error) {
    expect(error).toBeInstanceOf(ZodError);
    return (error as ZodError).issues.map(({ path, code, ...rest }) =>
      code === 'unrecognized_keys' ? `+${(rest as unknown as { keys: string[] }).keys.join()}` : path.join('.'),
    );
  }
  return [];
}

describe('parsing a new event', () => {
  it('gives back what was handed in', () => {
    expect(parseNewEvent(queued)).toEqual(queued);
  });

  it.each([
    ['not an object', null, ''],
    ['an unknown type', { ...queued, type: 'run.vanished' }, 'type'],
    ['a type that every object has', { ...queued, type: 'constructor' }, 'type'],
    ['an extra field in the envelope', { ...queued, cursor: 'x' }, '+cursor'],
    ['another schema version', { ...queued, schemaVersion: 2 }, 'schemaVersion'],
    ['an id that is no UUID', { ...queued, id: 'x' }, 'id'],
    ['an id of another version', { ...queued, id: '019c3c7a-b287-4001-8000-000000000002' }, 'id'],
    ['an id in capitals', { ...queued, id: queued.id.toUpperCase() }, 'id'],
    ['a time without milliseconds', { ...queued, occurredAt: '2026-02-08T09:00:00Z' }, 'occurredAt'],
    ['a time in another zone', { ...queued, occurredAt: '2026-02-08T10:00:00.000+01:00' }, 'occurredAt'],
    ['a repository without owner', { ...queued, repositoryId: 'greeter' }, 'repositoryId'],
    ['a repository that climbs', { ...queued, repositoryId: 'acme/..' }, 'repositoryId'],
    ['an unknown kind of actor', { ...queued, actor: { type: 'robot', id: 'r' } }, 'actor.type'],
    ['an actor without name', { ...queued, actor: { type: 'user', id: '' } }, 'actor.id'],
    ['the payload of another type', { ...queued, payload: of('task.reopened').payload }, 'payload.role'],
    ['an unknown value of an enumeration', withPayload({ role: 'manager' }), 'payload.role'],
    ['an attempt before the first', withPayload({ attempt: 0 }), 'payload.attempt'],
    ['an issue number that is none', withPayload({ issue: 1.5 }), 'payload.issue'],
    ['null where a word belongs', withPayload({ agentId: null }), 'payload.agentId'],
    ['meta that is no object', { ...queued, meta: 'adapter' }, 'meta'],
  ])('refuses %s', (_what, value, where) => {
    expect(refusedAt(value)).toContain(where);
  });

  it.each(Object.keys(queued))('wants %s always, null where it does not apply', (key) => {
    expect(refusedAt(without(key))).not.toEqual([]);
  });

  it('refuses a text for a person that is too long to be in an event', () => {
    const told = of('run.told');
    expect(refusedAt({ ...told, payload: { text: 'x'.repeat(maxEventText) } })).toEqual([]);
    expect(refusedAt({ ...told, payload: { text: 'x'.repeat(maxEventText + 1) } })).toEqual(['payload.text']);
  });

  it('refuses what the payload’s type does not have, however deep, and names it; a reader keeps it', () => {
    const decided = of('policy.decided') as EventOf<'policy.decided'>;
    const { request } = decided.payload;
    const deep = { ...decided.payload, request: { ...request, subject: { ...request.subject, colour: 'red' } } };
    for (const later of [withPayload({ colour: 'red' }), { ...decided, payload: deep }]) {
      expect(() => parseNewEvent(later)).toThrow(/Unrecognized key.*colour/);
      expect(readStoredEvent(later)).toEqual(later);
    }
  });

  it('takes any JSON where the contracts say so: an action’s arguments', () => {
    const decided = of('policy.decided') as EventOf<'policy.decided'>;
    const { request } = decided.payload;
    const free = { ...request, action: { ...request.action, arguments: { any: [{ thing: 1 }] } } };
    expect(parseNewEvent({ ...decided, payload: { ...decided.payload, request: free } })).toMatchObject({
      payload: { request: { action: { arguments: { any: [{ thing: 1 }] } } } },
    });
  });

  it('keeps an adapter’s own meta as it is', () => {
    const meta = { adapter: 'claude', nested: { any: ['thing', 1, null] } };
    expect(parseNewEvent({ ...queued, meta })).toEqual({ ...queued, meta });
  });

  it('refuses an effect under a key that is no id', () => {
    const started = of('system.effect_started');
    for (const key of ['', '__proto__', 'a b', '../x', 'x'.repeat(301)])
      expect(refusedAt({ ...started, payload: { ...started.payload, key } }), key).toEqual(['payload.key']);
  });
});

describe('event types', () => {
  it('are past facts of the six families', () => {
    for (const type of eventTypes) expect(type).toMatch(/^(task|run|policy|artifact|source|system)\.[a-z]+(_[a-z]+)*$/);
  });

  it('are only those of the table', () => {
    expect(eventTypes.every(isEventType)).toBe(true);
    for (const type of ['', 'run', 'run.', '__proto__', 'hasOwnProperty']) expect(isEventType(type)).toBe(false);
  });
});
