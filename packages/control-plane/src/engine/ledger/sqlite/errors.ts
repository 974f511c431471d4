import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { LedgerUnusable } from '../port.ts';

/** What a file is to the person, and what becomes of one that cannot be read. */
export interface FileRole {
  name: string;
  /** Where it is no SQLite file at all. */
  garbage: string;
  damaged: string;
}

const ledgerRole: FileRole = {
  name: 'ledger',
  garbage: 'Restore a backup, or move it away to begin anew',
  damaged: 'Restore a backup',
};

/** What SQLite's codes mean for the person; every other error is passed on as it is. */
const meanings: readonly (readonly [prefix: string, meaning: string | ((role: FileRole) => string)])[] = [
  ['SQLITE_FULL', 'the disk is full. Nothing of this was written; free some space and try again'],
  ['SQLITE_NOTADB', ({ garbage }) => `it is not a SQLite file. ${garbage}`],
  ['SQLITE_CORRUPT', ({ damaged }) => `it is damaged. ${damaged}`],
  ['SQLITE_BUSY', 'another process is writing to it. End that one, or wait for it'],
  ['SQLITE_READONLY', 'it, or its directory, may not be written. Give this user the right to'],
  ['SQLITE_CANTOPEN', 'it cannot be opened or made: its directory is missing, or this user may not write there'],
  ['SQLITE_PERM', 'this user may not use it'],
  ['SQLITE_AUTH', 'this user may not use it'],
  ['SQLITE_IOERR', 'the disk refuses to read or write it'],
];

export function explained(error: unknown, file: string, role: FileRole = ledgerRole): unknown {
  const because = (meaning: string) =>
    new LedgerUnusable(`The ${role.name} ${file} cannot be used: ${meaning}.`, { cause: error });
  if (error instanceof TypeError && error.message.includes('directory does not exist'))
    return because('its directory does not exist. Make it first');
  if (!isSqlite(error)) return error;
  if (isDirectory(file)) return because('it is a directory. Move it away');
  const meaning = meanings.find(([prefix]) => error.code.startsWith(prefix))?.[1];
  if (!meaning) return error;
  return because(`${typeof meaning === 'string' ? meaning : meaning(role)} (${error.code})`);
}

const isDirectory = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;

export const isSqlite = (error: unknown): error is InstanceType<typeof Database.SqliteError> =>
  error instanceof Database.SqliteError;
export const isConstraint = (error: unknown): boolean => isSqlite(error) && error.code.startsWith('SQLITE_CONSTRAINT');
