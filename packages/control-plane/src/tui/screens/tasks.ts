import { matchesFilter, parseFilter } from '../model/filter.ts';
import { memoLast, sameList } from '../model/memo.ts';
import { countSection, entryOf, type TaskEntries, type TaskEntry, taskEntries } from '../model/task-entries.ts';
import { subjectOfEntry, taskColumns, taskRow } from '../model/task-rows.ts';
import type { TaskSection } from '../model/task-standing.ts';
import type { TuiState } from '../store/state.ts';
import type { Row, Screen, Section } from './screen.ts';
import { taskDetail, taskTabs } from './task/task-detail.ts';

/** The dashboard: what needs a person above what the agents do. */
export function createTasksScreen(): Screen {
  const visible = memoLast(([entries, filter]: [TaskEntries, string]): readonly TaskEntry[] => {
    const parsed = parseFilter(filter);
    if (parsed.terms.length === 0) return entries.ordered;
    return entries.ordered.filter((entry) => matchesFilter(parsed, subjectOfEntry(entry)));
  });
  const measure = memoLast(([entries, columns]: [readonly TaskEntry[], number]) => taskColumns(entries, columns));
  const rowsOf = (section: TaskSection) =>
    memoLast(
      ([entries, at, nowMs]: [readonly TaskEntry[], ReturnType<typeof measure>, number], previous: readonly Row[] | undefined) =>
        sameList(
          entries.flatMap((entry) => (entry.standing.section === section ? [taskRow(entry, at, nowMs)] : [])),
          previous,
        ),
    );
  const sectionOf = (section: TaskSection) => {
    const rows = rowsOf(section);
    const make = memoLast(
      ([shown, total, empty]: [readonly Row[], number, string]): Section => ({ title: section, rows: shown, total, empty }),
    );
    return (state: TuiState, entries: TaskEntries, shown: readonly TaskEntry[], at: ReturnType<typeof measure>) =>
      make(rows(shown, at, state.nowMs), countSection(entries, section), emptyText(section, state, entries));
  };
  const [action, agents] = [sectionOf('ACTION'), sectionOf('AGENTS')];
  const pair = memoLast(([first, second]: [Section, Section]): readonly Section[] => [first, second]);

  return {
    view: 'tasks',
    title: 'Tasks',
    tabs: (state, identity) => taskTabs(entryOf(state.world, identity)),
    sections(state, columns) {
      const entries = taskEntries(state.world);
      const shown = visible(entries, state.lists.tasks.filter);
      const at = measure(shown, columns);
      return pair(action(state, entries, shown, at), agents(state, entries, shown, at));
    },
    detail: (state, identity, size, outputs) => taskDetail(state, identity, { size, outputs }),
  };
}

/** What stands where no row does, and what to do about it. */
function emptyText(section: TaskSection, state: TuiState, entries: TaskEntries): string {
  const hidden = countSection(entries, section);
  if (hidden > 0) return `${hidden} hidden by the filter`;
  if (section === 'AGENTS') return 'No agent is at work.';
  if (state.connection.status === 'loading') return 'Looking at the repository …';
  if (entries.ordered.length > 0) return 'Nothing needs you.';
  return 'No tasks yet: approve a spec in docs/specs/, or press n.';
}
