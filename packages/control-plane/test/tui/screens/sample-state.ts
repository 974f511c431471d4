import type { State, StoredEvent } from '@decree/contracts';
import { commands } from '../../../src/tui/keymap/commands.ts';
import type { KeyOf } from '../../../src/tui/keymap/resolve-keymap.ts';
import type { DetailText, Screen, Section } from '../../../src/tui/screens/screen.ts';
import { initialState } from '../../../src/tui/store/initial-state.ts';
import type { OutputReader, SessionOutput } from '../../../src/tui/store/output.ts';
import type { Fetched, Paged, TuiState } from '../../../src/tui/store/state.ts';
import { type Line, textOf } from '../../../src/tui/text/line.ts';
import { at, idOf, nowMs, repositoryId } from '../model/sample-world.ts';

export const fresh = <T>(value: T): Fetched<T> => ({ status: 'fresh', value, message: null });
export const page = <T>(items: readonly T[], more = false): Paged<T> => ({ status: 'fresh', value: items, message: null, more });
export const failed = { status: 'failed', value: undefined, message: 'the forge did not answer' } as const;

/** A connected terminal over this world. */
export const stateOf = (world: State, change: Partial<TuiState> = {}): TuiState => ({
  ...initialState(nowMs),
  connection: { status: 'live', message: null, lagMs: 12 },
  world,
  ...change,
});

let cursor = 0;
/** An event of a task's run, minutes after nine. */
export const sampleEvent = (
  type: StoredEvent['type'],
  payload: unknown,
  { minute = 20, task = 1, run = true }: { minute?: number; task?: number; run?: boolean } = {},
): StoredEvent => {
  cursor += 1;
  return {
    ...{ id: idOf(2000 + cursor), cursor: String(cursor), schemaVersion: 1, type, occurredAt: at(minute), causationId: null },
    ...{ correlationId: idOf(task), repositoryId, taskId: idOf(task), runId: run ? idOf(500 + task) : null },
    ...{ agentId: 'implementor', sessionId: idOf(700 + task), actor: { type: 'system', id: 'engine' }, payload },
  } as StoredEvent;
};

export const noOutputs: OutputReader = () => undefined;
export const outputOf = (entries: SessionOutput['entries'], change: Partial<SessionOutput> = {}): OutputReader => {
  const output = { version: 1, first: 0, earlier: 'none' as const, entries, ended: false, message: null, ...change };
  return () => output;
};

export const size = { columns: 72, rows: 30 };
const rowsOf = (lines: readonly Line[]) => lines.map((line) => textOf(line).trimEnd()).join('\n');
/** A detail as a person reads it. */
export const textOfDetail = (text: DetailText): string =>
  rowsOf(Array.from({ length: text.length }, (_, index) => text.lineAt(index)));
/** A list as a person reads it. */
export const textOfSections = (sections: readonly Section[]): string =>
  sections
    .map(({ title, rows, total, empty }) =>
      [`${title} (${rows.length}/${total})`, rows.length > 0 ? rowsOf(rows.map(({ line }) => line)) : empty].join('\n'),
    )
    .join('\n');
/** What a screen's detail says of a row. */
export const detailOf = (screen: Screen, state: TuiState, identity: string | null, outputs: OutputReader = noOutputs): string =>
  textOfDetail(screen.detail(state, identity, size, outputs));

/** The keys as they are where nobody changed them. */
export const keyOf: KeyOf = (id) => commands.find((command) => command.id === id)?.keys[0] ?? null;
