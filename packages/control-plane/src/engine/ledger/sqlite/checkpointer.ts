import { Worker } from 'node:worker_threads';
import type { Logger } from '../../system/log.ts';

/**
 * A commit of one event and its rows is about ten pages: some 20 MB of log, which the next commits then write over. More often
 * costs more: every 100 events, a commit took a quarter longer on average, for pages that change often are moved as often.
 */
const eventsBetween = 400;

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
  readonly #moveRest: () => void;
  #worker: Worker | null = null;
  #failed = false;
  #busy = false;
  #events = 0;

  constructor(file: string, log: Logger, moveRest: () => void) {
    this.#file = file;
    this.#log = log;
    this.#moveRest = moveRest;
  }

  /** So many events were committed. */
  wrote(events: number): void {
    this.#events += events;
    if (this.#events < eventsBetween || this.#busy || this.#failed) return;
    this.#events = 0;
    this.#busy = true;
    this.#worker ??= this.#start();
    this.#worker.postMessage('checkpoint');
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
      if (this.#worker === worker) this.#moveRest();
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
