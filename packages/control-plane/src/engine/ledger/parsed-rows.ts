import type { Collection, Row, State } from '@decree/contracts';
import { emptyState } from '@decree/contracts';

/** A row as it is stored. */
export interface StoredRow {
  readonly id: string;
  readonly doc: string;
}

/**
 * The rows of whole states, parsed. What is read every few seconds is mostly what it was before: a row whose text is the same
 * is the same object as the last time, and is not parsed again. Holds the rows of the last read, and no more.
 */
export class ParsedRows {
  readonly #last = new Map<Collection, Map<string, { readonly doc: string; readonly row: Row }>>();

  state(read: readonly (readonly [Collection, readonly StoredRow[]])[]): State {
    const state = emptyState();
    for (const [collection, rows] of read) {
      const last = this.#last.get(collection);
      const now = new Map<string, { readonly doc: string; readonly row: Row }>();
      const into = state[collection] as Record<string, Row>;
      for (const { id, doc } of rows) {
        const known = last?.get(id);
        const parsed = known?.doc === doc ? known : { doc, row: JSON.parse(doc) as Row };
        now.set(id, parsed);
        into[id] = parsed.row;
      }
      this.#last.set(collection, now);
    }
    return state;
  }
}
