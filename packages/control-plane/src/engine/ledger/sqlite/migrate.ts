import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { sqliteDialect } from '../dialect.ts';
import { type Migration, migrationTools } from '../migrations/index.ts';
import { LedgerUnusable } from '../port.ts';

/** Brings the file to the newest schema. One that holds events is copied beside itself first; returns the copy's path. */
export function migrateSqlite(db: Database, file: string, migrations: readonly Migration[]): string | null {
  const current = schemaOf(db, file);
  const newest = migrations.at(-1)?.version ?? 0;
  if (current > newest) {
    throw new LedgerUnusable(
      `The ledger ${file} was written by a newer Decree: its schema is ${current}, this one knows up to ${newest}. Use the newer Decree.`,
    );
  }
  const pending = migrations.filter(({ version }) => version > current);
  if (pending.length === 0) return null;
  const copy = current === 0 ? null : backUp(db, `${file}.schema-${current}`);
  const tools = migrationTools(sqliteDialect);
  db.transaction(() => {
    db.exec('create table if not exists meta (name text primary key not null, value text not null) strict, without rowid');
    for (const { up } of pending) for (const step of up(tools)) db.exec(step.compile().sql);
    db.prepare("insert into meta (name, value) values ('schema', ?) on conflict (name) do update set value = excluded.value").run(
      String(newest),
    );
  }).immediate();
  return copy;
}

function schemaOf(db: Database, file: string): number {
  const tables = db.prepare("select name from sqlite_schema where type = 'table'").pluck().all() as string[];
  if (tables.length === 0) return 0;
  const version = tables.includes('meta') ? db.prepare("select value from meta where name = 'schema'").pluck().get() : undefined;
  if (typeof version === 'string' && /^\d+$/.test(version) && tables.includes('events')) return Number(version);
  throw new LedgerUnusable(`The file ${file} is a SQLite database, but not a ledger of Decree. Name another file.`);
}

/** `vacuum into` does not sync what it wrote. An older copy of the same schema is kept: this one gets the next free number. */
function backUp(db: Database, prefix: string): string {
  for (let number = 1; ; number += 1) {
    const path = `${prefix}.${number}.backup`;
    try {
      db.prepare('vacuum into ?').run(path);
    } catch (error) {
      if (error instanceof Error && error.message.includes('already exists') && number < 1000) continue;
      throw error;
    }
    const handle = openSync(path, 'r');
    fsyncSync(handle);
    closeSync(handle);
    return path;
  }
}
