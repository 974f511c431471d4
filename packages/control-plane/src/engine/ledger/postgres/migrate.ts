import type { PoolClient } from 'pg';
import { postgresDialect } from '../dialect.ts';
import { type Migration, migrationTools } from '../migrations/index.ts';
import { LedgerUnusable } from '../port.ts';

/**
 * Brings the database to the newest schema, one process at a time. Returns the incarnation, which events' places are of: a dump
 * that was restored into a cluster with smaller transaction numbers would hide its events and put new ones before them, so the
 * restored ones are all put first and a new incarnation begins. Backups are the server's own business.
 */
export async function migratePostgres(client: PoolClient, where: string, migrations: readonly Migration[]): Promise<number> {
  await client.query('begin');
  try {
    await client.query("select pg_advisory_xact_lock(hashtextextended('decree schema', 0))");
    await client.query('create table if not exists meta (name text primary key, value text not null)');
    const current = Number((await readMeta(client, 'schema')) ?? 0);
    const newest = migrations.at(-1)?.version ?? 0;
    if (current > newest) {
      throw new LedgerUnusable(
        `The ledger at ${where} was written by a newer Decree: its schema is ${current}, this one knows up to ${newest}. Use the newer Decree.`,
      );
    }
    const tools = migrationTools(postgresDialect);
    for (const { up } of migrations.filter(({ version }) => version > current))
      for (const step of up(tools)) await client.query(step.compile().sql);
    if (current < newest) await writeMeta(client, 'schema', String(newest));
    const incarnation = await incarnationOf(client);
    await client.query('commit');
    return incarnation;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

async function incarnationOf(client: PoolClient): Promise<number> {
  const known = Number((await readMeta(client, 'incarnation')) ?? 0);
  const ahead = 'select 1 from events where xid >= pg_snapshot_xmax(pg_current_snapshot()) limit 1';
  if ((await client.query(ahead)).rows.length === 0) return known;
  // Inside a stream, and between commits that share a row, `seq` has the order in which they were made.
  await client.query("update events set xid = '1'");
  await writeMeta(client, 'incarnation', String(known + 1));
  return known + 1;
}

async function readMeta(client: PoolClient, name: string): Promise<string | undefined> {
  return (await client.query('select value from meta where name = $1', [name])).rows[0]?.value;
}

async function writeMeta(client: PoolClient, name: string, value: string): Promise<void> {
  await client.query('insert into meta (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value', [
    name,
    value,
  ]);
}
