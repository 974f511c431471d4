import {
  type Actor,
  type Approval,
  currentSchemaVersion,
  type EventOf,
  type EventPayload,
  type EventType,
  maxEventText,
  type Run,
  type Task,
} from '@decree/contracts';
import { clip } from './clip.ts';
import type { Clock } from './system/clock.ts';
import type { Random } from './system/random.ts';

/** What an event is about; the rest of the envelope is filled in. */
export interface About {
  repositoryId: string | null;
  correlationId: string;
  causationId?: string | null;
  taskId?: string | null;
  runId?: string | null;
  agentId?: string | null;
  sessionId?: string | null;
  actor?: Actor;
}

/** Builds an event with an id and a time; it happens only once it is committed. */
export type RecordEvent = <T extends EventType>(type: T, payload: EventPayload<T>, about: About) => EventOf<T>;

export const engineActor: Actor = { type: 'system', id: 'engine' };

/**
 * How long a text in an event may be: events stay small, what is long stands in a transcript or an artifact. What an
 * approver has to read, an action's arguments, may be longer; titles and summaries have limits of their own.
 */
const maxArgument = 8_000;
/** A forge's longest body: what a person approves, they can read whole. */
const maxApproved = 66_000;
const maxByKey: { readonly [key: string]: number } = { summary: 500, resource: 4_096, reference: 500 };

/** Every text in a payload, without its secrets (whose marks may be longer) and then not too long. The shape stays. */
function clean(value: unknown, redact: (text: string) => string, limit: number, argument: number): unknown {
  if (typeof value === 'string') return shorten(redact(value), limit);
  if (Array.isArray(value)) return value.map((item) => clean(item, redact, limit, argument));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      clean(item, redact, key === 'arguments' ? argument : (maxByKey[key] ?? limit), argument),
    ]),
  );
}

/** Like `clip`, and says how much there was. */
function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const rest = ` [${text.length} characters]`;
  return `${clip(text, limit - rest.length)}${rest}`;
}

export function createRecord(clock: Clock, random: Random, redact: (text: string) => string): RecordEvent {
  return (type, payload, about) =>
    ({
      id: random.uuidv7(),
      schemaVersion: currentSchemaVersion,
      type,
      occurredAt: clock.now(),
      correlationId: about.correlationId,
      causationId: about.causationId ?? null,
      repositoryId: about.repositoryId,
      taskId: about.taskId ?? null,
      runId: about.runId ?? null,
      agentId: about.agentId ?? null,
      sessionId: about.sessionId ?? null,
      actor: about.actor ?? engineActor,
      payload: clean(payload, redact, maxEventText, type === 'policy.approval_requested' ? maxApproved : maxArgument),
    }) as EventOf<typeof type>;
}

export const aboutTask = (task: Task): About => ({
  repositoryId: task.repositoryId,
  correlationId: task.correlationId,
  taskId: task.id,
});

export const aboutApproval = ({ repositoryId, correlationId, taskId, runId }: Approval): About => ({
  repositoryId,
  correlationId,
  taskId,
  runId,
});

export const aboutRun = (run: Run): About => ({
  repositoryId: run.repositoryId,
  correlationId: run.correlationId,
  taskId: run.taskId,
  runId: run.id,
  agentId: run.agentId,
  sessionId: run.sessionId,
});

/** What the agent itself did. */
export const byAgent = (run: Run): About => ({ ...aboutRun(run), actor: { type: 'agent', id: run.agentId } });
