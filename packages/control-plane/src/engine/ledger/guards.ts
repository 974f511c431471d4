import type { Approval, ApprovalState, Event, Run, State, Task } from '@decree/contracts';
import { approvalStates, approvalTransitions, isTransition, nextRunState } from '@decree/contracts';
import { type Guard, GuardFailed } from './port.ts';

/** What the guards look at beside rows. */
export interface GuardFacts {
  readonly state: State;
  /** The task of an issue, by `issueKey`; absent when there is none. */
  readonly issueTasks: ReadonlyMap<string, { id: string; open: number }>;
}

export const issueKey = (repositoryId: string, issue: number): string => `${repositoryId}#${issue}`;

/** Throws GuardFailed for the first guard that does not hold. */
export function checkGuard(guard: Guard, { state, issueTasks }: GuardFacts): void {
  const problem = problemOf(guard, state, issueTasks);
  if (problem !== null) throw new GuardFailed(problem, guard);
}

function problemOf(guard: Guard, state: State, issueTasks: GuardFacts['issueTasks']): string | null {
  switch (guard.type) {
    case 'run': {
      const run = state.runs[guard.runId];
      if (!run) return `expected run ${guard.runId} to be ${guard.states.join(' or ')}; there is no such run`;
      if (!guard.states.includes(run.state))
        return `expected run ${run.id} to be ${guard.states.join(' or ')}; it is ${run.state}`;
      if (guard.fence !== undefined && guard.fence !== run.fence)
        return `expected claim ${guard.fence} of run ${run.id} to be the newest; that is ${run.fence}`;
      return null;
    }
    case 'task_idle': {
      const task = state.tasks[guard.taskId];
      return task?.activeRunId ? `expected task ${task.id} to have no live run; it has ${task.activeRunId}` : null;
    }
    case 'approval': {
      const approval: Approval | undefined = state.approvals[guard.approvalId];
      const expected = `expected approval ${guard.approvalId} to be ${guard.states.join(' or ')}`;
      if (!approval) return `${expected}; there is no such approval`;
      return guard.states.includes(approval.state) ? null : `${expected}; it is ${approval.state}`;
    }
    case 'effect_new':
      return Object.hasOwn(state.effects, guard.key)
        ? `expected ${guard.key} not to have been started; it is ${state.effects[guard.key]?.state}`
        : null;
    case 'follow_up_open': {
      const open = state.tasks[guard.taskId]?.followUpRunId ?? null;
      return open === guard.runId
        ? null
        : `expected run ${guard.runId} to wait for its follow-up on task ${guard.taskId}; ${open ?? 'none'} does`;
    }
    case 'issue_new': {
      const known = issueTasks.get(issueKey(guard.repositoryId, guard.issue));
      return known ? `expected no task for ${guard.repositoryId}#${guard.issue}; there is ${known.id}` : null;
    }
  }
}

/**
 * Whether this event may follow on these rows, whatever guards were given: the transition tables of runs and approvals, one
 * live run for a task, one open task for an issue, and no row made twice. Throws GuardFailed.
 */
export function checkLegal(event: Event, state: State, issueTasks: GuardFacts['issueTasks']): void {
  if (event.type.startsWith('run.')) checkRunEvent(event, state);
  if (event.type.startsWith('policy.')) checkApprovalEvent(event, state);
  if (event.type === 'task.created' && event.taskId !== null) {
    const known: Task | undefined = state.tasks[event.taskId];
    if (known)
      throw new GuardFailed(`task ${known.id} was created before`, { type: 'row_new', collection: 'tasks', key: known.id });
    if (event.payload.issue !== null && event.repositoryId !== null)
      refuseSecondOpenTask(event.repositoryId, event.payload.issue, event.taskId, issueTasks);
  }
  if (event.type === 'task.reopened' && event.taskId !== null) {
    const task = state.tasks[event.taskId];
    if (task?.issue) refuseSecondOpenTask(task.repositoryId, task.issue, task.id, issueTasks);
  }
}

function refuseSecondOpenTask(repositoryId: string, issue: number, taskId: string, issueTasks: GuardFacts['issueTasks']): void {
  const known = issueTasks.get(issueKey(repositoryId, issue));
  if (known?.open !== 1 || known.id === taskId) return;
  throw new GuardFailed(`${repositoryId}#${issue} has the open task ${known.id} already`, {
    type: 'issue_new',
    repositoryId,
    issue,
  });
}

function checkRunEvent(event: Event, state: State): void {
  const runId = event.runId ?? '';
  const run: Run | undefined = state.runs[runId];
  const task: Task | undefined = event.taskId === null ? undefined : state.tasks[event.taskId];
  if (!task) throw refusal(event, run, `${event.type} wants the task of run ${runId}; there is no task ${event.taskId}`);
  if (event.type === 'run.queued') {
    if (run) throw refusal(event, run, `run ${runId} was queued before; it is ${run.state}`);
    if (task.activeRunId !== null)
      throw new GuardFailed(`expected task ${task.id} to have no live run; it has ${task.activeRunId}`, {
        type: 'task_idle',
        taskId: task.id,
      });
    return;
  }
  if (!run) throw refusal(event, run, `${event.type} came for run ${runId}, which was never queued`);
  if (run.taskId !== event.taskId)
    throw refusal(event, run, `run ${runId} belongs to task ${run.taskId}, not to ${event.taskId}`);
  if (isTransition(event.type) && nextRunState(run.state, event.type) === null)
    throw refusal(event, run, `${event.type} does not follow on ${run.state} (run ${runId})`);
  if (event.type === 'run.started' && event.payload.fence !== run.fence + 1)
    throw refusal(event, run, `expected claim ${run.fence + 1} of run ${runId}, got ${event.payload.fence}`);
}

const refusal = (event: Event, run: Run | undefined, message: string): GuardFailed =>
  new GuardFailed(message, { type: 'transition', runId: event.runId ?? '', state: run?.state ?? null, attempted: event.type });

/**
 * An approval begins as a question, is decided once, and is used once, by the run that asked and for the action that was asked
 * about. To withdraw one that is over already changes nothing and is let pass: a run's end, which withdraws what it asked, must
 * not fail because a person was quicker.
 */
function checkApprovalEvent(event: Event, state: State): void {
  if (event.type === 'policy.approval_requested') {
    const { approval } = event.payload;
    if (state.approvals[approval.id])
      throw new GuardFailed(`approval ${approval.id} was asked for before`, {
        type: 'row_new',
        collection: 'approvals',
        key: approval.id,
      });
    const problem = approval.state === 'pending' ? foreign(approval, event) : `it cannot begin as ${approval.state}`;
    if (problem !== null) throw approvalRefusal(event, approval.id, 'pending', problem);
    return;
  }
  const move = approvalMove(event);
  if (!move) return;
  const approval = state.approvals[move.approvalId];
  const problem = approval
    ? (foreign(approval, event) ??
      (move.to === 'voided' || approvalTransitions[approval.state].includes(move.to) ? null : `it is ${approval.state}`) ??
      (event.type === 'policy.granted' && event.payload.actionHash !== approval.actionHash ? 'it is for another action' : null))
    : 'there is no such approval';
  if (problem !== null) throw approvalRefusal(event, move.approvalId, move.to, problem);
}

function approvalMove(event: Event): { approvalId: string; to: ApprovalState } | null {
  switch (event.type) {
    case 'policy.approval_decided':
      return { approvalId: event.payload.approvalId, to: event.payload.outcome };
    case 'policy.approval_expired':
      return { approvalId: event.payload.approvalId, to: 'expired' };
    case 'policy.approval_voided':
      return { approvalId: event.payload.approvalId, to: 'voided' };
    case 'policy.granted':
      return event.payload.approvalId === null ? null : { approvalId: event.payload.approvalId, to: 'consumed' };
    default:
      return null;
  }
}

const foreign = (approval: Approval, event: Event): string | null =>
  approval.runId === event.runId ? null : `it belongs to run ${approval.runId}, not to ${event.runId}`;

const approvalRefusal = (event: Event, approvalId: string, to: ApprovalState, problem: string): GuardFailed =>
  new GuardFailed(`${event.type} does not follow for approval ${approvalId}: ${problem}`, {
    type: 'approval',
    approvalId,
    states: approvalStates.filter((from) => approvalTransitions[from].includes(to)),
  });
