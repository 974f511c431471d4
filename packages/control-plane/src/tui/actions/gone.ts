import { itemsOf, placeOf } from '../components/list-window.ts';
import { shownEntryOf } from '../model/closed-tasks.ts';
import { runReason, runWord } from '../model/run-words.ts';
import { plannerIdentity } from '../model/task-entries.ts';
import type { Section } from '../screens/screen.ts';
import { lastRunOf, taskOf } from '../store/looked-at.ts';
import type { TuiState } from '../store/state.ts';

/** What became of a row that was selected: the row that stands for the same thing now, and what is said where there is none. */
export interface Gone {
  readonly successor: string | null;
  readonly said: string | null;
}

const longestReason = 100;

/** Of a task's row that is not in the list any more. */
export function whatBecameOf(state: TuiState, identity: string, sections: readonly Section[]): Gone {
  const items = itemsOf(sections);
  const isThere = (one: string) => placeOf(items, one) >= 0;
  const repositoryId = Object.keys(state.world.repositories)[0] ?? '';
  const planner = plannerIdentity(repositoryId);
  if (identity === planner) {
    const works = Object.values(state.world.tasks).find(({ id, kind }) => kind === 'plan' && isThere(id));
    return { successor: works?.id ?? null, said: works ? null : 'the Planner has nothing to try again' };
  }
  const task = taskOf(state, identity);
  if (!task) return { successor: null, said: null };
  if (task.kind === 'plan') {
    if (isThere(planner)) return { successor: planner, said: null };
    const run = lastRunOf(state, task);
    const reason = run ? runReason(run) || runWord(run).word : '';
    const short = reason.length > longestReason ? `${reason.slice(0, longestReason - 1)}…` : reason;
    return { successor: null, said: `the Planner has ended${short ? `: ${short}` : ''}` };
  }
  const entry = shownEntryOf(state, identity);
  if (!entry || state.lists.tasks.filter === '') return { successor: null, said: `#${task.issue} is no longer in the list` };
  return { successor: null, said: `#${task.issue} is ${entry.standing.word} now, which the filter hides` };
}
