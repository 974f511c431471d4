import type { Run, Task } from '@decree/contracts';
import { msOf } from '../../model/format.ts';
import { memoLast } from '../../model/memo.ts';
import type { Paged, TuiState } from '../../store/state.ts';

const join = memoLast(
  (
    [task, paged, runs]: [Task | null, Paged<Run> | undefined, TuiState['world']['runs']],
    previous: readonly Run[] | undefined,
  ) => {
    if (!task) return [];
    const found = new Map<string, Run>((paged?.value ?? []).map((run) => [run.id, run]));
    // What is followed is newer than what was fetched.
    for (const id of [...found.keys(), task.activeRunId, task.lastRunId]) {
      const run = id === null ? undefined : runs[id];
      if (run) found.set(run.id, run);
    }
    const joined = [...found.values()].sort((a, b) => msOf(b.queuedAt) - msOf(a.queuedAt) || (a.id < b.id ? 1 : -1));
    return previous && previous.length === joined.length && previous.every((run, index) => run === joined[index])
      ? previous
      : joined;
  },
);

/** All runs of a task that are known, newest first; those that were fetched, as the events say they stand now. */
export const runsOf = (state: TuiState, task: Task | null): readonly Run[] =>
  join(task, task ? state.details.taskRuns[task.id] : undefined, state.world.runs);
