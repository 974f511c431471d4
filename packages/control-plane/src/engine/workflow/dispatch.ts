import { type Complexity, type Role, refuseTask, type Task, type TaskRefusal } from '@decree/contracts';

/** Null when an agent in this role may be started on the task: the contracts' word, with the pull request that counts. */
export function refuseDispatch(task: Task, role: Exclude<Role, 'planner'>, linkedPull: number | null): TaskRefusal | null {
  const pulls = linkedPull === null || task.issue === null ? [] : [{ number: linkedPull, issues: [task.issue] }];
  return refuseTask(role === 'reviewer' ? 'review' : 'dispatch', task, { run: null, pulls });
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
