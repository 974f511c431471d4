import { Worker } from 'node:worker_threads';
import type { Logger } from '../../system/log.ts';

/**
 * Some 20 MB of log, which the next commits then write over. More often costs more: after a quarter of it, a commit took a quarter
 * longer on average, for pages that change often are moved as often.
 */
const pagesBetween = 5_000;
/**
 * How often the log's length is asked for. An event that is committed alone writes about 13 pages, one of a group of 100 about 2:
 * its number says little.
 */
const eventsBetween = 100;

/** The log of a connection. */
export interface Log {
  /** Pages that were not moved yet. */
  waiting(): number;
  /** Moves what can be moved, here and now. */
  move(): void;
}

/**
 * Moves what was committed from the log (WAL) into the file, on a thread and a connection of its own: left to SQLite, each
 * commit that fills the log does it before it answers. The thread is begun when there is first something to do. Where it cannot
 * keep up, or is not there, the log still has its end: `walPages`, where a commit does it after all.
 *
 * The log begins anew when a commit finds all of it moved, and while commits follow each other the thread never gets all of it.
 * So the last little is moved here, between two commits: else the file grew to its end, and to grow it made each commit slower.
 */
export class Checkpointer {
  readonly #file: string;
  readonly #log: Logger;
  readonly #wal: Log;
  #worker: Worker | null = null;
  #failed = false;
  #busy = false;
  #events = 0;

  constructor(file: string, log: Logger, wal: Log) {
    this.#file = file;
    this.#log = log;
    this.#wal = wal;
  }

  /** So many events were committed. */
  wrote(events: number): void {
    this.#events += events;
    if (this.#events < eventsBetween || this.#busy || this.#failed) return;
    this.#events = 0;
    if (!this.#isDue()) return;
    this.#busy = true;
    this.#worker ??= this.#start();
    this.#worker.postMessage('checkpoint');
  }

  /** What was committed is answered, whatever becomes of this. */
  #isDue(): boolean {
    try {
      return this.#wal.waiting() >= pagesBetween;
    } catch (error) {
      this.#log.warn({ err: error, file: this.#file }, 'the length of the ledger’s log is not known');
      return true;
    }
  }

  /** Once a checkpoint that is under way is done. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#failed = true;
    if (!worker) return;
    // Nothing else may be left to keep the process alive until it has ended.
    worker.ref();
    worker.postMessage('close');
    await new Promise((resolve) => worker.once('exit', resolve));
  }

  #start(): Worker {
    const worker = new Worker(new URL('checkpoint-thread.mjs', import.meta.url), { workerData: { file: this.#file } });
    worker.unref();
    worker.on('message', () => {
      this.#busy = false;
      if (this.#worker === worker) this.#wal.move();
    });
    worker.on('error', (error) => {
      this.#log.warn({ err: error, file: this.#file }, 'checkpoints of the ledger are left to its commits');
    });
    worker.on('exit', () => {
      this.#worker = null;
      this.#failed = true;
    });
    return worker;
  }
}
