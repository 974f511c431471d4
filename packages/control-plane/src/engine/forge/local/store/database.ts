import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { ForgeUnusable } from '../../errors.ts';

export type { Database } from 'better-sqlite3';

/** Bumped when the tables change; a file of a later version is not opened. */
const version = 1;

/** The local forge's own file: what GitHub keeps besides git. Durable before a write is answered. */
export function openDatabase(file: string): Database.Database {
  let db: Database.Database | null = null;
  try {
    db = new Database(file);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('busy_timeout = 5000');
    const found = Number(db.pragma('user_version', { simple: true }));
    if (found > version) {
      throw new ForgeUnusable(
        `Expected ${file} to be of version ${version} or earlier, got ${found}: a newer Decree wrote it. Use that one.`,
      );
    }
    if (found < version) {
      makeTables(db);
    }
    return db;
  } catch (error) {
    db?.close();
    throw explained(error, file);
  }
}

function makeTables(db: Database.Database): void {
  db.transaction(() => {
    db.exec(tables);
    db.pragma(`user_version = ${version}`);
  }).immediate();
}

const mend =
  'Restore it from a copy of the state directory, or move it away to begin without the issues, pull requests and reviews in it';
/** What SQLite's codes mean for the person; every other error is passed on as it is. */
const meanings: readonly (readonly [prefix: string, meaning: string])[] = [
  ['SQLITE_NOTADB', `it is not a SQLite file. ${mend}`],
  ['SQLITE_CORRUPT', `it is damaged. ${mend}`],
  ['SQLITE_ERROR', `it is a SQLite file, but not one of Decree. ${mend}`],
  ['SQLITE_FULL', 'the disk is full. Free some space and try again'],
  ['SQLITE_READONLY', 'it, or its directory, may not be written. Give this user the right to'],
  ['SQLITE_CANTOPEN', 'it cannot be opened or made. Give this user the right to'],
];

function explained(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  const meaning = statSync(file, { throwIfNoEntry: false })?.isDirectory()
    ? 'it is a directory. Move it away'
    : meanings.find(([prefix]) => code.startsWith(prefix))?.[1];
  return meaning
    ? new ForgeUnusable(`The local forge's file ${file} cannot be used: ${meaning} (${code}).`, { cause: error })
    : error;
}

const tables = `
create table users (id integer primary key autoincrement, login text not null unique, created_at text not null) strict;
create table meta (name text primary key, value text not null) strict, without rowid;

create table labels (
  id integer primary key autoincrement, name text not null unique collate nocase, color text not null, description text
) strict;

create table issues (
  number integer primary key, title text not null, body text, state text not null check (state in ('open', 'closed')),
  state_reason text, author text not null, is_pull integer not null, created_at text not null, updated_at text not null,
  closed_at text, closed_by text
) strict;
create index issues_by_state on issues (state, number);

create table issue_labels (
  issue integer not null references issues (number), label integer not null references labels (id) on delete cascade,
  primary key (issue, label)
) strict, without rowid;
create index issue_labels_by_label on issue_labels (label, issue);

create table comments (
  id integer primary key autoincrement, issue integer not null references issues (number), author text not null,
  body text not null, created_at text not null, updated_at text not null
) strict;
create index comments_by_issue on comments (issue, id);

create table pulls (
  number integer primary key references issues (number), head_ref text not null, base_ref text not null,
  head_sha text not null, base_sha text not null, draft integer not null, is_open integer not null,
  merged_at text, merged_by text, merge_commit_sha text,
  merging_sha text, merging_from text, merging_by text
) strict;
create unique index pulls_open_once on pulls (head_ref, base_ref) where is_open = 1;

create table reviews (
  id integer primary key autoincrement, pull integer not null references pulls (number), author text not null,
  state text not null, body text not null, commit_id text not null, submitted_at text not null
) strict;
create index reviews_by_pull on reviews (pull, id);

create table review_comments (
  id integer primary key autoincrement, pull integer not null references pulls (number),
  review integer references reviews (id), author text not null, body text not null, path text not null,
  line integer, side text not null, start_line integer, start_side text, diff_hunk text not null, commit_id text not null,
  in_reply_to integer, created_at text not null, updated_at text not null
) strict;
create index review_comments_by_pull on review_comments (pull, id);

create table statuses (
  id integer primary key autoincrement, sha text not null, state text not null, context text not null, description text,
  target_url text, creator text not null, created_at text not null
) strict;
create index statuses_by_sha on statuses (sha, id);

create table check_runs (
  id integer primary key autoincrement, head_sha text not null, name text not null, status text not null, conclusion text,
  started_at text, completed_at text, details_url text, external_id text, title text, summary text, text text,
  creator text not null
) strict;
create index check_runs_by_sha on check_runs (head_sha, id);
`;
