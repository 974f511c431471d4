import type { Collection, Cursor, State } from '@decree/contracts';
import { type Kysely, sql } from 'kysely';
import type { Dialect } from './dialect.ts';
import { placeColumns } from './event-reads.ts';
import { ParsedRows, type StoredRow } from './parsed-rows.ts';
import type { EventPlaces, Place } from './place.ts';
import { all, call, type Statement, type Steps, slot, statement } from './statement.ts';

/** What the contracts' `openRows` keeps of the state, in SQL; the contract suite sees that it is the same. */
export class SnapshotReads {
  readonly #places: EventPlaces;
  readonly #newest: Statement<Place>;
  readonly #rows: ReturnType<typeof rowStatements>;
  readonly #parsed = new ParsedRows();

  constructor(dialect: Dialect, places: EventPlaces) {
    this.#places = places;
    this.#rows = rowStatements(dialect);
    let newest = dialect.db.selectFrom('events').select(placeColumns(dialect)).limit(sql.lit(1));
    for (const column of placeColumns(dialect)) newest = newest.orderBy(column, 'desc');
    this.#newest = statement(newest) as Statement<Place>;
  }

  /** Wants a driver's settled read: rows and cursor are of one moment. */
  *read(firstSpendDay: string): Steps<{ state: State; cursor: Cursor | null }> {
    const names = Object.keys(this.#rows) as (keyof ReturnType<typeof rowStatements>)[];
    const given = { firstSpendDay };
    const answers = yield* all([
      call(this.#newest),
      ...names.map((name) => (name === 'spend' ? call(this.#rows.spend, given) : call(this.#rows[name]))),
    ]);
    const newest = answers[0]?.[0] as Place | undefined;
    const state = this.#parsed.state(names.map((name, at) => [name, answers[at + 1] as readonly StoredRow[]]));
    return { state, cursor: newest ? this.#places.cursor(newest) : null };
  }
}

function rowStatements({ db }: Dialect) {
  const table = (name: Collection) => (db as unknown as Kysely<{ rows: { id: string; doc: string } }>).selectFrom(name as 'rows');
  const whole = (name: Collection) => statement(table(name).select(['id', 'doc']));
  const live = sql.lit(1);
  // The newest run of each open task: one step into the index runs_task for each, however many runs it had.
  const lastRuns = sql`select (select r.id from runs r where r.task_id = tasks.id order by r.queued_at desc, r.id desc limit 1) from tasks where open = 1`;
  return {
    repositories: whole('repositories'),
    specs: whole('specs'),
    pulls: whole('pulls'),
    tasks: statement(
      db
        .selectFrom('tasks')
        .select(['id', 'doc'])
        .where((eb) =>
          eb.or([eb('open', '=', live), eb('id', 'in', eb.selectFrom('runs').select('task_id').where('live', '=', live))]),
        ),
    ),
    runs: statement(
      db
        .selectFrom('runs')
        .select(['id', 'doc'])
        // By their ids: SQLite reads all runs for an `or` of which one side is a partial index.
        .where('id', 'in', sql<string>`(select id from runs where live = 1 union all ${lastRuns})`),
    ),
    approvals: statement(db.selectFrom('approvals').select(['id', 'doc']).where('state', '=', sql.lit('pending'))),
    spend: statement(db.selectFrom('spend').select(['id', 'doc']).where('day', '>=', slot('firstSpendDay'))),
  };
}
