import type { Approval } from './approval.ts';
import { isLive, type Run } from './run.ts';
import type { State } from './state.ts';
import type { Repository, Task } from './task.ts';

/**
 * What a person has to do about a task, or about a repository's plan: decide an approval, look after a run that failed or met a
 * limit, merge, unblock, refine, dispatch, or give the issue a status label. Most pressing first.
 */
export const needs = ['decide', 'merge', 'failure', 'limit', 'unblock', 'refine', 'dispatch', 'label'] as const;
export type Need = (typeof needs)[number];

/** Somebody or something that stands still until a person does this. */
export interface NeedsYou {
  need: Need;
  /** Null: the Planner of the repository. */
  taskId: string | null;
  repositoryId: string;
  /** Since when; null where that is not known. */
  since: string | null;
}

/** What a task needs of a person; null: nothing, an agent has it or nobody. `run`: its live run, else its last; `approval`: the one that this run waits for. */
export function taskNeeds(task: Task, run: Run | null, approval: Approval | null): Need | null {
  if (run && isLive(run)) {
    // An approval that is decided already is not waited for, though the run may not have gone on yet.
    return run.state === 'waiting_approval' && (approval === null || approval.state === 'pending') ? 'decide' : null;
  }
  if (task.closedAt !== null || task.kind === 'plan') return null;
  if (task.lastFailure?.code === 'agent_limit' || (run?.state === 'canceled' && run.code === 'max_duration')) return 'limit';
  if (task.lastFailure) return 'failure';
  switch (task.sighting?.status) {
    case 'approved':
      return 'merge';
    case 'blocked':
      return 'unblock';
    case 'needs-refinement':
      return 'refine';
    case 'review':
      return null;
    case 'in-progress':
      // Until what follows from an ended run is drawn, its label is still the old one.
      return task.followUpRunId === null ? 'dispatch' : null;
    case 'pending':
    case 'unblocked':
    case 'needs-changes':
      return 'dispatch';
    default:
      return 'label';
  }
}

/** Whether a repository's plan waits for a person: its Planner failed for the last time, and none is at work. */
export const planNeedsYou = ({ planFailure }: Repository, plannerIsLive: boolean): boolean =>
  planFailure !== null && planFailure.nextTryAt === null && !plannerIsLive;

/** All that needs a person, in the one way in which engine, command line and user interfaces count it. Reads `openRows` of a state. */
export function needsYou({
  tasks,
  runs,
  approvals,
  repositories,
}: Pick<State, 'tasks' | 'runs' | 'approvals' | 'repositories'>): NeedsYou[] {
  const found: NeedsYou[] = [];
  for (const task of Object.values(tasks)) {
    const run = runs[task.activeRunId ?? task.lastRunId ?? ''] ?? null;
    const approval = run?.state === 'waiting_approval' ? (approvals[run.approvalId] ?? null) : null;
    const need = taskNeeds(task, run, approval);
    if (need === null) continue;
    const since = need === 'decide' ? approval?.requestedAt : (task.lastFailure?.at ?? task.sighting?.seenAt);
    found.push({ need, taskId: task.id, repositoryId: task.repositoryId, since: since ?? task.createdAt });
  }
  for (const repository of Object.values(repositories)) {
    const isPlanner = (run: Run) => run.role === 'planner' && run.repositoryId === repository.id && isLive(run);
    if (planNeedsYou(repository, Object.values(runs).some(isPlanner)))
      found.push({ need: 'failure', taskId: null, repositoryId: repository.id, since: null });
  }
  return found;
}
