import { join } from 'node:path';
import Database from 'better-sqlite3';
import { LedgerUnusable } from '../port.ts';
import { explained, type FileRole } from './errors.ts';

export interface StateOwner {
  pid: number;
  /** ISO 8601. */
  since: string;
}

const unless = 'unless an engine still runs here';
const lockRole: FileRole = {
  name: 'lock',
  garbage: `Nothing is kept in it: delete it, ${unless}`,
  damaged: `Nothing is kept in it: delete it, ${unless}`,
};
const ownerRole: FileRole = {
  name: 'note of who holds the state directory',
  garbage: 'Nothing else is kept in it: delete it',
  damaged: 'Nothing else is kept in it: delete it',
};

export interface HeldState {
  /** Lets the next one in. */
  release(): void;
}

/**
 * One engine for a state directory. The lock is SQLite's own on a file that is never written again: the system frees it with
 * the process, kill -9 included, which a file with a pid in it cannot say. Who holds it stands beside it, for the message.
 */
export function holdState(directory: string, owner: StateOwner): HeldState {
  const lockFile = join(directory, 'lock.db');
  const ownerFile = join(directory, 'owner.db');
  const lock = open(lockFile);
  try {
    lock.pragma('journal_mode = delete');
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) throw held(directory, ownerFile, error);
    throw explained(error, lockFile, lockRole);
  }
  try {
    writeOwner(ownerFile, owner);
  } catch (error) {
    lock.close();
    throw explained(error, ownerFile, ownerRole);
  }
  return {
    release: () => {
      if (lock.open) lock.close();
    },
  };
}

function open(file: string): Database.Database {
  try {
    return new Database(file, { timeout: 0 });
  } catch (error) {
    throw explained(error, file, lockRole);
  }
}

function writeOwner(file: string, { pid, since }: StateOwner): void {
  const db = new Database(file, { timeout: 1000 });
  try {
    db.exec('create table if not exists owner (pid integer not null, since text not null) strict');
    db.transaction(() => {
      db.exec('delete from owner');
      db.prepare('insert into owner (pid, since) values (?, ?)').run(pid, since);
    }).immediate();
  } finally {
    db.close();
  }
}

function held(directory: string, ownerFile: string, cause: Error): LedgerUnusable {
  const owner = readOwner(ownerFile);
  const who = owner ? `process ${owner.pid}, since ${owner.since}` : 'another process';
  return new LedgerUnusable(
    `The state directory ${directory} is held by ${who}. End that engine first, or name another directory.`,
    {
      cause,
    },
  );
}

/** Only for the message: the other may be writing just now. */
function readOwner(file: string): StateOwner | null {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 1000 });
    try {
      return (db.prepare('select pid, since from owner').get() as StateOwner | undefined) ?? null;
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof Database.SqliteError) return null;
    throw error;
  }
}
