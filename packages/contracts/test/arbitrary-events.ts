import fc from 'fast-check';
import { z } from 'zod';
import { Digest, type Event, eventPayloads, eventTypes, Id, ObjectId, RepositoryId, Timestamp } from '../src/index.ts';

interface Shape {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  format?: string;
  minimum?: number;
  exclusiveMinimum?: number;
  items?: Shape;
  anyOf?: Shape[];
  oneOf?: Shape[];
  properties?: Record<string, Shape>;
  required?: string[];
}

const uuid = (n: number): string => `019c3c7a-0000-7000-8000-${String(n).padStart(12, '0')}`;
const patternOf = (schema: z.ZodType): string => (z.toJSONSchema(schema) as Shape).pattern ?? '';
/** Few of each, so that events meet on the same rows. */
const ids = fc.integer({ min: 1, max: 3 }).map(uuid);
const repositories = fc.constantFrom('acme/one', 'acme/two');
const timestamps = fc.integer({ min: 0, max: 9 }).map((second) => `2026-02-08T09:00:0${second}.000Z`);
/** Some are the names of what every object has. */
const words = fc.constantFrom('a', 'b', 'constructor', 'toString', '__proto__', 'docs/specs/a.md');
const formats = new Map<string, fc.Arbitrary<string>>([
  [patternOf(Id), ids],
  [patternOf(RepositoryId), repositories],
  [patternOf(Timestamp), timestamps],
  [patternOf(ObjectId), fc.constantFrom('a'.repeat(40), 'b'.repeat(64))],
  [patternOf(Digest), fc.constantFrom('c'.repeat(64), 'd'.repeat(64))],
]);

/** Any value of a JSON Schema as zod writes it. */
function arbitrary(shape: Shape): fc.Arbitrary<unknown> {
  if (shape.const !== undefined) return fc.constant(shape.const);
  if (shape.enum) return fc.constantFrom(...shape.enum);
  const choices = shape.anyOf ?? shape.oneOf;
  if (choices) return fc.oneof(...choices.map(arbitrary));
  if (Array.isArray(shape.type)) return fc.oneof(...shape.type.map((type) => arbitrary({ ...shape, type })));
  if (shape.type === 'string')
    return formats.get(shape.pattern ?? '') ?? (shape.pattern ? fc.constantFrom('constructor', 'k:1') : words);
  if (shape.type === 'integer' || shape.type === 'number') {
    const min = Math.max(shape.minimum ?? 0, shape.exclusiveMinimum === undefined ? 0 : shape.exclusiveMinimum + 1);
    return fc.integer({ min, max: min + 2 });
  }
  if (shape.type === 'boolean') return fc.boolean();
  if (shape.type === 'null') return fc.constant(null);
  if (shape.type === 'array') return fc.array(arbitrary(shape.items ?? {}), { maxLength: 2 });
  if (shape.type !== 'object') return fc.constantFrom('anything', null, 7);
  const properties = Object.entries(shape.properties ?? {}).map(([name, inner]) => [name, arbitrary(inner)] as const);
  return fc.record(Object.fromEntries(properties), { requiredKeys: shape.required ?? [] });
}

const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 5 });

const ofType = (type: Event['type']) =>
  fc.record({
    schemaVersion: fc.constant(1),
    type: fc.constant(type),
    occurredAt: timestamps,
    correlationId: ids,
    causationId: orNull(ids),
    repositoryId: orNull(repositories),
    taskId: orNull(ids),
    runId: orNull(ids),
    agentId: fc.constant(null),
    sessionId: orNull(ids),
    actor: fc.constant({ type: 'system', id: 'engine' }),
    payload: arbitrary(z.toJSONSchema(eventPayloads[type], { io: 'input' }) as Shape),
  });

/** Any sequence of valid events of every type, over few rows, sense or not. */
export const eventHistories: fc.Arbitrary<Event[]> = fc
  .array(fc.oneof(...eventTypes.map(ofType)), { maxLength: 60, size: 'max' })
  .map((events) => events.map((event, at) => ({ ...event, id: uuid(1000 + at) }) as unknown as Event));
