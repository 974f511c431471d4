import Database from 'better-sqlite3';

/**
 * The runs that are under a lease, read from the file: no verb of the ledger tells, since an engine knows its own leases and
 * takes those of the dead over by their runs.
 */
export function leasedRuns(ledgerFile: string): string[] {
  const db = new Database(ledgerFile, { readonly: true });
  try {
    return db.prepare('select run_id from leases').pluck().all() as string[];
  } finally {
    db.close();
  }
}
