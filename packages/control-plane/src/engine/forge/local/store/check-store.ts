import type { Database } from './database.ts';

export interface StatusRow {
  id: number;
  sha: string;
  state: 'error' | 'failure' | 'pending' | 'success';
  context: string;
  description: string | null;
  target_url: string | null;
  creator: string;
  created_at: string;
}

export interface CheckRunRow {
  id: number;
  head_sha: string;
  name: string;
  status: string;
  conclusion: string | null;
  started_at: string | null;
  completed_at: string | null;
  details_url: string | null;
  external_id: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  creator: string;
}

export type CheckStore = ReturnType<typeof createCheckStore>;

/** Commit statuses and check runs. */
export function createCheckStore(db: Database) {
  const statuses = db.prepare<[string], StatusRow>('select * from statuses where sha = ? order by id desc');
  const status = db.prepare<[number], StatusRow>('select * from statuses where id = ?');
  const insertStatus = db.prepare<[string, string, string, string | null, string | null, string, string]>(
    'insert into statuses (sha, state, context, description, target_url, creator, created_at) values (?, ?, ?, ?, ?, ?, ?)',
  );
  const runs = db.prepare<[string], CheckRunRow>('select * from check_runs where head_sha = ? order by id desc');
  const run = db.prepare<[number], CheckRunRow>('select * from check_runs where id = ?');
  const insertRun = db.prepare<unknown[]>(
    `insert into check_runs (head_sha, name, status, conclusion, started_at, completed_at, details_url, external_id, title, summary, text, creator)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const updateRun = db.prepare<unknown[]>(
    'update check_runs set name = ?, status = ?, conclusion = ?, started_at = ?, completed_at = ?, details_url = ?, external_id = ?, title = ?, summary = ?, text = ? where id = ?',
  );
  return {
    /** Newest first; the first of each context is the one that counts. */
    statuses: (sha: string) => statuses.all(sha),
    status: (id: number): StatusRow | null => status.get(id) ?? null,
    insertStatus: (row: Omit<StatusRow, 'id'>): number =>
      Number(
        insertStatus.run(row.sha, row.state, row.context, row.description, row.target_url, row.creator, row.created_at)
          .lastInsertRowid,
      ),
    runs: (sha: string) => runs.all(sha),
    run: (id: number): CheckRunRow | null => run.get(id) ?? null,
    insertRun: (r: Omit<CheckRunRow, 'id'>): number =>
      Number(
        insertRun.run(
          r.head_sha,
          r.name,
          r.status,
          r.conclusion,
          r.started_at,
          r.completed_at,
          r.details_url,
          r.external_id,
          r.title,
          r.summary,
          r.text,
          r.creator,
        ).lastInsertRowid,
      ),
    updateRun: (r: CheckRunRow) =>
      updateRun.run(
        r.name,
        r.status,
        r.conclusion,
        r.started_at,
        r.completed_at,
        r.details_url,
        r.external_id,
        r.title,
        r.summary,
        r.text,
        r.id,
      ),
  };
}
