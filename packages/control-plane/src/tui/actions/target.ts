import type { PullSighting, Task, TaskCircumstances } from '@decree/contracts';
import type { Target } from '../keymap/command.ts';
import { lookedAt, runOf } from '../store/looked-at.ts';
import type { TuiState } from '../store/state.ts';
import { pullsOf } from '../store/wanted.ts';

/** What a command is applied to now: what is pinned or selected, with its link. */
export function targetOf(state: TuiState): Target {
  const about = lookedAt(state);
  const issueUrl = about.task?.sighting?.url ?? null;
  const pullUrl = urlOfPull(state, pullsOf(state, about.task, about.run)[0]);
  const url = state.tab === 'pull' ? (pullUrl ?? issueUrl) : (issueUrl ?? pullUrl);
  return { ...about, url };
}

function urlOfPull(state: TuiState, number: number | undefined): string | null {
  if (number === undefined) return null;
  const sighting = Object.values(state.world.pulls).find((pull) => pull.number === number);
  return sighting?.url ?? state.details.pulls[number]?.value?.url ?? null;
}

/** What `taskCan` asks about besides the task. */
export function circumstancesOf(state: TuiState, task: Task): TaskCircumstances {
  const pulls: readonly PullSighting[] = Object.values(state.world.pulls);
  return {
    run: runOf(state, task.activeRunId ?? task.lastRunId),
    pulls: pulls.filter(({ repositoryId }) => repositoryId === task.repositoryId),
  };
}

/** How a person calls it: `#12`, or the title of a plan. */
export const nameOf = (task: Pick<Task, 'issue' | 'title'>): string => (task.issue === null ? task.title : `#${task.issue}`);
