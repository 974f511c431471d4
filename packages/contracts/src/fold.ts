import type { Event, EventOf } from './event.ts';
import { foldRun } from './fold-run.ts';
import { isLive, isTransition, nextRunState, type Run } from './run.ts';
import { type Collection, pullKey, type Row, type State, specKey } from './state.ts';
import type { Task } from './task.ts';

/**
 * The one meaning of an event. Pure; returns the same state object when nothing changed. It serves the ledger's projection
 * (over the few rows an event touches), rebuild, replay, the terminal's store and the console. An event about a row that is
 * not there changes nothing: legality was checked when it was written.
 */
export function fold(state: State, event: Event): State {
  let next = foldTask(state, event);
  if (event.runId !== null && (event.type.startsWith('run.') || event.type === 'policy.decided')) {
    const run = foldRun(state.runs[event.runId], event);
    if (run) next = put(next, 'runs', event.runId, run);
  }
  switch (event.type) {
    case 'system.engine_started':
    case 'source.sensor_failed':
    case 'source.sensor_recovered':
    case 'task.plan_failed':
      return foldRepository(next, event);
    case 'task.planned':
      return foldPlanned(next, event);
    case 'policy.approval_requested':
      return put(next, 'approvals', event.payload.approval.id, event.payload.approval);
    case 'policy.approval_decided':
      return amend(next, 'approvals', event.payload.approvalId, {
        state: event.payload.outcome,
        decidedAt: event.occurredAt,
        decidedBy: event.actor,
        decisionReason: event.payload.reason,
      });
    case 'policy.approval_expired':
      return amend(next, 'approvals', event.payload.approvalId, {
        state: 'expired',
        decidedAt: event.occurredAt,
        decidedBy: event.actor,
      });
    case 'policy.approval_voided':
      return amend(next, 'approvals', event.payload.approvalId, {
        state: 'voided',
        decisionReason: event.payload.cause,
      });
    case 'policy.granted': {
      const { grantId, actionHash, kind, approvalId, consumed } = event.payload;
      const granted = put(next, 'grants', grantId, {
        id: grantId,
        runId: event.runId ?? '',
        actionHash,
        kind,
        approvalId,
        state: consumed ? 'consumed' : 'open',
      });
      return approvalId === null ? granted : amend(granted, 'approvals', approvalId, { state: 'consumed' });
    }
    case 'artifact.recorded':
      return put(next, 'artifacts', event.payload.artifact.id, event.payload.artifact);
    case 'system.effect_started': {
      const { key, kind, grantId } = event.payload;
      const started = put(next, 'effects', key, {
        key,
        state: 'started',
        kind,
        runId: event.runId,
        taskId: event.taskId,
        startedAt: event.occurredAt,
        status: null,
        location: null,
      });
      return grantId === null ? started : amend(started, 'grants', grantId, { state: 'consumed' });
    }
    case 'system.effect_finished': {
      const { key, status, location, refused } = event.payload;
      return amend(next, 'effects', key, {
        state: refused ? 'refused' : 'finished',
        status,
        location,
      });
    }
    case 'source.spec_changed':
      return put(next, 'specs', specKey(event.payload.spec.repositoryId, event.payload.spec.path), event.payload.spec);
    case 'source.spec_removed':
      return event.repositoryId ? drop(next, 'specs', specKey(event.repositoryId, event.payload.path)) : next;
    case 'source.pull_changed':
      return put(next, 'pulls', pullKey(event.payload.pull.repositoryId, event.payload.pull.number), event.payload.pull);
    case 'source.pull_removed':
      return event.repositoryId ? drop(next, 'pulls', pullKey(event.repositoryId, event.payload.number)) : next;
    default:
      return next;
  }
}

function foldTask(state: State, event: Event): State {
  if (event.taskId === null) return state;
  if (event.type === 'task.created') {
    const { kind, title, issue, specs } = event.payload;
    return put(state, 'tasks', event.taskId, {
      id: event.taskId,
      kind,
      repositoryId: event.repositoryId ?? '',
      correlationId: event.correlationId,
      title,
      issue,
      specs,
      createdAt: event.occurredAt,
      closedAt: null,
      sighting: null,
      activeRunId: null,
      lastRunId: null,
      attempts: { planner: 0, implementor: 0, reviewer: 0 },
      followUpRunId: null,
      lastFailure: null,
    });
  }
  const task = state.tasks[event.taskId];
  const changed = task && changedTask(task, event, event.runId === null ? undefined : state.runs[event.runId]);
  return changed ? put(state, 'tasks', event.taskId, changed) : state;
}

function changedTask(task: Task, event: Event, run: Run | undefined): Task | null {
  switch (event.type) {
    case 'source.issue_changed':
      return {
        ...task,
        sighting: event.payload.sighting,
        title: event.payload.sighting.title,
      };
    case 'task.status_set':
      return task.sighting ? { ...task, sighting: { ...task.sighting, status: event.payload.to } } : null;
    case 'task.closed':
      return { ...task, closedAt: event.occurredAt };
    case 'task.reopened':
      return { ...task, closedAt: null };
    case 'task.followed_up':
      return task.followUpRunId === event.payload.runId ? { ...task, followUpRunId: null } : null;
    case 'run.queued':
      return {
        ...task,
        activeRunId: event.runId,
        lastRunId: event.runId,
        attempts: {
          ...task.attempts,
          [event.payload.role]: event.payload.attempt,
        },
      };
    case 'run.succeeded':
    case 'run.failed':
    case 'run.canceled':
      return task.activeRunId === event.runId && run && endedBy(run, event) ? afterEnd(task, event) : null;
    default:
      return null;
  }
}

type Ending = EventOf<'run.succeeded' | 'run.failed' | 'run.canceled'>;

/** An ending that the table refuses (the run had ended already) has no consequence for the task. */
const endedBy = (run: Run, event: Ending): boolean =>
  isLive(run) && isTransition(event.type) && nextRunState(run.state, event.type) !== null;

function afterEnd(task: Task, event: Ending): Task {
  const lastFailure =
    event.type === 'run.failed'
      ? {
          runId: event.runId as string,
          reason: event.payload.reason,
          message: event.payload.message,
          at: event.occurredAt,
        }
      : event.type === 'run.succeeded'
        ? null
        : task.lastFailure;
  return {
    ...task,
    activeRunId: null,
    followUpRunId: event.runId,
    lastFailure,
  };
}

function foldRepository(
  state: State,
  event: EventOf<'system.engine_started' | 'source.sensor_failed' | 'source.sensor_recovered' | 'task.plan_failed'>,
): State {
  if (event.repositoryId === null) return state;
  const known = state.repositories[event.repositoryId] ?? {
    id: event.repositoryId,
    defaultBranch: '',
    sensorFailures: {},
    planFailure: null,
  };
  switch (event.type) {
    case 'system.engine_started':
      return put(state, 'repositories', known.id, {
        ...known,
        defaultBranch: event.payload.defaultBranch,
      });
    case 'task.plan_failed':
      return put(state, 'repositories', known.id, {
        ...known,
        planFailure: event.payload,
      });
    case 'source.sensor_failed': {
      const { sensor, message, nextTryAt } = event.payload;
      const since = known.sensorFailures[sensor]?.since ?? event.occurredAt;
      return put(state, 'repositories', known.id, {
        ...known,
        sensorFailures: {
          ...known.sensorFailures,
          [sensor]: { message, since, nextTryAt },
        },
      });
    }
    case 'source.sensor_recovered': {
      const { [event.payload.sensor]: _recovered, ...sensorFailures } = known.sensorFailures;
      return put(state, 'repositories', known.id, { ...known, sensorFailures });
    }
  }
}

function foldPlanned(state: State, event: EventOf<'task.planned'>): State {
  if (event.repositoryId === null) return state;
  let next = state.repositories[event.repositoryId]
    ? amend(state, 'repositories', event.repositoryId, { planFailure: null })
    : state;
  for (const { path, blobSha, commitSha } of event.payload.specs) {
    next = amend(next, 'specs', specKey(event.repositoryId, path), {
      plannedBlobSha: blobSha,
      plannedCommitSha: commitSha,
    });
  }
  return next;
}

function put<C extends Collection>(state: State, collection: C, key: string, row: Row<C>): State {
  if (state[collection][key] === row) return state;
  return { ...state, [collection]: { ...state[collection], [key]: row } };
}

function amend<C extends Collection>(state: State, collection: C, key: string, change: Partial<Row<C>>): State {
  const row = state[collection][key];
  return row ? put(state, collection, key, { ...row, ...change } as Row<C>) : state;
}

function drop(state: State, collection: Collection, key: string): State {
  if (!(key in state[collection])) return state;
  const { [key]: _dropped, ...rest } = state[collection] as Record<string, unknown>;
  return { ...state, [collection]: rest };
}
