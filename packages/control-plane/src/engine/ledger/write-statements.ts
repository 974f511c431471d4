import type { Collection } from '@decree/contracts';
import { collections } from '@decree/contracts';
import { type Kysely, sql } from 'kysely';
import type { Dialect } from './dialect.ts';
import { projections } from './schema.ts';
import { ordered, type Statement, slot, statement } from './statement.ts';

export interface RowStatements {
  /** Its document. */
  load: Statement<{ doc: string }>;
  /** Its values: the projection's, the document, the id. */
  insert: Statement;
  /**
   * Of some columns, a bit for each in the projection's order, and the document: whoever sets a column makes SQLite write its
   * indexes anew, whatever the value. Its values: those columns', the document, the id.
   */
  update(changed: number): Statement;
  /** Its value: the id. */
  remove: Statement;
}

/** What nearly every commit reads, as rows of one answer: `key` is a stream or an id, `text` a hash or a document. */
export interface CoreRow {
  kind: 'head' | 'known' | 'tasks' | 'runs';
  key: string;
  text: string | null;
  number: number | null;
}

export interface WriteStatements {
  /** Where each statement costs a message: the heads, known ids, tasks and runs of a commit in one. */
  readonly core: Statement<CoreRow> | null;
  /** Where the store is shared: what two commits must not touch at once. */
  readonly lock: Statement | null;
  readonly rows: Readonly<Record<Collection, RowStatements>>;
  readonly eventKnown: Statement<{ id: string }>;
  /** Its values in the order of `eventValues`; on SQLite the place in the ledger comes last. */
  readonly insertEvent: Statement<{ xid: string; seq: number }>;
  readonly lastSeq: Statement<{ seq: number | null }>;
  readonly head: Statement<{ stream_seq: number; hash: string }>;
  /** Its values: stream, streamSeq, hash. */
  readonly putHead: Statement;
  /** Of as many as `headsAtOnce`, one after the other. */
  readonly putHeads: Statement;
  readonly issueTask: Statement<{ id: string; open: number }>;
  readonly lease: Statement<{ worker: string; fence: number }>;
  readonly putLease: Statement;
  readonly dropLease: Statement;
  readonly extendLease: Statement<{ run_id: string }>;
}

export function writeStatements(dialect: Dialect): WriteStatements {
  const { db, shared } = dialect;
  const head = db.selectFrom('streams').select(['stream_seq', 'hash']).where('stream', '=', slot('stream'));
  const lease = db.selectFrom('leases').select(['worker', 'fence']).where('run_id', '=', slot('runId'));
  return {
    rows: Object.fromEntries(
      collections.map((collection) => [collection, rowStatements(dialect, collection)]),
    ) as WriteStatements['rows'],
    core: shared ? coreStatement(db) : null,
    lock: shared ? lockStatement(db) : null,
    eventKnown: statement(db.selectFrom('events').select('id').where('id', '=', slot('id'))),
    insertEvent: insertEvent(dialect),
    lastSeq: statement(db.selectFrom('events').select((eb) => eb.fn.max('seq').as('seq'))),
    head: statement(head),
    putHead: putHeads(dialect, 1),
    putHeads: putHeads(dialect, headsAtOnce),
    issueTask: statement(
      db
        .selectFrom('tasks')
        .select(['id', 'open'])
        .where('repository_id', '=', slot('repositoryId'))
        .where('issue', '=', slot('issue'))
        .orderBy('open', 'desc')
        .limit(sql.lit(1)),
    ),
    lease: statement(lease),
    putLease: statement(
      db
        .insertInto('leases')
        .values({ run_id: slot('runId'), worker: slot('worker'), fence: slot('fence'), expires_at_ms: slot('expiresAtMs') })
        .onConflict((conflict) =>
          conflict.column('run_id').doUpdateSet((eb) => ({
            worker: eb.ref('excluded.worker'),
            fence: eb.ref('excluded.fence'),
            expires_at_ms: eb.ref('excluded.expires_at_ms'),
          })),
        ),
    ),
    dropLease: statement(db.deleteFrom('leases').where('run_id', '=', slot('runId')).where('fence', '=', slot('fence'))),
    extendLease: statement(
      db
        .updateTable('leases')
        .set({ expires_at_ms: slot('expiresAtMs') })
        .where('run_id', '=', slot('runId'))
        .where('worker', '=', slot('worker'))
        .where('fence', '=', slot('fence'))
        .returning('run_id'),
    ),
  };
}

/** 16 in one statement took about 60 % of what they took in 16. */
export const headsAtOnce = 16;

function putHeads({ db }: Dialect, count: number): Statement {
  const each = Array.from({ length: count }, (_, at) => [`stream${at}`, `streamSeq${at}`, `hash${at}`] as const);
  const values = each.map(([stream, streamSeq, hash]) => ({
    stream: slot(stream),
    stream_seq: slot(streamSeq),
    hash: slot(hash),
  }));
  return ordered(
    db
      .insertInto('streams')
      .values(values)
      .onConflict((conflict) =>
        conflict
          .column('stream')
          .doUpdateSet((eb) => ({ stream_seq: eb.ref('excluded.stream_seq'), hash: eb.ref('excluded.hash') })),
      ),
    each.flat(),
  );
}

/**
 * Advisory, and taken before anything is written: rows locked by `for update` would give the transaction its number first, and
 * then two commits of one stream could stand in the ledger in the other order than they were made in. Sorted, so that two never
 * wait for each other. A lock is a number: two names that share one only wait without need.
 */
function lockStatement(db: Dialect['db']): Statement {
  const numbers = sql`(select distinct hashtextextended(name, 0) as number from unnest(cast(${slot('names')} as text[])) as t (name) order by 1)`;
  return statement(db.selectFrom(sql`${numbers}`.as('n')).select(sql`pg_advisory_xact_lock(number)`.as('locked')));
}

function coreStatement(db: Dialect['db']): Statement<CoreRow> {
  const among = (name: string) => sql`any(cast(${slot(name)} as text[]))`;
  const query = sql<CoreRow>`
    select 'head' as kind, stream as key, hash as text, stream_seq as number from streams where stream = ${among('streams')}
    union all select 'known', id, null, null from events where id = ${among('ids')}
    union all select 'tasks', id, doc, null from tasks where id = ${among('tasks')}
    union all select 'runs', id, doc, null from runs where id = ${among('runs')}`;
  return statement({ compile: () => query.compile(db) });
}

/** The order of an event's values. */
const eventValues = {
  id: 'id',
  type: 'type',
  occurred_at: 'occurredAt',
  correlation_id: 'correlationId',
  repository_id: 'repositoryId',
  task_id: 'taskId',
  run_id: 'runId',
  stream: 'stream',
  stream_seq: 'streamSeq',
  prev_hash: 'prevHash',
  hash: 'hash',
  outcome: 'outcome',
  body: 'body',
};

function insertEvent(dialect: Dialect): WriteStatements['insertEvent'] {
  const names = Object.values(eventValues);
  const values = Object.fromEntries(Object.entries(eventValues).map(([column, name]) => [column, slot(name)]));
  // The one writer of a SQLite file counts by itself; Postgres gives the place, and tells it.
  return dialect.shared
    ? ordered(
        dialect.db
          .insertInto('events')
          .values(values as never)
          .returning(['xid', 'seq']),
        names,
      )
    : (ordered(dialect.db.insertInto('events').values({ ...values, seq: slot('seq') } as never), [
        ...names,
        'seq',
      ]) as Statement as WriteStatements['insertEvent']);
}

/** The tables of the collections have `id` and `doc` in common; which of them it is, Kysely's types cannot follow. */
type Common = Kysely<{ rows: { id: string; doc: string } }>;

function rowStatements(dialect: Dialect, collection: Collection): RowStatements {
  const db = dialect.db as unknown as Common;
  const table = collection as 'rows';
  const { columns } = projections[collection];
  const slots = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, slot(name)]));
  const updates = new Map<number, Statement>();
  const load = db.selectFrom(table).select('doc').where('id', '=', slot('id'));
  return {
    load: statement(load),
    insert: ordered(db.insertInto(table).values({ ...slots(columns), doc: slot('doc'), id: slot('id') } as never), [
      ...columns,
      'doc',
      'id',
    ]),
    update(changed) {
      const known = updates.get(changed);
      if (known) return known;
      const names = columns.filter((_, at) => (changed & (1 << at)) !== 0);
      const made = ordered(
        db
          .updateTable(table)
          .set({ ...slots(names), doc: slot('doc') } as never)
          .where('id', '=', slot('id')),
        [...names, 'doc', 'id'],
      );
      updates.set(changed, made);
      return made;
    },
    remove: ordered(db.deleteFrom(table).where('id', '=', slot('id')), ['id']),
  };
}
