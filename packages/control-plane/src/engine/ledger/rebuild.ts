import { isDeepStrictEqual } from 'node:util';
import {
  type Collection,
  collections,
  type Event,
  type EventType,
  emptyState,
  eventTypes,
  fold,
  foldSpend,
  type Role,
  type Row,
  readStoredEvent,
  type State,
  touchedRows,
} from '@decree/contracts';
import { sql } from 'kysely';
import type { Dialect } from './dialect.ts';
import { type EventRow, placeColumns } from './event-reads.ts';
import { sifting } from './pages.ts';
import type { Place } from './place.ts';
import { all, call, rowsOf, type Statement, type Steps, slot, statement } from './statement.ts';
import { writeStatements } from './write-statements.ts';

/** Rows of a repository: written by many streams, so they are folded in the ledger's order. */
const common = ['repositories', 'specs', 'pulls', 'spend'] as const satisfies readonly Collection[];
/** Rows of one task: all their events stand in one stream. */
const owned = collections.filter((name) => !(common as readonly Collection[]).includes(name));
/** Types that may write a row of a repository. */
const commonTypes = eventTypes.filter(
  (type) =>
    type.startsWith('source.') ||
    ['system.engine_started', 'system.dispatch_paused', 'system.dispatch_resumed', 'task.planned', 'task.plan_failed'].includes(
      type,
    ),
);
/** Spend is added up over all runs in the ledger's order too: whose it is, their first event says. */
const spendTypes = ['run.queued', 'run.used'] as const satisfies readonly EventType[];
const pageSize = 500;

export interface Difference {
  collection: Collection;
  key: string;
}

/**
 * All rows folded anew and compared with the live ones. Two passes, so that no more than the rows of a repository, or of one
 * stream, are held at a time: first the types that write a repository's rows, in the ledger's order; then stream by stream.
 * Wants a moment in which nothing is written between its steps; a driver's snapshot gives it.
 */
export class Rebuild {
  readonly #dialect: Dialect;
  readonly #load: Record<Collection, Statement<{ doc: string }>>;
  readonly #counts: Record<Collection, Statement<{ count: number }>>;
  readonly #keys: Record<Collection, Statement<{ id: string }>>;
  readonly #differences: Difference[] = [];

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
    const { rows } = writeStatements({ ...dialect, shared: false });
    const each = <T>(make: (name: Collection) => T) =>
      Object.fromEntries(collections.map((name) => [name, make(name)])) as Record<Collection, T>;
    this.#load = each((name) => rows[name].load);
    const table = (name: Collection) => dialect.db.selectFrom(name as 'effects');
    this.#counts = each((name) => statement(table(name).select(sql<number>`count(*)`.as('count'))));
    this.#keys = each((name) =>
      statement(table(name).select('id').where('id', '>', slot('after')).orderBy('id').limit(slot('pageSize'))),
    );
  }

  *compare(): Steps<Difference[]> {
    const seen = Object.fromEntries(collections.map((name) => [name, 0])) as Record<Collection, number>;
    yield* this.#commonRows(seen);
    yield* this.#ownedRows(seen);
    for (const name of collections) {
      const [{ count } = { count: 0 }] = yield* rowsOf(this.#counts[name]);
      if (count !== seen[name]) yield* this.#unexplained(name);
    }
    return this.#differences;
  }

  *#commonRows(seen: Record<Collection, number>): Steps<void> {
    const page = typedPage(this.#dialect);
    const roles = new Map<string, Role>();
    let state = emptyState();
    let place: Place = { xid: '0', seq: 0 };
    for (;;) {
      const rows = yield* rowsOf(page, this.#place(place));
      for (const row of rows) {
        const event = read(row);
        if (event?.type === 'run.queued' && event.runId !== null)
          roles.set(event.runId, roles.get(event.runId) ?? event.payload.role);
        else if (event?.type === 'run.used')
          state = foldTouched(state, event, (small) => foldSpend(small, event, roles.get(event.runId ?? '')));
        else if (event) state = keepOnly(common, foldTouched(state, event));
      }
      const last = rows.at(-1);
      if (!last || rows.length < pageSize) break;
      place = last;
    }
    yield* this.#compareState(state, common, seen);
  }

  *#ownedRows(seen: Record<Collection, number>): Steps<void> {
    const page = streamPage(this.#dialect);
    let state = emptyState();
    let at: Place & { stream: string } = { stream: '', xid: '0', seq: 0 };
    for (;;) {
      const rows = yield* rowsOf(page, { stream: at.stream, ...this.#place(at) });
      for (const row of rows) {
        if (row.stream !== at.stream) {
          yield* this.#compareState(state, owned, seen);
          state = emptyState();
        }
        at = row;
        const event = read(row);
        if (event) state = foldTouched(state, event);
      }
      if (rows.length < pageSize) break;
    }
    yield* this.#compareState(state, owned, seen);
  }

  *#compareState(state: State, which: readonly Collection[], seen: Record<Collection, number>): Steps<void> {
    const expected = which.flatMap((collection) =>
      Object.entries(state[collection] as Record<string, Row>).map(([key, row]) => ({ collection, key, row })),
    );
    const answers = yield* all(expected.map(({ collection, key }) => call(this.#load[collection], { id: key })));
    expected.forEach(({ collection, key, row }, at) => {
      const found = answers[at]?.[0] as { doc: string } | undefined;
      if (found) seen[collection] += 1;
      const plain = JSON.parse(JSON.stringify(row)) as Row;
      if (!found || !isDeepStrictEqual(JSON.parse(found.doc), plain)) this.#differences.push({ collection, key });
    });
  }

  /** Live rows that no event explains: looked for only when the numbers do not agree. */
  *#unexplained(collection: Collection): Steps<void> {
    const explained = new Set<string>();
    const page = streamPage(this.#dialect);
    let at: Place & { stream: string } = { stream: '', xid: '0', seq: 0 };
    for (;;) {
      const rows = yield* rowsOf(page, { stream: at.stream, ...this.#place(at) });
      for (const row of rows) {
        const event = read(row);
        if (event) for (const touched of touchedRows(event)) if (touched.collection === collection) explained.add(touched.key);
        at = row;
      }
      if (rows.length < pageSize) break;
    }
    let after = '';
    for (;;) {
      const keys = yield* rowsOf(this.#keys[collection], { after, pageSize });
      for (const { id } of keys) if (!explained.has(id)) this.#differences.push({ collection, key: id });
      const last = keys.at(-1);
      if (!last || keys.length < pageSize) return;
      after = last.id;
    }
  }

  #place = ({ xid, seq }: Place) => (this.#dialect.shared ? { xid, seq, pageSize } : { seq, pageSize });
}

/** Folds over just the rows that the event touches: the fold copies a collection, which must stay small. */
function foldTouched(state: State, event: Event, meaning: (state: State) => State = (small) => fold(small, event)): State {
  const small = emptyState();
  const touched = touchedRows(event);
  for (const { collection, key } of touched) {
    const row = (state[collection] as Record<string, Row>)[key];
    if (row) (small[collection] as Record<string, Row>)[key] = row;
  }
  const folded = meaning(small);
  for (const { collection, key } of touched) {
    const row = (folded[collection] as Record<string, Row>)[key];
    if (row) (state[collection] as Record<string, Row>)[key] = row;
    else delete (state[collection] as Record<string, Row>)[key];
  }
  return state;
}

function keepOnly(which: readonly Collection[], state: State): State {
  for (const name of collections) if (!which.includes(name)) (state as Record<Collection, object>)[name] = {};
  return state;
}

const read = (row: { body: string }): Event | null => readStoredEvent(JSON.parse(row.body));

function typedPage(dialect: Dialect): Statement<EventRow> {
  const places = placeColumns(dialect);
  let query = dialect.db
    .selectFrom('events')
    .select([...places, 'body'])
    .where(sifting(dialect, 'type'), 'in', [...commonTypes, ...spendTypes])
    .where(after(places))
    .limit(slot('pageSize'));
  for (const column of places) query = query.orderBy(column);
  return statement(query) as Statement<EventRow>;
}

function streamPage(dialect: Dialect): Statement<EventRow & { stream: string }> {
  const places = placeColumns(dialect);
  let query = dialect.db
    .selectFrom('events')
    .select([...places, 'stream', 'body'])
    .where(after(['stream', ...places]))
    .orderBy('stream')
    .limit(slot('pageSize'));
  for (const column of places) query = query.orderBy(column);
  return statement(query) as unknown as Statement<EventRow & { stream: string }>;
}

function after(columns: readonly ('stream' | 'xid' | 'seq')[]) {
  const value = (column: string) => (column === 'xid' ? sql`cast(${slot(column)} as xid8)` : sql`${slot(column)}`);
  return sql<boolean>`(${sql.join(columns.map((column) => sql.ref(column)))}) > (${sql.join(columns.map(value))})`;
}
