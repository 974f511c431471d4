import type { Task } from '@decree/contracts';
import type { TuiState, View } from '../store/state.ts';
import { select, showThing } from './navigate.ts';

export interface Need {
  readonly since: string;
  /** A state in which it is selected. */
  show(state: TuiState): TuiState;
}

const waitingStatuses: readonly (string | null)[] = ['blocked', 'needs-refinement', 'approved'];

let known: { approvals: object; tasks: object; need: Need | null } | null = null;

/** What has waited for a person the longest: approvals before everything else, for an agent stands still meanwhile. */
export function oldestThatNeedsYou({ world }: TuiState): Need | null {
  const { approvals, tasks } = world;
  // Footer, palette and help ask each time they are drawn.
  if (known?.approvals === approvals && known.tasks === tasks) return known.need;
  known = { approvals, tasks, need: oldestApproval(world) ?? oldestTask(world) };
  return known.need;
}

function oldestApproval({ approvals }: TuiState['world']): Need | null {
  let found: { since: string; id: string } | null = null;
  for (const { id, state, requestedAt } of Object.values(approvals))
    if (state === 'pending' && (!found || requestedAt < found.since)) found = { since: requestedAt, id };
  return found && needOf('approvals', found);
}

/** In the inbox the next one that waits is selected, so that many are decided one after the other; elsewhere nothing moves. */
export function afterDeciding(state: TuiState, approvalId: string): TuiState {
  if (state.view !== 'approvals' || state.pinned !== null) return state;
  const { [approvalId]: decided, ...others } = state.world.approvals;
  const waiting = Object.values(others)
    .filter((approval) => approval.state === 'pending')
    .toSorted((left, right) => left.requestedAt.localeCompare(right.requestedAt));
  const next = waiting.find(({ requestedAt }) => decided && requestedAt >= decided.requestedAt) ?? waiting[0];
  return next ? select(state, 'approvals', next.id) : state;
}

function oldestTask({ tasks }: TuiState['world']): Need | null {
  let found: { since: string; id: string } | null = null;
  for (const task of Object.values(tasks)) {
    const since = waitsSince(task);
    if (since !== null && (!found || since < found.since)) found = { since, id: task.id };
  }
  return found && needOf('tasks', found);
}

const needOf = (view: View, { since, id }: { since: string; id: string }): Need => ({
  since,
  show: (state) => showThing(state, view, id),
});

function waitsSince(task: Task): string | null {
  if (task.closedAt !== null || task.activeRunId !== null) return null;
  if (task.lastFailure) return task.lastFailure.at;
  return task.sighting && waitingStatuses.includes(task.sighting.status) ? task.sighting.seenAt : null;
}
