/*
 * Raw database and ledger side by side need the same statements written twice, and read best in one place.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event, Run } from '@decree/contracts';
import Database from 'better-sqlite3';
import pg from 'pg';
import { openPostgresLedger, openSqliteLedger } from '../packages/control-plane/src/engine/ledger/index.ts';
import type { Ledger } from '../packages/control-plane/src/engine/ledger/port.ts';
import { setPragmas, walPages } from '../packages/control-plane/src/engine/ledger/sqlite/open.ts';
import { systemClock } from '../packages/control-plane/src/engine/system/clock.ts';
import { createLogger } from '../packages/control-plane/src/engine/system/log.ts';
import { systemRandom } from '../packages/control-plane/src/engine/system/random.ts';
import { formatTable, median, percent, perSecond, quantile } from './table.ts';

/** Plain JavaScript, without declarations. */
const { findPostgres, start } = (await import('../scripts/postgres.mjs' as string)) as {
  findPostgres(): string | undefined;
  start(): Promise<{ url: string; stop(): Promise<void> }>;
};

/*
 * What the ledger costs over its database. Raw: the same tables and indexes in a file made by the same migrations, the same
 * durability (WAL, `synchronous = full`), and the same bytes in its events and runs, written by prepared statements without
 * parsing, guards, fold, chain and heads. SQLite's raw moves its log where SQLite does it, in the commit that makes 1,000 pages
 * full; the ledger has a thread for that. What the thread alone gains stands apart: `long log` is raw with as long a log as the
 * ledger's may grow, which no bound is on. Both write one run transition and its event per commit, and
 * of the run the columns that a transition changes: to set the others would make raw write their indexes too. Both make the
 * event, its id and its JSON, and the run's. By 100, each side puts 100 commits into one transaction; the ledger writes a run that
 * several of them change once, raw each time. They take turns in short rounds, so that what else the machine does falls on both.
 * A rate is of all rounds together, so that what is put off, as SQLite puts off its checkpoints, is paid for; the spread is that of the
 * rounds' ratios: lower quartile, median, upper quartile. CPU is this process' own, all of its threads, for each commit.
 * One file of more than 250 lines, so that both raw sides and the ledger's stand side by side and can be held against each other.
 */

const log = createLogger({ level: 'silent' });
const bound = 0.8;
const rounds = 40;
const runCount = 64;
const warmUp = 20_000;
const informative = true as const;

/** `sqlite` or `postgres` as the argument measures only that one. */
export async function run([only]: readonly string[] = []): Promise<boolean> {
  process.stdout.write(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}\n\n`);
  const results = [...(only === 'postgres' ? [] : await sqlite()), ...(only === 'sqlite' ? [] : await postgres())];
  const rows = results.map(({ what, raw, ours, ratio, spread, cpu }) => [
    what,
    perSecond(raw),
    perSecond(ours),
    percent(ratio),
    spread.map(percent).join(', '),
    `${cpu.raw.toFixed(0)} µs`,
    `${cpu.ours.toFixed(0)} µs`,
  ]);
  process.stdout.write(
    `${formatTable(['one transition + its event per commit', 'raw', 'ledger', 'ratio', 'spread', 'CPU raw', 'CPU ledger'], rows)}\n`,
  );
  const short = results.filter(({ ratio, informative }) => !informative && ratio < bound);
  for (const { what } of short) process.stdout.write(`below ${percent(bound)}: ${what}\n`);
  return short.length === 0;
}

interface Result {
  what: string;
  raw: number;
  ours: number;
  ratio: number;
  spread: [lower: number, median: number, upper: number];
  cpu: { raw: number; ours: number };
  /** Reported, and held to no bound. */
  informative?: true;
}
type Side = (commits: number) => Promise<void>;

async function compare(what: string, commits: number, raw: Side, ours: Side): Promise<Result> {
  const took = { raw: [] as number[], ours: [] as number[] };
  const cost = { raw: [] as number[], ours: [] as number[] };
  for (let round = -6; round < rounds; round += 1) {
    // Who goes first alternates: a checkpoint that one leaves behind is paid by the other half of the time.
    const order = round % 2 === 0 ? (['raw', 'ours'] as const) : (['ours', 'raw'] as const);
    for (const name of order) {
      const cpu = process.cpuUsage();
      const began = performance.now();
      await { raw, ours }[name](commits);
      const ms = performance.now() - began;
      const { user, system } = process.cpuUsage(cpu);
      if (round < 0) continue;
      took[name].push(ms);
      cost[name].push((user + system) / commits);
    }
  }
  const ratios = took.raw.map((ms, round) => ms / (took.ours[round] ?? Number.NaN));
  const rate = { raw: 1000 / (mean(took.raw) / commits), ours: 1000 / (mean(took.ours) / commits) };
  return {
    what,
    ...rate,
    ratio: rate.ours / rate.raw,
    spread: [quantile(ratios, 0.25), median(ratios), quantile(ratios, 0.75)],
    cpu: { raw: mean(cost.raw), ours: mean(cost.ours) },
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Runs that go round and round: started, requeued, started, … Every commit is a transition with its event. */
class Work {
  readonly runs = Array.from({ length: runCount }, () => ({
    taskId: systemRandom.uuidv7(),
    runId: systemRandom.uuidv7(),
    fence: 0,
    running: false,
  }));
  #turn = 0;

  begin(): Event[] {
    return this.runs.flatMap(({ taskId, runId }) => [
      event('task.created', { kind: 'implement', title: 'a task', issue: null, specs: [] }, taskId, null),
      event('run.queued', { ...queued, effectScope: runId }, taskId, runId),
    ]);
  }
  next(lane = 0, lanes = 1): Event {
    this.#turn += 1;
    const run = this.runs[(this.#turn * lanes + lane) % runCount]!;
    run.running = !run.running;
    if (!run.running) return event('run.requeued', { code: 'decided', message: 'approved by a person' }, run.taskId, run.runId);
    run.fence += 1;
    return event('run.started', { fence: run.fence, worker: 'worker-1' }, run.taskId, run.runId);
  }
}

const queued = {
  role: 'implementor' as const,
  attempt: 1,
  retryOf: null,
  trigger: 'person' as const,
  agentId: 'implementor',
  adapter: 'claude',
  model: null,
  issue: 12,
  pull: null,
  rank: 1,
};

function event(type: string, payload: object, taskId: string, runId: string | null): Event {
  return {
    id: systemRandom.uuidv7(),
    schemaVersion: 1,
    type,
    occurredAt: systemClock.now(),
    correlationId: taskId,
    causationId: null,
    repositoryId: 'owner/name',
    taskId,
    runId,
    agentId: 'implementor',
    sessionId: null,
    actor: { type: 'system', id: 'engine' },
    payload,
  } as Event;
}

/** The rows that a transition makes of the ones before it, of the very bytes that the ledger writes. */
class RawRuns {
  readonly #runs: Map<string, Run>;

  constructor(docs: readonly string[]) {
    this.#runs = new Map(docs.map((doc) => JSON.parse(doc) as Run).map((run) => [run.id, run]));
  }
  values({ type, payload, occurredAt, runId }: Event): unknown[] {
    const { requeueCode: _, ...run } = this.#runs.get(runId!) as Run & { state: 'queued' };
    const startedAt = run.startedAt ?? occurredAt;
    const now = (
      type === 'run.started'
        ? { ...run, startedAt, state: 'running', fence: payload.fence }
        : { ...run, state: 'queued', requeueCode: 'decided', requeues: run.requeues }
    ) as Run;
    this.#runs.set(now.id, now);
    return [now.state, JSON.stringify(now), now.id];
  }
}

async function ledgerSide(ledger: Ledger, work: Work, lanes: number): Promise<Side> {
  await ledger.commit({ events: work.begin() });
  return async (commits) => {
    const each = Math.ceil(commits / lanes);
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        for (let n = 0; n < each; n += 1) await ledger.commit({ events: [work.next(lane, lanes)] });
      }),
    );
  };
}

async function sqlite(): Promise<Result[]> {
  const directory = mkdtempSync(join(tmpdir(), 'decree-bench-'));
  const open = (name: string) => openSqliteLedger({ file: join(directory, name), clock: systemClock, log });
  const ledger = await open('ledger.db');
  const work = new Work();
  const single = await ledgerSide(ledger, work, 1);
  const grouped: Side = async (commits) => {
    for (let n = 0; n < commits; n += 100)
      await Promise.all(Array.from({ length: 100 }, () => ledger.commit({ events: [work.next()] })));
  };
  try {
    const plain = await rawGroups(open, directory, 1_000);
    const longLog = await rawGroups(open, directory, walPages);
    // Until both are compiled to machine code, the one with more code pays for more compiling.
    for (const side of [plain.by(100), longLog.by(100), grouped]) await side(warmUp);
    const results = [
      await compare('SQLite, one by one', 200, plain.by(1), single),
      await compare('SQLite, by 100', 1_000, plain.by(100), grouped),
      { ...(await compare('one by one, long log', 200, longLog.by(1), single)), informative },
      { ...(await compare('by 100, long log', 1_000, longLog.by(100), grouped)), informative },
    ];
    for (const { close } of [plain, longLog]) close();
    return results;
  } finally {
    await ledger.close();
    rmSync(directory, { recursive: true });
  }
}

/** Raw commits into a file of their own, by groups of a size. */
async function rawGroups(open: (name: string) => Promise<Ledger>, directory: string, pages: number) {
  const work = new Work();
  const name = `raw-${pages}.db`;
  const seed = await open(name);
  await seed.commit({ events: work.begin() });
  await seed.close();
  const db = new Database(join(directory, name));
  setPragmas(db);
  db.pragma(`wal_autocheckpoint = ${pages}`);
  const one = rawSqlite(db);
  const begin = db.prepare('begin immediate');
  const commit = db.prepare('commit');
  return {
    by:
      (size: number): Side =>
      async (commits) => {
        for (let n = 0; n < commits; n += size) {
          begin.run();
          for (let at = 0; at < size; at += 1) one(work.next());
          commit.run();
        }
      },
    close: () => void db.close(),
  };
}

const hex = 'f'.repeat(64);
const eventColumns =
  'id, type, occurred_at, correlation_id, repository_id, task_id, run_id, stream, stream_seq, prev_hash, hash, outcome, body';
/** Times apart, which only a run's first start sets, a transition changes these. */
const runColumns = 'state, doc';
const eventValues = (one: Event, seq: number) => [
  one.id,
  one.type,
  one.occurredAt,
  one.correlationId,
  one.repositoryId,
  one.taskId,
  one.runId,
  one.taskId,
  seq,
  hex,
  hex,
  null,
  JSON.stringify(one),
];

function rawSqlite(db: Database.Database): (event: Event) => void {
  const insert = db.prepare(`insert into events (seq, ${eventColumns}) values (?${', ?'.repeat(13)})`);
  const update = db.prepare(
    `update runs set ${runColumns
      .split(', ')
      .map((name) => `${name} = ?`)
      .join(', ')} where id = ?`,
  );
  const runs = new RawRuns(db.prepare('select doc from runs').pluck().all() as string[]);
  let seq = db.prepare('select max(seq) from events').pluck().get() as number;
  return (one) => {
    seq += 1;
    insert.run(seq, ...eventValues(one, seq));
    update.run(...runs.values(one));
  };
}

async function postgres(): Promise<Result[]> {
  const given = process.env.DECREE_TEST_POSTGRES_URL;
  if (!given && !findPostgres()) {
    process.stdout.write('Postgres: not measured, neither DECREE_TEST_POSTGRES_URL nor initdb is there.\n');
    return [];
  }
  const own = given ? null : await start();
  try {
    const results: Result[] = [];
    for (const lanes of [1, 4, 16]) results.push(await postgresAt(given ?? own!.url, lanes));
    return results;
  } finally {
    await own?.stop();
  }
}

async function postgresAt(server: string, lanes: number): Promise<Result> {
  const name = `bench_${process.pid}_${lanes}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  const schemas = [`${name}_ledger`, `${name}_raw`];
  for (const schema of schemas) await admin.query(`create schema ${schema}`);
  const [url, rawUrl] = schemas.map((schema) => {
    const inSchema = new URL(server);
    inSchema.searchParams.set('options', `-c search_path=${schema}`);
    return inSchema.href;
  }) as [string, string];
  const ledger = await openPostgresLedger({ url, clock: systemClock, log, connections: lanes + 1 });
  const work = new Work();
  const rawWork = new Work();
  const rawLedger = await openPostgresLedger({ url: rawUrl, clock: systemClock, log, connections: 1 });
  await rawLedger.commit({ events: rawWork.begin() });
  await rawLedger.close();
  const pool = new pg.Pool({ connectionString: rawUrl, max: lanes });
  try {
    const runs = new RawRuns((await pool.query<{ doc: string }>('select doc from runs')).rows.map(({ doc }) => doc));
    const raw: Side = async (commits) => {
      const each = Math.ceil(commits / lanes);
      await Promise.all(
        Array.from({ length: lanes }, (_, lane) => rawPostgres({ pool, runs, work: rawWork, lane, lanes }, each)),
      );
    };
    return await compare(
      `Postgres, ${lanes} connection${lanes > 1 ? 's' : ''}`,
      50 * Math.min(lanes, 8),
      raw,
      await ledgerSide(ledger, work, lanes),
    );
  } finally {
    await pool.end();
    await ledger.close();
    for (const schema of schemas) await admin.query(`drop schema ${schema} cascade`);
    await admin.end();
  }
}

interface RawLane {
  pool: pg.Pool;
  runs: RawRuns;
  work: Work;
  lane: number;
  lanes: number;
}

async function rawPostgres({ pool, runs, work, lane, lanes }: RawLane, commits: number): Promise<void> {
  const places = (from: number, count: number) => Array.from({ length: count }, (_, at) => `$${from + at}`).join(', ');
  const columns = runColumns.split(', ');
  const insert = { name: 'raw_insert', text: `insert into events (${eventColumns}) values (${places(1, 13)})` };
  const update = {
    name: 'raw_update',
    text: `update runs set ${columns.map((name, at) => `${name} = $${at + 1}`).join(', ')} where id = $${columns.length + 1}`,
  };
  const client = await pool.connect();
  try {
    for (let n = 0; n < commits; n += 1) {
      const one = work.next(lane, lanes);
      await client.query('begin');
      await client.query({ ...update, values: runs.values(one) });
      await client.query({ ...insert, values: eventValues(one, n) });
      await client.query('commit');
    }
  } finally {
    client.release();
  }
}
