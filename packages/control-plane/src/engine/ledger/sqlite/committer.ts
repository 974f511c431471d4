import type { Database, Statement as Prepared } from 'better-sqlite3';
import { soon } from '../../system/clock.ts';
import { LedgerUnusable } from '../port.ts';
import { RowCache } from '../row-cache.ts';
import { takeOwedHeads, takeOwedRows } from '../row-writes.ts';
import type { Call, Steps } from '../statement.ts';
import type { WriteStatements } from '../write-statements.ts';
import { explained, isConstraint, isSqlite } from './errors.ts';

interface Job {
  /** `careful` when it is done again, because a statement of its group failed. */
  steps(rows: RowCache, careful: boolean): Steps<unknown>;
  /** What is to be published, told of after the commit. */
  written: ((result: never) => void) | undefined;
  resolve(result: never): void;
  reject(error: unknown): void;
}

/** More than this in one transaction would keep the event loop busy for longer than a frame. */
const groupSize = 256;

/**
 * Group commit. Writes wait for the end of the event loop's turn; those that came by then share a transaction and its one
 * fsync, which is most of the cost. A write that fails its guards has written nothing of its own, so it fails alone; when a statement
 * itself fails, the group is rolled back and each of its writes is done again in a transaction of its own.
 */
export class Committer {
  readonly #db: Database;
  readonly #file: string;
  readonly #run: (call: Call) => readonly unknown[];
  readonly #statements: WriteStatements;
  readonly #begin: Prepared;
  readonly #commit: Prepared;
  readonly #rollback: Prepared;
  readonly #dataVersion: Prepared;
  readonly #rows = new RowCache();
  #seenVersion: unknown = null;
  #waiting: Job[] = [];
  #scheduled = false;
  #closed = false;

  constructor(db: Database, file: string, run: (call: Call) => readonly unknown[], statements: WriteStatements) {
    this.#statements = statements;
    this.#db = db;
    this.#file = file;
    this.#run = run;
    this.#begin = db.prepare('begin immediate');
    this.#commit = db.prepare('commit');
    this.#rollback = db.prepare('rollback');
    this.#dataVersion = db.prepare('pragma data_version').pluck();
  }

  write<T>(steps: (rows: RowCache, careful: boolean) => Steps<T>, written?: (result: T) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) return reject(new LedgerUnusable(`The ledger ${this.#file} was closed.`));
      this.#waiting.push({ steps, written, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      soon(() => this.flush());
    });
  }

  /** Writes all that waits, now. */
  flush(): void {
    this.#scheduled = false;
    while (this.#waiting.length > 0) this.#group(this.#waiting.splice(0, groupSize), false);
  }

  close(): void {
    this.flush();
    this.#closed = true;
  }

  #group(jobs: readonly Job[], careful: boolean): void {
    const refused: { job: Job; error: unknown }[] = [];
    const done: { job: Job; result: unknown }[] = [];
    try {
      this.#begin.run();
      this.#distrustOthers();
      for (const job of jobs) {
        const progress = { writing: false };
        try {
          done.push({ job, result: drive(job.steps(this.#rows, careful), this.#run, progress) });
        } catch (error) {
          // What a job throws before it writes concerns it alone; after a statement failed nothing of the group is sure.
          if (progress.writing || isSqlite(error)) throw error;
          refused.push({ job, error });
        }
      }
      for (const owed of takeOwedRows(this.#rows, this.#statements)) this.#run(owed);
      for (const owed of takeOwedHeads(this.#rows, this.#statements)) this.#run(owed);
      this.#commit.run();
    } catch (error) {
      this.#undo();
      if (!careful && isConstraint(error)) {
        for (const job of jobs) this.#group([job], true);
      } else {
        const reason = explained(error, this.#file);
        for (const job of jobs) job.reject(reason);
      }
      return;
    }
    for (const { job, result } of done) job.written?.(result as never);
    for (const { job, error } of refused) job.reject(error);
    for (const { job, result } of done) job.resolve(result as never);
  }

  #undo(): void {
    this.#rows.clear();
    if (this.#db.inTransaction) this.#rollback.run();
  }

  /** Another connection wrote to the file (a person, with a tool): what is kept of it may be wrong. */
  #distrustOthers(): void {
    const version = this.#dataVersion.get();
    if (version !== this.#seenVersion) this.#rows.clear();
    this.#seenVersion = version;
  }
}

/** Answers a job's batches at once. */
export function drive<T>(steps: Steps<T>, run: (call: Call) => readonly unknown[], progress?: { writing: boolean }): T {
  let step = steps.next();
  while (!step.done) {
    const { calls, last, writes } = step.value;
    if (progress && (last || writes)) progress.writing = true;
    const answers = calls.map(run);
    if (progress && !last) progress.writing = false;
    step = steps.next(answers);
  }
  return step.value;
}
