import type { Event, EventPayload, EventType } from '@decree/contracts';
import type { Ledger } from '../../src/engine/ledger/port.ts';

export const repositoryId = 'owner/name';
let counter = 0;

/** A UUIDv7 that sorts after all before it in this process. */
export function newId(): string {
  counter += 1;
  const tail = (counter * 1000 + (process.pid % 1000)).toString(16).padStart(12, '0');
  return `01930000-${Math.floor(counter / 4096)
    .toString(16)
    .padStart(4, '0')}-7${(counter % 4096).toString(16).padStart(3, '0')}-8000-${tail}`;
}

let moment = Date.parse('2026-01-01T00:00:00.000Z');
/** Each later than the one before. */
export function nextTime(): string {
  moment += 1000;
  return new Date(moment).toISOString();
}

export interface Subject {
  taskId?: string | null;
  runId?: string | null;
  correlationId?: string;
  repositoryId?: string | null;
  id?: string;
  occurredAt?: string;
}

const correlation = newId();

export function event<T extends EventType>(type: T, payload: EventPayload<T>, subject: Subject = {}): Event {
  return {
    id: subject.id ?? newId(),
    schemaVersion: 1,
    type,
    occurredAt: subject.occurredAt ?? nextTime(),
    correlationId: subject.correlationId ?? correlation,
    causationId: null,
    repositoryId: subject.repositoryId === undefined ? repositoryId : subject.repositoryId,
    taskId: subject.taskId ?? null,
    runId: subject.runId ?? null,
    agentId: null,
    sessionId: null,
    actor: { type: 'system', id: 'test' },
    payload,
  } as Event;
}

export const created = (
  taskId: string,
  options: { issue?: number | null; correlationId?: string; kind?: 'implement' | 'plan' } = {},
) =>
  event(
    'task.created',
    { kind: options.kind ?? 'implement', title: 'A task', issue: options.issue ?? null, specs: [] },
    { taskId, ...(options.correlationId && { correlationId: options.correlationId }) },
  );

export const queued = (
  taskId: string,
  runId: string,
  options: { attempt?: number; rank?: number; correlationId?: string } = {},
) =>
  event(
    'run.queued',
    {
      role: 'implementor',
      attempt: options.attempt ?? 1,
      retryOf: null,
      effectScope: runId,
      trigger: 'person',
      agentId: 'implementor',
      adapter: 'process',
      model: null,
      issue: null,
      pull: null,
      rank: options.rank ?? 0,
    },
    { taskId, runId, ...(options.correlationId && { correlationId: options.correlationId }) },
  );

export const started = (taskId: string, runId: string, fence = 1) =>
  event('run.started', { fence, worker: 'worker' }, { taskId, runId });

export const requeued = (taskId: string, runId: string) =>
  event('run.requeued', { code: 'engine_lost', message: 'the engine died' }, { taskId, runId });

export const succeeded = (taskId: string, runId: string) => event('run.succeeded', { summary: 'done' }, { taskId, runId });

export const used = (taskId: string, runId: string) =>
  event(
    'run.used',
    {
      model: 'm',
      usage: { inputTokens: 10, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4, costUsd: 0.25, costBasis: 'table' },
    },
    { taskId, runId },
  );

const digest = 'a'.repeat(64);
const action = { kind: 'command.run', resource: 'npm', arguments: { argv: ['npm', 'test'] }, summary: 'run npm test' } as const;

export const decided = (taskId: string, runId: string, outcome: 'allow' | 'deny' | 'require_approval' = 'allow') =>
  event(
    'policy.decided',
    {
      request: {
        subject: { role: 'implementor', agentId: 'implementor', runId, taskId },
        action,
        context: { repositoryId, issue: null, ownBranch: null, attempt: 1, tainted: false, sandbox: 'none' },
      },
      decision: {
        outcome,
        code: 'cedar.permit',
        reason: 'because',
        determinedBy: [],
        engine: 'cedar',
        policyDigest: digest,
        actionHash: digest,
        sandbox: 'none',
      },
      toolCallId: null,
    },
    { taskId, runId },
  );

export const asked = (taskId: string, runId: string, approvalId: string, actionHash = digest) =>
  event(
    'policy.approval_requested',
    {
      approval: {
        id: approvalId,
        state: 'pending',
        runId,
        taskId,
        repositoryId,
        correlationId: correlation,
        role: 'implementor',
        action,
        actionHash,
        toolCallId: 'call',
        decisionEventId: newId(),
        reason: 'a person must decide',
        determinedBy: [],
        requestedAt: nextTime(),
        deadline: '2027-01-01T00:00:00.000Z',
        decidedAt: null,
        decidedBy: null,
        decisionReason: null,
      },
    },
    { taskId, runId },
  );

export const answered = (taskId: string, runId: string, approvalId: string, outcome: 'approved' | 'denied') =>
  event('policy.approval_decided', { approvalId, outcome, reason: null }, { taskId, runId });

export const recorded = (taskId: string, runId: string, reference: string) =>
  event(
    'artifact.recorded',
    {
      artifact: {
        id: newId(),
        kind: 'commit',
        repositoryId,
        taskId,
        runId,
        correlationId: correlation,
        recordedAt: nextTime(),
        reference,
        title: reference,
        url: null,
      },
    },
    { taskId, runId },
  );

export const specSeen = (path: string, blob = 'b'.repeat(40)) =>
  event('source.spec_changed', {
    change: 'added',
    spec: {
      repositoryId,
      path,
      status: 'approved',
      blobSha: blob,
      commitSha: 'c'.repeat(40),
      correlationId: correlation,
      seenAt: nextTime(),
      plannedBlobSha: null,
      plannedCommitSha: null,
    },
  });

export const specGone = (path: string) => event('source.spec_removed', { path });

/**
 * Until all that was written can be listed: on Postgres a page ends before the oldest transaction that is open in the whole
 * cluster, and other tests have theirs.
 */
export async function settled(ledger: Ledger): Promise<void> {
  await ledger.openState();
}
