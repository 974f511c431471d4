import { z } from 'zod';
import { Approval } from './approval.ts';
import { Artifact } from './artifact.ts';
import { Actor, type Cursor, Digest, Id, ObjectId, RepositoryId, Timestamp } from './ids.ts';
import { taskStatuses } from './labels.ts';
import { PolicyDecision, PolicyRequest, Role } from './policy.ts';
import { cancelCauses, failureReasons, runStates, runTriggers, Usage, Workspace } from './run.ts';
import { IssueSighting, PullSighting, SpecSighting, SpecVersion, sensors, taskKinds } from './task.ts';

const text = z.string().max(4000);
const issue = z.number().int().positive();

/**
 * What each type of event carries: past facts, `subject.happened`. The envelope names the repository, task and run that a
 * fact is about, so payloads do not repeat them. v1: only optional fields are ever added.
 */
export const eventPayloads = {
  'task.created': z.object({
    kind: z.enum(taskKinds),
    title: z.string(),
    issue: issue.nullable(),
    specs: z.array(SpecVersion),
  }),
  'task.closed': z.object({
    reason: z.enum(['closed', 'merged', 'label_removed', 'planned', 'plan_failed', 'canceled']),
  }),
  'task.reopened': z.object({}),
  /** The engine or a person changed the status label. `recovery` and `completion` are the engine's only two reasons. */
  'task.status_set': z.object({
    issue,
    from: z.enum(taskStatuses).nullable(),
    to: z.enum(taskStatuses),
    cause: z.enum(['recovery', 'completion', 'person']),
    message: text,
  }),
  /** A dispatch that was asked for and not done: one agent per issue, wrong status, limit, … */
  'task.dispatch_refused': z.object({
    role: Role,
    code: z.string(),
    message: text,
  }),
  /** The Planner completed this batch: these versions need no planning any more. */
  'task.planned': z.object({ specs: z.array(SpecVersion) }),
  /** The Planner failed on the batch with this key `count` times in a row; null: it waits for a person now. */
  'task.plan_failed': z.object({
    key: z.string(),
    count: z.number().int().positive(),
    nextTryAt: Timestamp.nullable(),
  }),
  /** The consequences of a run's end were drawn. */
  'task.followed_up': z.object({
    runId: Id,
    outcome: z.enum(['review_dispatched', 'recovered', 'planned', 'plan_failed', 'restarted', 'nothing']),
  }),

  'run.queued': z.object({
    role: Role,
    attempt: z.number().int().positive(),
    retryOf: Id.nullable(),
    effectScope: Id,
    trigger: z.enum(runTriggers),
    agent: z.string(),
    adapter: z.string(),
    model: z.string().nullable(),
    issue: issue.nullable(),
    pull: issue.nullable(),
    rank: z.number().int(),
  }),
  /** Claimed: `fence` counts the claims of this run. */
  'run.started': z.object({
    fence: z.number().int().positive(),
    worker: z.string(),
  }),
  'run.workspace_ready': z.object({ workspace: Workspace }),
  /** Written before the first turn, so that it can be resumed whatever happens. */
  'run.session_started': z.object({
    adapter: z.string(),
    model: z.string().nullable(),
    resumed: z.boolean(),
    headSha: ObjectId.nullable(),
  }),
  'run.waiting': z.object({ approvalId: Id }),
  'run.resumed': z.object({ approvalId: Id }),
  /** The waiting agent's process was ended; the approval still stands. */
  'run.parked': z.object({ approvalId: Id }),
  'run.requeued': z.object({
    reason: z.enum(['engine_lost', 'lease_lost', 'decided', 'shutdown']),
    message: text,
  }),
  /** Used since the last such event of this run. */
  'run.used': z.object({ model: z.string(), usage: Usage }),
  'run.told': z.object({ text }),
  'run.succeeded': z.object({ summary: text }),
  'run.failed': z.object({ reason: z.enum(failureReasons), message: text }),
  'run.canceled': z.object({ cause: z.enum(cancelCauses), message: text }),
  /** The run's refs were compared: what it moved besides its own branch. */
  'run.refs_moved': z.object({
    refs: z.array(
      z.object({
        ref: z.string(),
        from: z.string().nullable(),
        to: z.string().nullable(),
      }),
    ),
  }),
  'run.transition_refused': z.object({
    state: z.enum(runStates),
    attempted: z.string(),
    message: text,
  }),

  'policy.decided': z.object({
    request: PolicyRequest,
    decision: PolicyDecision,
    toolCallId: z.string().nullable(),
  }),
  'policy.approval_requested': z.object({ approval: Approval }),
  'policy.approval_decided': z.object({
    approvalId: Id,
    outcome: z.enum(['approved', 'denied']),
    reason: text.nullable(),
  }),
  'policy.approval_expired': z.object({ approvalId: Id }),
  'policy.approval_voided': z.object({ approvalId: Id, cause: text }),
  /** The action may now be done once. A grant for something outside is consumed by the broker, any other is consumed as it is given. */
  'policy.granted': z.object({
    grantId: Id,
    actionHash: Digest,
    kind: z.string(),
    approvalId: Id.nullable(),
    consumed: z.boolean(),
  }),

  'artifact.recorded': z.object({ artifact: Artifact }),

  'source.issue_changed': z.object({
    issue,
    sighting: IssueSighting,
    previousStatus: z.enum(taskStatuses).nullable(),
  }),
  'source.issue_removed': z.object({
    issue,
    previousStatus: z.enum(taskStatuses).nullable(),
  }),
  'source.spec_changed': z.object({
    spec: SpecSighting,
    change: z.enum(['added', 'modified']),
  }),
  'source.spec_removed': z.object({ path: z.string() }),
  'source.pull_changed': z.object({ pull: PullSighting }),
  'source.pull_removed': z.object({ number: issue, merged: z.boolean() }),
  'source.sensor_failed': z.object({
    sensor: z.enum(sensors),
    message: text,
    nextTryAt: Timestamp,
  }),
  'source.sensor_recovered': z.object({ sensor: z.enum(sensors) }),

  'system.engine_started': z.object({
    version: z.string(),
    pid: z.number().int(),
    defaultBranch: z.string(),
  }),
  'system.engine_stopped': z.object({ cause: text }),
  /** Written before something is done outside: `key` finds it again when the answer was lost. */
  'system.effect_started': z.object({
    key: z.string(),
    kind: z.string(),
    actionHash: Digest,
    grantId: Id.nullable(),
    summary: text,
  }),
  'system.effect_finished': z.object({
    key: z.string(),
    status: z.number().int(),
    location: z.string().nullable(),
    refused: z.boolean(),
  }),
  'system.warned': z.object({ code: z.string(), message: text }),
} as const satisfies Record<string, z.ZodType>;

export type EventType = keyof typeof eventPayloads;
export const eventTypes = Object.keys(eventPayloads) as readonly EventType[];
export type EventPayload<T extends EventType> = z.infer<(typeof eventPayloads)[T]>;

export const currentSchemaVersion = 1;

/** The strict envelope. Every field is always there; what does not apply is null. */
export const EventEnvelope = z.strictObject({
  id: Id,
  schemaVersion: z.literal(currentSchemaVersion),
  type: z.string(),
  occurredAt: Timestamp,
  /** The root that this belongs to: a spec change or a hand-made task. Inherited by all that follows from it. */
  correlationId: Id,
  /** The event or command that led to this one. */
  causationId: Id.nullable(),
  repositoryId: RepositoryId.nullable(),
  taskId: Id.nullable(),
  runId: Id.nullable(),
  agentId: z.string().nullable(),
  sessionId: Id.nullable(),
  actor: Actor,
  payload: z.unknown(),
  /** The adapter's own, never read by the engine. */
  meta: z.record(z.string(), z.unknown()).optional(),
});
type Envelope = Omit<z.infer<typeof EventEnvelope>, 'type' | 'payload'>;

export type EventOf<T extends EventType> = {
  [K in T]: Envelope & { type: K; payload: EventPayload<K> };
}[T];
export type Event = EventOf<EventType>;
/** An event with its place in the ledger. */
export type StoredEvent = Event & { cursor: Cursor };

export const isEventType = (type: string): type is EventType => Object.hasOwn(eventPayloads, type);

/** Strict on write: an unknown type, an extra envelope field or a wrong payload throws a ZodError. */
export function parseNewEvent(value: unknown): Event {
  const envelope = EventEnvelope.parse(value);
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
  return {
    ...envelope,
    payload: eventPayloads[envelope.type].parse(envelope.payload),
  } as Event;
}

/**
 * Tolerant on read: fields added by later minor versions are kept, a type this version does not know yields null (it still
 * counts in the chain). Upcasters by schemaVersion will stand here when there is a version 2.
 */
export function readStoredEvent(value: unknown): Event | null {
  const envelope = value as Event;
  return isEventType(envelope.type) ? envelope : null;
}
