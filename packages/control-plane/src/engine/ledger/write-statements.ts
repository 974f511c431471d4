import type { Collection } from '@decree/contracts';
import { collections } from '@decree/contracts';
import { type Kysely, sql } from 'kysely';
import type { Dialect } from './dialect.ts';
import { projections } from './schema.ts';
import { type Statement, slot, statement } from './statement.ts';

export interface RowStatements {
  /** Its document. */
  load: Statement<{ doc: string }>;
  insert: Statement;
  /** Of these columns and the document: whoever sets a column makes SQLite write its indexes anew, whatever the value. */
  update(columns: readonly string[]): Statement;
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
  readonly insertEvent: Statement<{ xid: string; seq: number }>;
  readonly lastSeq: Statement<{ seq: number | null }>;
  readonly head: Statement<{ stream_seq: number; hash: string }>;
  readonly putHead: Statement;
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
    putHead: statement(
      db
        .insertInto('streams')
        .values({ stream: slot('stream'), stream_seq: slot('streamSeq'), hash: slot('hash') })
        .onConflict((conflict) =>
          conflict
            .column('stream')
            .doUpdateSet((eb) => ({ stream_seq: eb.ref('excluded.stream_seq'), hash: eb.ref('excluded.hash') })),
        ),
    ),
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

function insertEvent(dialect: Dialect): WriteStatements['insertEvent'] {
  const values = {
    id: slot('id'),
    type: slot('type'),
    occurred_at: slot('occurredAt'),
    correlation_id: slot('correlationId'),
    repository_id: slot('repositoryId'),
    task_id: slot('taskId'),
    run_id: slot('runId'),
    stream: slot('stream'),
    stream_seq: slot('streamSeq'),
    prev_hash: slot('prevHash'),
    hash: slot('hash'),
    outcome: slot('outcome'),
    body: slot('body'),
  };
  // The one writer of a SQLite file counts by itself; Postgres gives the place, and tells it.
  return dialect.shared
    ? statement(
        dialect.db
          .insertInto('events')
          .values(values as never)
          .returning(['xid', 'seq']),
      )
    : (statement(
        dialect.db.insertInto('events').values({ seq: slot('seq'), ...values } as never),
      ) as Statement as WriteStatements['insertEvent']);
}

/** The tables of the collections have `id` and `doc` in common; which of them it is, Kysely's types cannot follow. */
type Common = Kysely<{ rows: { id: string; doc: string } }>;

function rowStatements(dialect: Dialect, collection: Collection): RowStatements {
  const db = dialect.db as unknown as Common;
  const table = collection as 'rows';
  const { columns } = projections[collection];
  const slots = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, slot(name)]));
  const updates = new Map<string, Statement>();
  const load = db.selectFrom(table).select('doc').where('id', '=', slot('id'));
  return {
    load: statement(load),
    insert: statement(db.insertInto(table).values({ id: slot('id'), ...slots(columns), doc: slot('doc') } as never)),
    update(changed) {
      const key = changed.join(' ');
      const known = updates.get(key);
      if (known) return known;
      const made = statement(
        db
          .updateTable(table)
          .set({ ...slots(changed), doc: slot('doc') } as never)
          .where('id', '=', slot('id')),
      );
      updates.set(key, made);
      return made;
    },
    remove: statement(db.deleteFrom(table).where('id', '=', slot('id'))),
  };
}
