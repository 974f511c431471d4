import type { EventOf } from './event.ts';
import { addUsage } from './fold-run.ts';
import type { Role } from './policy.ts';
import { put, rowOf } from './rows.ts';
import { dayOf, spendKey } from './spend.ts';
import type { State } from './state.ts';

/** Adds what a run of this role used to its day. Of a run that is not there the role is not known, and nothing is added. */
export function foldSpend(state: State, event: EventOf<'run.used'>, role: Role | undefined): State {
  if (role === undefined || event.repositoryId === null) return state;
  const { repositoryId } = event;
  const { model, usage } = event.payload;
  const day = dayOf(event.occurredAt);
  const key = spendKey(repositoryId, day, role, model);
  const before = rowOf(state, 'spend', key);
  return put(state, 'spend', key, {
    ...{ repositoryId, day, role, model },
    usage: before ? addUsage(before.usage, usage) : usage,
  });
}
