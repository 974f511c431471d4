import type { TaskEntry } from '../../model/task-entries.ts';
import { entryOf } from '../../model/task-entries.ts';
import { titleOf } from '../../model/task-rows.ts';
import type { OutputReader } from '../../store/output.ts';
import type { DetailTab, TuiState } from '../../store/state.ts';
import { type Line, line } from '../../text/line.ts';
import type { DetailText, Size } from '../screen.ts';

/** What a detail is made for. */
export interface DetailAt {
  readonly identity: string | null;
  readonly size: Size;
  readonly outputs: OutputReader;
}

/** Which tabs a task has, the one its status calls for first. */
export function taskTabs(_state: TuiState, entry: TaskEntry | undefined): readonly Exclude<DetailTab, 'auto'>[] {
  return entry ? ['issue'] : [];
}

/** The detail of a task. */
export function taskDetail(state: TuiState, at: DetailAt): DetailText {
  const entry = entryOf(state.world, at.identity);
  const lines: readonly Line[] = entry
    ? [line(titleOf(entry), 'heading'), line(entry.standing.spoken)]
    : [line('Nothing is selected.', 'dim')];
  return {
    key: `tasks:${at.identity}:issue`,
    title: entry ? titleOf(entry) : '',
    length: lines.length,
    lineAt: (index) => lines[index] ?? [],
    live: false,
  };
}
