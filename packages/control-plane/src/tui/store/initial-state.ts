import { emptyState } from '@decree/contracts';
import { type ListPlace, type Paged, type TuiState, type View, views } from './state.ts';

const list: ListPlace = { selected: null, top: 0, filter: '' };
const nothingYet: Paged<never> = { status: 'loading', value: undefined, message: null, more: false };

/** The state before anything is known: the loading screen. */
export function initialState(nowMs: number): TuiState {
  return {
    connection: { status: 'loading', message: null, lagMs: null },
    world: emptyState(),
    health: null,
    details: { issues: {}, pulls: {}, runs: {}, taskRuns: {}, taskEvents: {}, decisions: {} },
    closedPages: nothingYet,
    runPages: nothingYet,
    approvalPages: nothingYet,
    eventPages: nothingYet,
    worktreePages: nothingYet,
    operationPages: nothingYet,
    readOnly: false,
    theme: 'auto',
    nowMs,
    view: 'tasks',
    lists: Object.fromEntries(views.map((view) => [view, list])) as Record<View, ListPlace>,
    focus: 'list',
    tab: 'auto',
    pinned: null,
    texts: {},
    search: null,
    overlay: null,
    notices: [],
    pending: [],
  };
}
