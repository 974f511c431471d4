import type { KeyOf } from '../keymap/resolve-keymap.ts';
import { closedEntries, shownEntryOf } from '../model/closed-tasks.ts';
import { type Filter, matchesFilter, parseFilter } from '../model/filter.ts';
import { memoLast, sameList } from '../model/memo.ts';
import { type TaskEntry, taskEntries } from '../model/task-entries.ts';
import { closedRows, subjectOfEntry, type TaskColumns, type TaskRows, taskColumns, taskRows } from '../model/task-rows.ts';
import type { TaskSection } from '../model/task-standing.ts';
import type { TuiState } from '../store/state.ts';
import type { Row, Screen, Section } from './screen.ts';
import type { Layouts } from './task/output.ts';
import { dayStart } from './task/subject.ts';
import { addATask, taskDetail, taskTabs } from './task/task-detail.ts';

/** The dashboard: what needs a person above what the agents do, and below both what was closed last. */
export function createTasksScreen(layouts: Layouts, keyOf: KeyOf): Screen {
  type Entries = readonly TaskEntry[];
  const measure = memoLast(
    ([action, agents, closed, columns]: [Entries, Entries, Entries, number], previous: TaskColumns | undefined) =>
      taskColumns([action, agents, closed], columns, previous),
  );
  const [action, agents] = [createSection('ACTION', keyOf), createSection('AGENTS', keyOf)];
  const closed = createClosedSection();
  const listed = memoLast((sections: readonly Section[]): readonly Section[] => [...sections]);

  return {
    view: 'tasks',
    title: 'Tasks',
    tabs: (state, identity) => taskTabs(shownEntryOf(state, identity)),
    sections(state, columns) {
      const entries = taskEntries(state.world);
      const [above, below] = [action.shown(entries.action, state), agents.shown(entries.agents, state)];
      const done = closed.shown(state);
      const at = measure(above, below, done, columns);
      const open = [action.section(entries.action, { at, state }), agents.section(entries.agents, { at, state })];
      // Nothing is said of it where there is none: it asks nobody for anything.
      return done.length === 0 ? listed(...open) : listed(...open, closed.section({ at, state }));
    },
    detail: (state, identity, size, outputs) => taskDetail(state, identity, { size, outputs, layouts, keyOf }),
  };
}

/** Those of the entries that the filter lets through; the same list while they are the same. */
function createFiltered() {
  return memoLast(([entries, filter]: [readonly TaskEntry[], Filter], previous: readonly TaskEntry[] | undefined) =>
    filter.terms.length === 0
      ? entries
      : sameList(
          entries.filter((entry) => matchesFilter(filter, subjectOfEntry(entry))),
          previous,
        ),
  );
}

function createSection(title: TaskSection, keyOf: KeyOf) {
  const filtered = createFiltered();
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

function createClosedSection() {
  const filtered = createFiltered();
  const shown = (state: TuiState) => filtered(closedEntries(state), parseFilter(state.lists.tasks.filter));
  const made = memoLast(([rows, total]: [readonly Row[], number]): Section => ({ title: 'CLOSED', rows, total, empty: '' }));
  return {
    shown,
    section: ({ at, state }: { at: TaskColumns; state: TuiState }): Section =>
      made(closedRows(shown(state), at, dayStart(state.nowMs)), closedEntries(state).length),
  };
}

/** What stands where no row does, and what to do about it; short, for it has one row. */
function emptyText(section: TaskSection, state: TuiState, { hidden, keyOf }: { hidden: number; keyOf: KeyOf }): string {
  if (hidden > 0) return `${hidden} hidden by the filter`;
  if (section === 'AGENTS') return 'No agent is at work.';
  if (state.connection.status === 'loading') return 'Looking at the repository …';
  return taskEntries(state.world).agents.length + closedEntries(state).length > 0
    ? 'Nothing needs you.'
    : `No tasks yet: ${addATask(keyOf)}`;
}
