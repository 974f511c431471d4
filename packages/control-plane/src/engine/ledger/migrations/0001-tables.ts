import { type CreateTableBuilder, sql } from 'kysely';
import type { Migration, MigrationTools } from './migration.ts';

/** Frozen. The documents (`body`, `doc`) are TEXT on both stores: a chain is over bytes, and jsonb keeps none. */
export const tables: Migration = {
  version: 1,
  name: 'tables',
  up: (tools) => [
    events(tools),
    ...eventIndexes(tools),
    ...small(tools),
    ...tasks(tools),
    ...runs(tools),
    ...approvals(tools),
    ...artifacts(tools),
    ...grants(tools),
  ],
};

const finish = <T extends CreateTableBuilder<string, string>>({ kind }: MigrationTools, table: T) =>
  kind === 'sqlite' ? table.modifyEnd(sql`strict`) : table;
/** Short rows that are found by their key alone: one tree instead of two, and one page less in each commit. */
const finishSmall = <T extends CreateTableBuilder<string, string>>({ kind }: MigrationTools, table: T) =>
  kind === 'sqlite' ? table.modifyEnd(sql`strict, without rowid`) : table;

function events(tools: MigrationTools) {
  const { db, kind, text, integer } = tools;
  const start = db.schema.createTable('events');
  const placed =
    kind === 'sqlite'
      ? start.addColumn('seq', integer, (column) => column.primaryKey())
      : start
          .addColumn('xid', sql`xid8`, (column) => column.notNull().defaultTo(sql`pg_current_xact_id()`))
          .addColumn('seq', integer, (column) => column.notNull().generatedAlwaysAsIdentity())
          .addPrimaryKeyConstraint('events_place', ['xid', 'seq'] as never);
  return finish(
    tools,
    placed
      .addColumn('id', text, (column) => column.notNull())
      .addColumn('type', text, (column) => column.notNull())
      .addColumn('occurred_at', text, (column) => column.notNull())
      .addColumn('correlation_id', text, (column) => column.notNull())
      .addColumn('repository_id', text)
      .addColumn('task_id', text)
      .addColumn('run_id', text)
      .addColumn('stream', text, (column) => column.notNull())
      .addColumn('stream_seq', integer, (column) => column.notNull())
      .addColumn('prev_hash', text, (column) => column.notNull())
      .addColumn('hash', text, (column) => column.notNull())
      .addColumn('outcome', text)
      .addColumn('body', text, (column) => column.notNull()),
  );
}

function eventIndexes({ db, kind }: MigrationTools) {
  const place = kind === 'sqlite' ? ['seq'] : ['xid', 'seq'];
  const index = (name: string) => db.schema.createIndex(name).on('events');
  return [
    index('events_id').unique().columns(['id']),
    index('events_stream').columns(['stream', ...place]),
    index('events_type').columns(['type', ...place]),
    index('events_run')
      .columns(['run_id', ...place])
      .where(sql.ref('run_id'), 'is not', null),
    index('events_correlation').columns(['correlation_id', ...place]),
    index('events_outcome').columns(['outcome', 'correlation_id']).where(sql.ref('outcome'), 'is not', null),
  ];
}

/** Tables that are only ever read by their key, or whole. */
function small(tools: MigrationTools) {
  const { db, text, integer } = tools;
  const named = ['repositories', 'effects', 'specs', 'pulls'].map((name) =>
    finish(
      tools,
      db.schema
        .createTable(name)
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('doc', text, (column) => column.notNull()),
    ),
  );
  return [
    ...named,
    finishSmall(
      tools,
      db.schema
        .createTable('streams')
        .addColumn('stream', text, (column) => column.primaryKey().notNull())
        .addColumn('stream_seq', integer, (column) => column.notNull())
        .addColumn('hash', text, (column) => column.notNull()),
    ),
    finishSmall(
      tools,
      db.schema
        .createTable('leases')
        .addColumn('run_id', text, (column) => column.primaryKey().notNull())
        .addColumn('worker', text, (column) => column.notNull())
        .addColumn('fence', integer, (column) => column.notNull())
        .addColumn('expires_at_ms', integer, (column) => column.notNull()),
    ),
    db.schema.createIndex('leases_expiry').on('leases').columns(['expires_at_ms']),
  ];
}

function tasks(tools: MigrationTools) {
  const { db, text, integer } = tools;
  const index = (name: string) => db.schema.createIndex(name).on('tasks');
  return [
    finish(
      tools,
      db.schema
        .createTable('tasks')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('repository_id', text, (column) => column.notNull())
        .addColumn('correlation_id', text, (column) => column.notNull())
        .addColumn('kind', text, (column) => column.notNull())
        .addColumn('issue', integer)
        .addColumn('created_at', text, (column) => column.notNull())
        .addColumn('open', integer, (column) => column.notNull())
        .addColumn('follow_up', integer, (column) => column.notNull())
        .addColumn('doc', text, (column) => column.notNull()),
    ),
    index('tasks_open_issue').unique().columns(['repository_id', 'issue']).where(sql<boolean>`open = 1 and issue is not null`),
    index('tasks_issue').columns(['repository_id', 'issue', 'created_at', 'id']),
    index('tasks_created').columns(['created_at', 'id']),
    index('tasks_open').columns(['open', 'created_at', 'id']),
    index('tasks_kind').columns(['kind', 'created_at', 'id']),
    index('tasks_correlation').columns(['correlation_id', 'created_at', 'id']),
    index('tasks_follow_up').columns(['created_at', 'id']).where(sql<boolean>`follow_up = 1`),
  ];
}

function runs(tools: MigrationTools) {
  const { db, text, integer, real } = tools;
  const index = (name: string) => db.schema.createIndex(name).on('runs');
  const totals = ['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens'];
  let table = db.schema
    .createTable('runs')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('task_id', text, (column) => column.notNull())
    .addColumn('correlation_id', text, (column) => column.notNull())
    .addColumn('role', text, (column) => column.notNull())
    .addColumn('rank', integer, (column) => column.notNull())
    .addColumn('queued_at', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('live', integer, (column) => column.notNull())
    .addColumn('ended_ms', integer)
    .addColumn('started_ms', integer) as CreateTableBuilder<string, string>;
  for (const name of totals) table = table.addColumn(name, integer, (column) => column.notNull());
  return [
    finish(
      tools,
      table
        .addColumn('cost_usd', real, (column) => column.notNull())
        .addColumn('cost_basis', integer, (column) => column.notNull())
        .addColumn('doc', text, (column) => column.notNull()),
    ),
    index('runs_live_per_task').unique().columns(['task_id']).where(sql<boolean>`live = 1`),
    index('runs_queue').columns(['state', 'rank', 'queued_at', 'id']).where(sql<boolean>`state = 'queued'`),
    index('runs_queued').columns(['queued_at', 'id']),
    index('runs_state').columns(['state', 'queued_at', 'id']),
    index('runs_role').columns(['role', 'queued_at', 'id']),
    index('runs_task').columns(['task_id', 'queued_at', 'id']),
    index('runs_correlation').columns(['correlation_id', 'queued_at', 'id']),
    // Holds all that a summary of ended runs needs, so that it never reads a document.
    index('runs_totals')
      .columns(['live', 'state', 'ended_ms', 'started_ms', ...totals, 'cost_usd', 'cost_basis'])
      .where(sql<boolean>`live = 0`),
  ];
}

function approvals(tools: MigrationTools) {
  const { db, text } = tools;
  const index = (name: string) => db.schema.createIndex(name).on('approvals');
  return [
    finish(
      tools,
      db.schema
        .createTable('approvals')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('run_id', text, (column) => column.notNull())
        .addColumn('task_id', text, (column) => column.notNull())
        .addColumn('correlation_id', text, (column) => column.notNull())
        .addColumn('action_hash', text, (column) => column.notNull())
        .addColumn('requested_at', text, (column) => column.notNull())
        .addColumn('state', text, (column) => column.notNull())
        .addColumn('doc', text, (column) => column.notNull()),
    ),
    index('approvals_requested').columns(['requested_at', 'id']),
    index('approvals_state').columns(['state', 'requested_at', 'id']),
    index('approvals_run').columns(['run_id', 'requested_at', 'id']),
    index('approvals_task').columns(['task_id', 'requested_at', 'id']),
    index('approvals_correlation').columns(['correlation_id', 'requested_at', 'id']),
  ];
}

function artifacts(tools: MigrationTools) {
  const { db, text } = tools;
  const index = (name: string) => db.schema.createIndex(name).on('artifacts');
  return [
    finish(
      tools,
      db.schema
        .createTable('artifacts')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('run_id', text)
        .addColumn('task_id', text)
        .addColumn('correlation_id', text, (column) => column.notNull())
        .addColumn('kind', text, (column) => column.notNull())
        .addColumn('reference', text, (column) => column.notNull())
        .addColumn('recorded_at', text, (column) => column.notNull())
        .addColumn('doc', text, (column) => column.notNull()),
    ),
    index('artifacts_recorded').columns(['recorded_at', 'id']),
    index('artifacts_run').columns(['run_id', 'recorded_at', 'id']),
    index('artifacts_task').columns(['task_id', 'recorded_at', 'id']),
    index('artifacts_correlation').columns(['correlation_id', 'recorded_at', 'id']),
    index('artifacts_reference').columns(['reference', 'recorded_at', 'id']),
    index('artifacts_kind').columns(['kind', 'correlation_id']),
  ];
}

function grants(tools: MigrationTools) {
  const { db, text } = tools;
  return [
    finish(
      tools,
      db.schema
        .createTable('grants')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('run_id', text, (column) => column.notNull())
        .addColumn('action_hash', text, (column) => column.notNull())
        .addColumn('state', text, (column) => column.notNull())
        .addColumn('doc', text, (column) => column.notNull()),
    ),
    db.schema
      .createIndex('grants_open')
      .on('grants')
      .columns(['run_id', 'action_hash', 'id'])
      .where(sql<boolean>`state = 'open'`),
  ];
}
