import {
  type Collection,
  collections,
  type Event,
  emptyState,
  fold,
  needsSnapshot,
  openRows,
  type Row,
  type State,
  touchedRows,
} from '@decree/contracts';

type Rows = Record<string, Row | undefined>;
export interface Folded<E extends Event> {
  readonly state: State;
  /** The first event that is about something this state left out: nothing from it on was folded. Null: all were. */
  readonly stoppedAt: E | null;
}

/**
 * `fold` over many events at the price of one: each is folded over the few rows that it touches, as the ledger does, and what
 * changed is put into the large collections once. 2,000 tasks would otherwise be copied for every event.
 */
export function foldBatch<E extends Event>(state: State, events: readonly E[]): Folded<E> {
  const changes = Object.fromEntries(collections.map((name) => [name, {}])) as Record<Collection, Rows>;
  let stoppedAt: E | null = null;
  for (const event of events) {
    const before = emptyState();
    for (const { collection, key } of touchedRows(event)) {
      const row = current(state, changes, collection, key);
      if (row !== undefined) (before[collection] as Rows)[key] = row;
    }
    if (needsSnapshot(before, event)) {
      stoppedAt = event;
      break;
    }
    const after = fold(before, event);
    for (const name of collections) if (after[name] !== before[name]) note(changes[name], before[name], after[name]);
  }
  return { state: withChanges(state, changes), stoppedAt };
}

function current(state: State, changes: Record<Collection, Rows>, collection: Collection, key: string): Row | undefined {
  if (Object.hasOwn(changes[collection], key)) return changes[collection][key];
  return Object.hasOwn(state[collection], key) ? state[collection][key] : undefined;
}

function note(changed: Rows, before: Rows, after: Rows): void {
  for (const key of Object.keys(after)) if (after[key] !== before[key]) changed[key] = after[key];
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) changed[key] = undefined;
}

function withChanges(state: State, changes: Record<Collection, Rows>): State {
  let next = state;
  for (const name of collections) {
    const keys = Object.keys(changes[name]);
    if (keys.length === 0) continue;
    const rows: Rows = { ...state[name] };
    for (const key of keys) {
      if (changes[name][key] === undefined) delete rows[key];
      else rows[key] = changes[name][key];
    }
    next = { ...next, [name]: rows };
  }
  return next;
}

/**
 * Lets go of what has ended, so that following for days costs no memory; what is looked at stays. A collection from which
 * nothing goes stays the same object.
 */
export function prune(
  state: State,
  firstDay: string,
  shown: { readonly tasks: ReadonlySet<string>; readonly runs: ReadonlySet<string> },
): State {
  const open = openRows(state, firstDay);
  let next = state;
  for (const name of collections) {
    const rows: Rows = { ...open[name] };
    if (name === 'tasks') keep(rows, state.tasks, shown.tasks);
    if (name === 'runs') keep(rows, state.runs, shown.runs);
    if (Object.keys(rows).length !== Object.keys(state[name]).length) next = { ...next, [name]: rows };
  }
  return next;
}

function keep(rows: Rows, from: Rows, keys: ReadonlySet<string>): void {
  for (const key of keys) if (Object.hasOwn(from, key)) rows[key] = from[key];
}
