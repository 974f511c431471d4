import type { Task } from '@decree/contracts';

/**
 * Tasks whose label says in-progress although nothing works on them: set by hand, or left by a reset that failed. `since`
 * is when this was first noticed per task; a label is reset once that is longer ago than `graceMs` (0 at start).
 */
export function findStale(tasks: readonly Task[], since: ReadonlyMap<string, number>, nowMs: number, graceMs: number): Task[] {
  return tasks.filter((task) => isIdleInProgress(task) && nowMs - (since.get(task.id) ?? nowMs) >= graceMs);
}

export const isIdleInProgress = (task: Task): boolean =>
  task.kind === 'implement' &&
  task.closedAt === null &&
  task.activeRunId === null &&
  task.followUpRunId === null &&
  task.sighting?.status === 'in-progress';
