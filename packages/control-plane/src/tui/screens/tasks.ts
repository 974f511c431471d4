import type { KeyOf } from '../keymap/resolve-keymap.ts';
import { type Filter, matchesFilter, parseFilter } from '../model/filter.ts';
import { memoLast, memoWeak, sameList } from '../model/memo.ts';
import { entryOf, type TaskEntry, taskEntries } from '../model/task-entries.ts';
import { subjectOfEntry, type TaskColumns, type TaskRows, taskColumns, taskRows } from '../model/task-rows.ts';
import type { TaskSection } from '../model/task-standing.ts';
import type { TuiState } from '../store/state.ts';
import type { Row, Screen, Section } from './screen.ts';
import type { Layouts } from './task/output.ts';
import { addATask, taskDetail, taskTabs } from './task/task-detail.ts';

/** The dashboard: what needs a person above what the agents do. */
export function createTasksScreen(layouts: Layouts, keyOf: KeyOf): Screen {
  const measure = memoLast(
    ([action, agents, columns]: [readonly TaskEntry[], readonly TaskEntry[], number], previous: TaskColumns | undefined) =>
      taskColumns([action, agents], columns, previous),
  );
  const [action, agents] = [createSection('ACTION', keyOf), createSection('AGENTS', keyOf)];
  const pair = memoLast(([first, second]: [Section, Section]): readonly Section[] => [first, second]);

  return {
    view: 'tasks',
    title: 'Tasks',
    tabs: (state, identity) => taskTabs(entryOf(state.world, identity)),
    sections(state, columns) {
      const entries = taskEntries(state.world);
      const [above, below] = [action.shown(entries.action, state), agents.shown(entries.agents, state)];
      const at = measure(above, below, columns);
      return pair(action.section(entries.action, { at, state }), agents.section(entries.agents, { at, state }));
    },
    detail: (state, identity, size, outputs) => taskDetail(state, identity, { size, outputs, layouts, keyOf }),
  };
}

function createSection(title: TaskSection, keyOf: KeyOf) {
  const filtered = memoLast(([entries, filter]: [readonly TaskEntry[], Filter], previous: readonly TaskEntry[] | undefined) =>
    filter.terms.length === 0
      ? entries
      : sameList(
          entries.filter((entry) => fits(entry, filter)),
          previous,
        ),
  );
  const fits = memoWeak((entry: TaskEntry, filter: Filter) => matchesFilter(filter, subjectOfEntry(entry)));
  const rows = memoLast(([entries, at, nowMs]: [readonly TaskEntry[], TaskColumns, number], previous: TaskRows | undefined) =>
    taskRows(entries, at, nowMs, previous),
  );
  const made = memoLast(
    ([shown, total, empty]: [readonly Row[], number, string]): Section => ({ title, rows: shown, total, empty }),
  );
  const shown = (entries: readonly TaskEntry[], state: TuiState) => filtered(entries, parseFilter(state.lists.tasks.filter));
  return {
    shown,
    section: (entries: readonly TaskEntry[], { at, state }: { at: TaskColumns; state: TuiState }): Section =>
      made(
        rows(shown(entries, state), at, state.nowMs).rows,
        entries.length,
        emptyText(title, state, { hidden: entries.length, keyOf }),
      ),
  };
}

/** What stands where no row does, and what to do about it; short, for it has one row. */
function emptyText(section: TaskSection, state: TuiState, { hidden, keyOf }: { hidden: number; keyOf: KeyOf }): string {
  if (hidden > 0) return `${hidden} hidden by the filter`;
  if (section === 'AGENTS') return 'No agent is at work.';
  if (state.connection.status === 'loading') return 'Looking at the repository …';
  return taskEntries(state.world).agents.length > 0 ? 'Nothing needs you.' : `No tasks yet: ${addATask(keyOf)}`;
}
