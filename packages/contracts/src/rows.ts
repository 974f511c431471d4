import type { Collection, Row, State } from './state.ts';

/** A state with this row; the same state where it is there already. */
export function put<C extends Collection>(state: State, collection: C, key: string, row: Row<C>): State {
  if (state[collection][key] === row) return state;
  return { ...state, [collection]: { ...state[collection], [key]: row } };
}

/** A row, never what an object inherits: some keys are free text. */
export function rowOf<C extends Collection>(state: State, collection: C, key: string): State[C][string] | undefined {
  return Object.hasOwn(state[collection], key) ? (state[collection][key] as State[C][string]) : undefined;
}

/** A state with the row changed; the same state where there is no such row. */
export function amend<C extends Collection>(state: State, collection: C, key: string, change: Partial<Row<C>>): State {
  const row = rowOf(state, collection, key);
  return row ? put(state, collection, key, { ...row, ...change } as Row<C>) : state;
}

/** A state without the row. */
export function drop(state: State, collection: Collection, key: string): State {
  if (!Object.hasOwn(state[collection], key)) return state;
  const { [key]: _dropped, ...rest } = state[collection] as Record<string, unknown>;
  return { ...state, [collection]: rest };
}
