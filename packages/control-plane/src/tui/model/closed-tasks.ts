import type { Run, State, Task } from '@decree/contracts';
import { lastRunOf, taskOf } from '../store/looked-at.ts';
import type { Paged, TuiState } from '../store/state.ts';
import { memoLast, memoWeak, sameList } from './memo.ts';
import { entryOf, priorityOf, type TaskEntry } from './task-entries.ts';
import { closed } from './task-standing.ts';

/** Enough to see what was finished last, where tasks are closed in about the order in which they were made; all of it is in `control-plane task list --all`. */
const mostShown = 20;

const noPulls: readonly never[] = [];

const entryOfClosed = memoWeak(
  (task: Task, run: Run | null): TaskEntry => ({
    ...{ identity: task.id, repositoryId: task.repositoryId, task, run, approval: null },
    ...{ pulls: noPulls, planFailure: null, standing: closed, urgency: priorityOf(task) },
  }),
);

/** Only what ended: a batch of specs is told by the tasks that were made of it. */
const isFinished = ({ kind, closedAt, activeRunId }: Task): boolean =>
  kind === 'implement' && closedAt !== null && activeRunId === null;

const lastClosed = memoLast(([page, tasks]: [Paged<Task>['value'], State['tasks']], before: readonly Task[] | undefined) => {
  const found = new Map<string, Task>();
  for (const task of page ?? []) if (!Object.hasOwn(tasks, task.id) && isFinished(task)) found.set(task.id, task);
  for (const task of Object.values(tasks)) if (task.closedAt !== null && isFinished(task)) found.set(task.id, task);
  const newest = [...found.values()].sort((a, b) => (b.closedAt ?? '').localeCompare(a.closedAt ?? '') || (a.id < b.id ? 1 : -1));
  return sameList(newest.slice(0, mostShown), before);
});

/** What was closed last, the newest first. Their runs are looked up for the one that is looked at alone. */
export const closedEntries = (() => {
  const entries = memoLast(([tasks]: [readonly Task[]]): readonly TaskEntry[] => tasks.map((task) => entryOfClosed(task, null)));
  return ({ closedPages, world }: TuiState): readonly TaskEntry[] => entries(lastClosed(closedPages.value, world.tasks));
})();

/** What a row of the tasks stands for, be it open or closed; null when it is not there (any more). */
export function shownEntryOf(state: TuiState, identity: string | null): TaskEntry | null {
  const open = entryOf(state.world, identity);
  if (open || identity === null) return open;
  const task = taskOf(state, identity);
  return task && isFinished(task) ? entryOfClosed(task, lastRunOf(state, task)) : null;
}
