import { type Complexity, dispatchableStatuses, type Role, type Task } from '@decree/contracts';

/** Why a task may not be dispatched now: stable code, and a sentence that says what to do. */
export interface Refusal {
  code: 'closed' | 'not_a_task' | 'already_running' | 'follow_up_open' | 'wrong_status' | 'no_pull_request' | 'unseen';
  message: string;
}

/** Null when an agent in this role may be started on the task. The same answer for engine, terminal and console. */
export function refuseDispatch(task: Task, role: Exclude<Role, 'planner'>, linkedPull: number | null): Refusal | null {
  const name = `#${task.issue ?? '?'}`;
  if (task.kind !== 'implement') return { code: 'not_a_task', message: 'a plan is started with `plan`, not dispatched' };
  if (task.closedAt) return { code: 'closed', message: `${name} is closed` };
  if (task.activeRunId)
    return {
      code: 'already_running',
      message: `an agent works on ${name} already (run ${task.activeRunId}); one agent per issue at a time`,
    };
  if (task.followUpRunId)
    return { code: 'follow_up_open', message: `the last run of ${name} is being concluded; try again in a moment` };
  if (!task.sighting) return { code: 'unseen', message: `${name} has not been seen by the issue sensor yet` };
  const { status } = task.sighting;
  if (role === 'reviewer') {
    if (status !== 'review')
      return {
        code: 'wrong_status',
        message: `${name} is ${status ?? 'without a status label'}: only a task in review can be reviewed`,
      };
    return linkedPull === null ? { code: 'no_pull_request', message: `${name} has no open pull request to review` } : null;
  }
  if (status && dispatchableStatuses.includes(status)) return null;
  const hint = status === 'blocked' || status === 'needs-refinement' ? ': unblock it first' : '';
  return {
    code: 'wrong_status',
    message: `${name} is ${status ?? 'without a status label'}${hint}; an Implementor can be dispatched on ${dispatchableStatuses.join(', ')}`,
  };
}

/** The model for a task: by its complexity label, else null (the agent definition's own). */
export function chooseModel(
  complexity: Complexity | null,
  models: { simple: string | null; complex: string | null },
): string | null {
  return complexity === null ? null : models[complexity];
}

const priorityRank = { high: 10, medium: 20, low: 30 } as const;

/** Place in the queue, smaller first: a review frees a person's attention sooner than new work does. */
export function rankOf(task: Task, role: Role): number {
  if (role === 'planner') return 0;
  const priority = task.sighting?.priority ?? 'medium';
  return priorityRank[priority] - (role === 'reviewer' ? 5 : 0);
}
