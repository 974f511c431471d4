import type { Cursor } from '@decree/contracts';
import { decodeCursor, encodeCursor, refusedCursor } from './cursor.ts';
import type { Dialect } from './dialect.ts';

/** Where an event stands. SQLite has no xid. */
export interface Place {
  readonly xid: string;
  readonly seq: number;
}

/** Turns places into cursors and back. */
export interface EventPlaces {
  cursor(place: Place): Cursor;
  place(cursor: Cursor): Place;
}

const list = 'e';

/**
 * `incarnation` is Postgres' only: transaction numbers mean nothing in another cluster, so that a restored dump begins a new
 * incarnation, and cursors of an older one are refused instead of skipping events.
 */
export function eventPlaces(dialect: Dialect, incarnation = 0): EventPlaces {
  if (!dialect.shared) {
    return {
      cursor: ({ seq }) => encodeCursor(list, [seq]),
      place: (cursor) => ({ xid: '', seq: decodeCursor(list, cursor, ['number'])[0] as number }),
    };
  }
  return {
    cursor: ({ xid, seq }) => encodeCursor(list, [incarnation, Number(xid), seq]),
    place: (cursor) => {
      const [of, xid, seq] = decodeCursor(list, cursor, ['number', 'number', 'number']) as [number, number, number];
      if (of !== incarnation) throw refusedCursor(cursor);
      return { xid: String(xid), seq };
    },
  };
}
