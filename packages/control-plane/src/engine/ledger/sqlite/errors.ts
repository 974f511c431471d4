import Database from 'better-sqlite3';
import { LedgerUnusable } from '../port.ts';

/** What SQLite's codes mean for the person; every other error is passed on as it is. */
const meanings: readonly (readonly [prefix: string, meaning: string])[] = [
  ['SQLITE_FULL', 'the disk is full. Nothing of this was written; free some space and try again'],
  ['SQLITE_NOTADB', 'it is not a SQLite file. Restore a backup, or move it away to begin anew'],
  ['SQLITE_CORRUPT', 'it is damaged. Restore a backup'],
  ['SQLITE_BUSY', 'another process is writing to it. End that one, or wait for it'],
  ['SQLITE_READONLY', 'it, or its directory, may not be written. Give this user the right to'],
  ['SQLITE_CANTOPEN', 'it cannot be opened or made: its directory is missing, or this user may not write there'],
  ['SQLITE_PERM', 'this user may not use it'],
  ['SQLITE_AUTH', 'this user may not use it'],
  ['SQLITE_IOERR', 'the disk refuses to read or write it'],
];

export function explained(error: unknown, file: string): unknown {
  if (error instanceof TypeError && error.message.includes('directory does not exist'))
    return new LedgerUnusable(`The ledger ${file} cannot be used: its directory does not exist. Make it first.`, {
      cause: error,
    });
  if (!isSqlite(error)) return error;
  const meaning = meanings.find(([prefix]) => error.code.startsWith(prefix))?.[1];
  return meaning ? new LedgerUnusable(`The ledger ${file} cannot be used: ${meaning} (${error.code}).`, { cause: error }) : error;
}

export const isSqlite = (error: unknown): error is InstanceType<typeof Database.SqliteError> =>
  error instanceof Database.SqliteError;
export const isConstraint = (error: unknown): boolean => isSqlite(error) && error.code.startsWith('SQLITE_CONSTRAINT');
