import type { Task } from '@decree/contracts';
import type { TuiState } from '../store/state.ts';
import { showThing } from './navigate.ts';

export interface Need {
  readonly since: string;
  /** A state in which it is selected. */
  show(state: TuiState): TuiState;
}

const waitingStatuses: readonly (string | null)[] = ['blocked', 'needs-refinement', 'approved'];

/** What has waited for a person the longest: approvals before everything else, for an agent stands still meanwhile. */
export function oldestThatNeedsYou({ world }: TuiState): Need | null {
  const approvals = Object.values(world.approvals).flatMap(({ id, state, requestedAt }): Need[] =>
    state === 'pending' ? [{ since: requestedAt, show: (now) => showThing(now, 'approvals', id) }] : [],
  );
  if (approvals.length > 0) return oldestOf(approvals);
  return oldestOf(
    Object.values(world.tasks).flatMap((task): Need[] => {
      const since = waitsSince(task);
      return since === null ? [] : [{ since, show: (now) => showThing(now, 'tasks', task.id) }];
    }),
  );
}

const oldestOf = (needs: readonly Need[]): Need | null =>
  needs.reduce<Need | null>((oldest, need) => (oldest && oldest.since <= need.since ? oldest : need), null);

function waitsSince(task: Task): string | null {
  if (task.closedAt !== null || task.activeRunId !== null) return null;
  if (task.lastFailure) return task.lastFailure.at;
  return task.sighting && waitingStatuses.includes(task.sighting.status) ? task.sighting.seenAt : null;
}
