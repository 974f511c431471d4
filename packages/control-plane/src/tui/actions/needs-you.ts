import type { NeedsYou } from '@decree/contracts';
import { memoWeak } from '../model/memo.ts';
import { needsOf } from '../model/needs.ts';
import { plannerIdentity } from '../model/task-entries.ts';
import type { TuiState } from '../store/state.ts';
import { select, showThing } from './navigate.ts';

/** A state in which what has waited for a person the longest is selected; the same where nothing waits. */
export function showOldestNeed(state: TuiState): TuiState {
  const need = oldestNeed(state);
  if (!need) return state;
  const { runs, tasks } = state.world;
  const run = need.taskId === null ? undefined : runs[tasks[need.taskId]?.activeRunId ?? ''];
  if (need.need === 'decide' && run?.state === 'waiting_approval') return showThing(state, 'approvals', run.approvalId);
  return showThing(state, 'tasks', need.taskId ?? plannerIdentity(need.repositoryId));
}

/** What has waited the longest: what keeps an agent or work that was done before what has not begun. */
export const oldestNeed = ({ world }: TuiState): NeedsYou | null => oldestOf(needsOf(world));
const oldestOf = memoWeak((needs: readonly NeedsYou[]): NeedsYou | null => {
  const pressing = (one: NeedsYou) => (one.need === 'decide' ? 0 : one.need === 'dispatch' || one.need === 'label' ? 2 : 1);
  let found: NeedsYou | null = null;
  for (const need of needs) {
    const order = found ? pressing(need) - pressing(found) : -1;
    if (order < 0 || (order === 0 && (need.since ?? '') < (found?.since ?? ''))) found = need;
  }
  return found;
});

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
