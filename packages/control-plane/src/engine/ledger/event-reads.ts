import { DecreeError, type Event, type EventPage, readStoredEvent, type StoredEvent } from '@decree/contracts';
import { sql } from 'kysely';
import type { Dialect } from './dialect.ts';
import { checkLimit, sifting } from './pages.ts';
import type { EventPlaces, Place } from './place.ts';
import type { EventFilter, Ledger, PageRequest } from './port.ts';
import { rowsOf, type Statement, type Steps, slot, statement } from './statement.ts';

export interface EventRow extends Place {
  body: string;
}

/** Null for a type that this version does not know. */
export function storedEvent(row: EventRow, places: EventPlaces): StoredEvent | null {
  const event: Event | null = readStoredEvent(JSON.parse(row.body));
  return event && { ...event, cursor: places.cursor(row) };
}

export const placeColumns = (dialect: Dialect): ('xid' | 'seq')[] => (dialect.shared ? ['xid', 'seq'] : ['seq']);

/**
 * Postgres gives transactions their numbers before they commit. Below the oldest that is still open nothing can arrive any
 * more, so that a reader who stays below it misses nothing.
 */
export const settled = sql<boolean>`xid < pg_snapshot_xmin(pg_current_snapshot())`;

/** Events in the ledger's order, by keyset over their places. */
export class EventReads {
  readonly #dialect: Dialect;
  readonly #places: EventPlaces;
  readonly #compiled = new Map<string, Statement<EventRow>>();
  readonly #byId: Statement<EventRow>;

  constructor(dialect: Dialect, places: EventPlaces) {
    this.#dialect = dialect;
    this.#places = places;
    this.#byId = statement(
      dialect.db
        .selectFrom('events')
        .select([...placeColumns(dialect), 'body'])
        .where('id', '=', slot('id')),
    ) as Statement<EventRow>;
  }

  *byId(id: string): Steps<StoredEvent | null> {
    const [row] = yield* rowsOf(this.#byId, { id });
    return row ? storedEvent(row, this.#places) : null;
  }

  *page({ after, before, newest, limit, ...filter }: Parameters<Ledger['listEvents']>[0]): Steps<EventPage> {
    checkLimit(limit);
    if (after !== undefined && before !== undefined)
      throw new DecreeError('invalid', 'Expected one of the cursors `after` and `before`, got both. Give one.');
    const backwards = before !== undefined || (newest === true && after === undefined);
    const found = yield* this.rows({ ...filter, after: after ?? before, backwards, limit: limit + 1 });
    const rows = found.slice(0, limit);
    const last = found.length > limit ? rows.at(-1) : undefined;
    if (backwards) rows.reverse();
    const items = rows.map((row) => storedEvent(row, this.#places)).filter((event) => event !== null);
    if (!last) return { items };
    const cursor = this.#places.cursor(last);
    return backwards ? { items, previous: cursor } : { items, next: cursor };
  }

  /** Read from a place on, or from it back. */
  *rows(input: PageRequest & EventFilter & { backwards: boolean }): Steps<readonly EventRow[]> {
    const filter = (
      [
        ['run_id', input.runId],
        ['stream', input.taskId],
        ['correlation_id', input.correlationId],
        ['type', input.type],
      ] as const
    ).filter(([, value]) => value !== undefined);
    const place = input.after === undefined ? null : this.#places.place(input.after);
    const columns = filter.map(([column]) => column);
    return yield* rowsOf(this.#statement(columns, place !== null, input.backwards), {
      ...Object.fromEntries(filter),
      ...place,
      limit: input.limit,
    });
  }

  #statement(columns: readonly string[], placed: boolean, backwards: boolean): Statement<EventRow> {
    const key = `${columns.join(' ')} ${placed} ${backwards}`;
    const known = this.#compiled.get(key);
    if (known) return known;
    const { db, shared } = this.#dialect;
    const direction = backwards ? 'desc' : 'asc';
    let query = db
      .selectFrom('events')
      .select([...placeColumns(this.#dialect), 'body'])
      .limit(slot('limit'));
    for (const column of placeColumns(this.#dialect)) query = query.orderBy(column, direction);
    columns.forEach((column, at) => {
      query = query.where(at === 0 ? sql.ref(column) : sifting(this.#dialect, column), '=', slot(column));
    });
    const than = backwards ? sql`<` : sql`>`;
    if (placed)
      query = query.where(
        shared
          ? sql<boolean>`(xid, seq) ${than} (cast(${slot('xid')} as xid8), ${slot('seq')})`
          : sql<boolean>`seq ${than} ${slot('seq')}`,
      );
    if (shared) query = query.where(settled);
    const made = statement(query) as Statement<EventRow>;
    this.#compiled.set(key, made);
    return made;
  }
}
