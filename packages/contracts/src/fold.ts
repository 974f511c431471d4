import { type Approval, type ApprovalState, approvalTransitions } from './approval.ts';
import type { Event } from './event.ts';
import { foldPlanned, foldRepository } from './fold-repository.ts';
import { foldRun } from './fold-run.ts';
import { foldSpend } from './fold-spend.ts';
import { foldTask } from './fold-task.ts';
import { amend, drop, put, rowOf } from './rows.ts';
import { pullKey, type State, specKey } from './state.ts';

/**
 * The one meaning of an event. Pure; returns the same state object when nothing changed. It serves the ledger's projection
 * (over the few rows an event touches), rebuild, replay, the terminal's store and the console. An event about a row that is
 * not there, or that its transition table refuses, changes nothing: legality was checked when it was written.
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
    case 'system.dispatch_paused':
    case 'system.dispatch_resumed':
    case 'task.plan_failed':
      return foldRepository(next, event);
    case 'task.planned':
      return foldPlanned(next, event);
    case 'run.used':
      return foldSpend(next, event, event.runId === null ? undefined : state.runs[event.runId]?.role);
    case 'policy.approval_requested': {
      const { approval } = event.payload;
      return next.approvals[approval.id] ? next : put(next, 'approvals', approval.id, approval);
    }
    case 'policy.approval_decided':
      return moveApproval(next, event.payload.approvalId, {
        state: event.payload.outcome,
        decidedAt: event.occurredAt,
        decidedBy: event.actor,
        decisionReason: event.payload.reason,
      });
    case 'policy.approval_expired':
      return moveApproval(next, event.payload.approvalId, {
        state: 'expired',
        decidedAt: event.occurredAt,
        decidedBy: event.actor,
      });
    case 'policy.approval_voided':
      return moveApproval(next, event.payload.approvalId, {
        state: 'voided',
        decisionReason: next.approvals[event.payload.approvalId]?.decisionReason ?? event.payload.reason,
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
      return approvalId === null ? granted : moveApproval(granted, approvalId, { state: 'consumed' });
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
    case 'source.spec_changed': {
      // What was planned is the row's own: a plan that was concluded while the sensor looked is not undone.
      const key = specKey(event.payload.spec.repositoryId, event.payload.spec.path);
      const { plannedBlobSha, plannedCommitSha } = next.specs[key] ?? event.payload.spec;
      return put(next, 'specs', key, { ...event.payload.spec, plannedBlobSha, plannedCommitSha });
    }
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

/** Only what the table allows, so that an approval is used once and a decided one stays decided. */
function moveApproval(state: State, approvalId: string, change: Partial<Approval> & { state: ApprovalState }): State {
  const approval = rowOf(state, 'approvals', approvalId);
  if (!approval || !approvalTransitions[approval.state].includes(change.state)) return state;
  return put(state, 'approvals', approvalId, { ...approval, ...change });
}
