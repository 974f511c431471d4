import { z } from 'zod';
import { eventPayloads } from './event-payloads.ts';
import { Actor, type Cursor, Id, RepositoryId, Timestamp } from './ids.ts';
import { strictly } from './strictly.ts';

/** The name of an event, `subject.happened`. */
export type EventType = keyof typeof eventPayloads;
/** All types of this version. */
export const eventTypes = Object.keys(eventPayloads) as readonly EventType[];
/** What an event of type T carries. */
export type EventPayload<T extends EventType> = z.infer<(typeof eventPayloads)[T]>;

/** The version that this code writes. It only grows with a change that an older reader would misread. */
export const currentSchemaVersion = 1;

/** The strict envelope. Every field is always there; what does not apply is null. */
export const EventEnvelope = z.strictObject({
  id: Id,
  schemaVersion: z.literal(currentSchemaVersion),
  type: z.string(),
  /** When it became true, by the engine's clock. Order is the ledger's, by cursor, never by this. */
  occurredAt: Timestamp,
  /** The root that this belongs to: a spec change or a hand-made task. Inherited by all that follows from it. */
  correlationId: Id,
  /** The event or command that led to this one. */
  causationId: Id.nullable(),
  repositoryId: RepositoryId.nullable(),
  taskId: Id.nullable(),
  runId: Id.nullable(),
  /** The id of an agent is its definition's name, as its file in `.claude/agents` gives it. */
  agentId: z.string().nullable(),
  /** The agent's session, under which its transcript is kept. */
  sessionId: Id.nullable(),
  actor: Actor,
  /** Of the shape that eventPayloads gives for this type. */
  payload: z.unknown(),
  /** The adapter's own, never read by the engine. */
  meta: z.record(z.string(), z.unknown()).optional(),
});
type Envelope = Omit<z.infer<typeof EventEnvelope>, 'type' | 'payload'>;

/** An event of type T, or of one of several. */
export type EventOf<T extends EventType> = {
  [K in T]: Envelope & { type: K; payload: EventPayload<K> };
}[T];
/** Any event of this version: narrow it by `type`. */
export type Event = EventOf<EventType>;
/** An event with its place in the ledger. */
export type StoredEvent = Event & { cursor: Cursor };

/** Whether this version knows the type. */
export const isEventType = (type: string): type is EventType => Object.hasOwn(eventPayloads, type);

const strictPayloads = Object.fromEntries(
  Object.entries(eventPayloads).map(([type, schema]) => [type, strictly<z.ZodType>(schema)]),
) as Record<EventType, z.ZodType>;
const strictEnvelope = strictly(EventEnvelope);

/**
 * Strict on write: an unknown type, a missing or wrong field, or one that the envelope or the payload does not have, however
 * deep, throws a ZodError that names it. So nothing is stored that the contracts do not say.
 */
export function parseNewEvent(value: unknown): Event {
  const envelope = strictEnvelope.parse(value);
  if (!isEventType(envelope.type)) {
    throw new z.ZodError([
      {
        code: 'custom',
        path: ['type'],
        message: `unknown event type ${envelope.type}`,
        input: envelope.type,
      },
    ]);
  }
  const payload = strictPayloads[envelope.type].safeParse(envelope.payload);
  if (!payload.success)
    throw new z.ZodError(payload.error.issues.map((issue) => ({ ...issue, path: ['payload', ...issue.path] })));
  return { ...envelope, payload: payload.data } as Event;
}

/**
 * Tolerant on read, for values that `parseNewEvent` made once: fields added by later minor versions are kept, absent optional
 * ones are fine. Null for what this version cannot understand: a type it does not know, or a later schemaVersion. Such an
 * event still has its place in the chain. Upcasters by schemaVersion will stand here when there is a version 2.
 */
export function readStoredEvent(value: unknown): Event | null {
  const envelope = value as Event;
  return isEventType(envelope.type) && envelope.schemaVersion <= currentSchemaVersion ? envelope : null;
}
