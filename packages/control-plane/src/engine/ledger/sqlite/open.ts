import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { DecreeError } from '@decree/contracts';
import Database from 'better-sqlite3';
import type { Clock } from '../../system/clock.ts';
import type { Logger } from '../../system/log.ts';
import { applyCommit } from '../commit.ts';
import { sqliteDialect } from '../dialect.ts';
import type { Driver } from '../driver.ts';
import { createLedger } from '../ledger.ts';
import { Listeners } from '../listeners.ts';
import { migrations } from '../migrations/index.ts';
import { eventPlaces } from '../place.ts';
import type { Ledger } from '../port.ts';
import type { Call } from '../statement.ts';
import { writeStatements } from '../write-statements.ts';
import { Checkpointer, type Log } from './checkpointer.ts';
import { Committer, drive } from './committer.ts';
import { explained } from './errors.ts';
import { migrateSqlite } from './migrate.ts';

/** Opens or makes the ledger in `file`, whose directory is there. Throws LedgerUnusable. One process at a time: see holdState. */
export async function openSqliteLedger(options: { file: string; clock: Clock; log: Logger }): Promise<Ledger> {
  return ledgerOver(openFile(options.file, options.log), options);
}

/** The ledger over a connection that is its own from now on. */
export function ledgerOver(db: Database.Database, { file, clock, log }: { file: string; clock: Clock; log: Logger }): Ledger {
  const statements = writeStatements(sqliteDialect);
  const places = eventPlaces(sqliteDialect);
  const run = cachedRun(db);
  const committer = new Committer(db, file, run, statements);
  const checkpointer = new Checkpointer(file, log, walOf(db));
  const listeners = new Listeners(log);
  const tools = { dialect: sqliteDialect, statements, places };
  const driver: Driver = {
    dialect: sqliteDialect,
    places,
    // One connection and no waiting between the steps of a read: each is a snapshot by itself.
    read: async (steps) => {
      try {
        return drive(steps(), run);
      } catch (error) {
        throw explained(error, file);
      }
    },
    write: (steps) => committer.write(steps),
    commit: (prepared) =>
      committer.write(
        (rows, careful) => applyCommit(prepared, rows, tools, careful),
        (events) => {
          checkpointer.wrote(events.length);
          listeners.tell(events);
        },
      ),
    subscribe: (listener) => listeners.add(listener),
    backup: (path) => backUp(db, path),
    close: async () => {
      committer.close();
      await checkpointer.close();
      if (!db.open) return;
      db.pragma('wal_checkpoint(truncate)');
      db.close();
    },
  };
  return createLedger(driver, statements, clock);
}

function walOf(db: Database.Database): Log {
  const look = db.prepare<[], { log: number; checkpointed: number }>('pragma wal_checkpoint(noop)');
  return {
    waiting() {
      const { log, checkpointed } = look.get() ?? { log: 0, checkpointed: 0 };
      return log - checkpointed;
    },
    move: () => db.pragma('wal_checkpoint(passive)'),
  };
}

/** 64 MB of log at most: who commits then moves it into the file, if the checkpointer has not. */
export const walPages = 16_384;

/** The durability that is promised: every commit is on the disk before it is answered. */
export function setPragmas(db: Database.Database): void {
  db.pragma('busy_timeout = 5000');
  db.pragma('journal_mode = wal');
  db.pragma('synchronous = full');
  db.pragma('cache_size = -65536');
  db.pragma('temp_store = memory');
  db.pragma(`wal_autocheckpoint = ${walPages}`);
}

/** Brought to the newest schema. */
export function openFile(file: string, log: Logger): Database.Database {
  let db: Database.Database | null = null;
  try {
    db = new Database(file);
    setPragmas(db);
    const copy = migrateSqlite(db, file, migrations);
    if (copy !== null) log.info({ file, copy }, 'the ledger was brought to a newer schema; the copy is what it was before');
    return db;
  } catch (error) {
    db?.close();
    throw explained(error, file);
  }
}

/** Each statement is prepared when it is first used, and kept. */
function cachedRun(db: Database.Database): (call: Call) => readonly unknown[] {
  const prepared = new Map<string, Database.Statement>();
  return ({ statement, values }) => {
    let found = prepared.get(statement.name);
    if (!found) {
      found = db.prepare(statement.sql);
      prepared.set(statement.name, found);
    }
    // Spread: to bind from an array took twice as long.
    if (found.reader) return found.all(...values);
    found.run(...values);
    return [];
  };
}

/** Made under another name, synced, and only then given its own: a copy that is there is whole. */
async function backUp(db: Database.Database, path: string): Promise<void> {
  if (existsSync(path))
    throw new DecreeError('conflict', `Expected a new file for the backup, got ${path}, which exists. Name another.`);
  const partial = `${path}.partial`;
  try {
    await db.backup(partial);
    const handle = openSync(partial, 'r');
    fsyncSync(handle);
    closeSync(handle);
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw explained(error, path);
  }
}
