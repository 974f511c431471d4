import { DecreeError } from '@decree/contracts';
import pg from 'pg';
import type { Clock } from '../../system/clock.ts';
import type { Logger } from '../../system/log.ts';
import { applyCommit } from '../commit.ts';
import { lockNames } from '../commit-load.ts';
import { postgresDialect } from '../dialect.ts';
import type { Driver } from '../driver.ts';
import { EventReads, type EventRow, storedEvent } from '../event-reads.ts';
import { createLedger } from '../ledger.ts';
import { Listeners } from '../listeners.ts';
import { migrations } from '../migrations/index.ts';
import { eventPlaces, type Place } from '../place.ts';
import { type Ledger, LedgerUnusable } from '../port.ts';
import { RowCache } from '../row-cache.ts';
import type { Steps } from '../statement.ts';
import { writeStatements } from '../write-statements.ts';
import { Committer } from './committer.ts';
import { explained, nameOf } from './errors.ts';
import { Follower } from './follower.ts';
import { migratePostgres } from './migrate.ts';
import { send, transact } from './transaction.ts';

const int8 = 20;
const numeric = 1700;
/**
 * Statements are prepared once, maybe while the tables are empty: a plan that scans them then would be kept while they grow, so
 * scans are ruled out where there is an index. Planning anew for each list of ids costs more than it finds.
 */
const settings = 'set enable_seqscan = off; set plan_cache_mode = force_generic_plan';
/** How long a settled end is waited for. */
const settleMs = 10_000;

/** Opens the ledger in the database at `url`, making its tables in the first schema of the search path. Throws LedgerUnusable. */
export async function openPostgresLedger(options: {
  url: string;
  clock: Clock;
  log: Logger;
  connections?: number;
}): Promise<Ledger> {
  const { url, clock, log, connections = 16 } = options;
  const where = nameOf(url);
  const config: pg.PoolConfig = {
    connectionString: url,
    types: numbers,
    application_name: 'decree',
    connectionTimeoutMillis: 10_000,
  };
  const pool = new pg.Pool({ ...config, pipeline: true, max: connections } as pg.PoolConfig);
  const lost = (error: Error) => log.warn({ err: error }, 'a connection to the ledger was lost');
  pool.on('error', lost);
  // One that is in use tells its queries too; without a listener of its own the loss would end the process.
  pool.on('connect', (client) => {
    client.on('error', lost);
    client.query(settings).catch(lost);
  });
  const { incarnation, schema, newest } = await prepare(pool, where);
  const places = eventPlaces(postgresDialect, incarnation);
  const statements = writeStatements(postgresDialect);
  const tools = { dialect: postgresDialect, statements, places };
  const listeners = new Listeners(log);
  const events = new EventReads(postgresDialect, places);

  const withClient = async <T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    let client: pg.PoolClient | null = null;
    let broken = false;
    try {
      client = await pool.connect();
      return await use(client);
    } catch (error) {
      const reason = explained(error, where);
      broken = reason !== error;
      throw reason;
    } finally {
      client?.release(broken);
    }
  };
  const committer = new Committer(withClient, statements);
  const snapshot = async <T>(steps: () => Steps<T>): Promise<T> =>
    withClient((client) =>
      transact(client, steps(), { begin: ['begin isolation level repeatable read read only'], commit: 'commit' }),
    );

  /**
   * A moment in which no commit is writing, so that all that can be seen is settled. Transactions of others in the same cluster
   * also keep an end from being settled; they are waited for.
   */
  const settledSnapshot = async <T>(steps: () => Steps<T>): Promise<T> => {
    const begin = ['begin isolation level repeatable read', 'lock table streams in exclusive mode'];
    const until = clock.monotonicMs() + settleMs;
    for (;;) {
      const result = await withClient((client) =>
        transact(
          client,
          (function* (): Steps<{ value: T } | null> {
            const [unsettled] = yield { calls: [unsettledEvents] };
            return unsettled?.length ? null : { value: yield* steps() };
          })(),
          { begin, commit: 'commit' },
        ),
      );
      if (result) return result.value;
      if (clock.monotonicMs() > until)
        throw new DecreeError(
          'unavailable',
          `A transaction in the cluster of ${where} has been open for ${settleMs / 1000} s. End it, and try again.`,
        );
      await clock.sleep(10);
    }
  };

  const follower = new Follower({
    config,
    clock,
    log,
    schema,
    from: newest,
    read: (after, limit) =>
      withClient((client) => once(client, events.rows({ after: places.cursor(after), limit, backwards: false }))),
    tell: (rows) => {
      if (!listeners.any) return;
      listeners.tell((rows as readonly EventRow[]).map((row) => storedEvent(row, places)).filter((event) => event !== null));
    },
  });

  const driver: Driver = {
    dialect: postgresDialect,
    places,
    read: (steps, moment) => {
      if (moment === 'settled') return settledSnapshot(steps);
      return moment === 'snapshot' ? snapshot(steps) : withClient((client) => once(client, steps()));
    },
    write: (steps) => withClient((client) => transact(client, steps(new RowCache()), { begin: ['begin'], commit: 'commit' })),
    commit: async (prepared) => {
      const stored = await committer.write(lockNames(prepared), () => applyCommit(prepared, new RowCache(), tools, true));
      const last = stored.at(-1);
      if (last) follower.committed(places.place(last.cursor));
      return stored;
    },
    subscribe: (listener) => listeners.add(listener),
    backup: async () => {
      throw new DecreeError('conflict', 'The ledger is in Postgres: back it up with pg_dump or the server’s own means.');
    },
    close: async () => {
      await follower.close();
      await pool.end();
    },
  };
  return createLedger(driver, statements, clock);
}

/** Counts and sums stay far below 2^53. */
const numbers = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 || oid === numeric ? Number : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

const unsettledEvents = {
  statement: {
    name: 'decree_unsettled',
    sql: 'select 1 from events where xid >= pg_snapshot_xmin(pg_current_snapshot()) limit 1',
    parameters: [],
  },
  values: [],
};

async function prepare(pool: pg.Pool, where: string): Promise<{ incarnation: number; schema: string; newest: Place }> {
  try {
    const client = await pool.connect();
    try {
      const schema = (await client.query('select current_schema() as name')).rows[0]?.name as string | null;
      if (schema === null)
        throw new LedgerUnusable(`The ledger at ${where} has no schema: the search path names none that exists.`);
      const incarnation = await migratePostgres(client, where, migrations);
      const newest =
        'select xid, seq from events where xid < pg_snapshot_xmin(pg_current_snapshot()) order by xid desc, seq desc limit 1';
      const place = (await client.query(newest)).rows[0] as Place | undefined;
      return { incarnation, schema, newest: place ?? { xid: '0', seq: 0 } };
    } finally {
      client.release();
    }
  } catch (error) {
    await pool.end();
    const reason = explained(error, where);
    throw reason instanceof DecreeError ? new LedgerUnusable(reason.message, { cause: error }) : reason;
  }
}

/** Steps outside a transaction: each statement sees its own moment. */
async function once<T>(client: pg.PoolClient, steps: Steps<T>): Promise<T> {
  let step = steps.next();
  while (!step.done) step = steps.next(await send(client, step.value));
  return step.value;
}
