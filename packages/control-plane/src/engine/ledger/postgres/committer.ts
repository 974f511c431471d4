import type { StoredEvent } from '@decree/contracts';
import type { PoolClient } from 'pg';
import { call, preceded, type Statement, type Steps, together } from '../statement.ts';
import type { WriteStatements } from '../write-statements.ts';
import { isCollision } from './errors.ts';
import { transact } from './transaction.ts';

/** Lends a connection of the pool. */
export type WithClient = <T>(use: (client: PoolClient) => Promise<T>) => Promise<T>;

interface Job {
  readonly names: readonly string[];
  steps(): Steps<StoredEvent[]>;
  resolve(stored: StoredEvent[]): void;
  reject(error: unknown): void;
}

/** Transactions at once, and commits in one of them. More at once only wait for each other's turn on the server. */
const inFlight = 4;
const groupSize = 64;
/** How often a commit that met with another process' is done again. */
const attempts = 5;

/**
 * Group commit. While all transactions are under way, commits wait and then share one: its locks, its round trips and its
 * fsync. Only commits that touch nothing in common are in one group, or in two at once; the others keep their order. One that
 * fails its guards has written nothing and fails alone; when a statement fails, each of the group is done again by itself.
 */
export class Committer {
  readonly #withClient: WithClient;
  readonly #lock: Statement;
  readonly #waiting: Job[] = [];
  readonly #busy = new Set<string>();
  #running = 0;

  constructor(withClient: WithClient, { lock }: WriteStatements) {
    if (!lock) throw new TypeError('a shared store has a statement to lock by');
    this.#withClient = withClient;
    this.#lock = lock;
  }

  write(names: readonly string[], steps: () => Steps<StoredEvent[]>): Promise<StoredEvent[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ names, steps, resolve, reject });
      this.#begin();
    });
  }

  #begin(): void {
    while (this.#running < inFlight) {
      const group = this.#takeGroup();
      if (group.length === 0) return;
      this.#running += 1;
      for (const { names } of group) for (const name of names) this.#busy.add(name);
      void this.#run(group).finally(() => {
        this.#running -= 1;
        for (const { names } of group) for (const name of names) this.#busy.delete(name);
        this.#begin();
      });
    }
  }

  /** The oldest that can go together. Who must wait keeps those behind it waiting that touch the same. */
  #takeGroup(): Job[] {
    const group: Job[] = [];
    const taken = new Set(this.#busy);
    for (let at = 0; at < this.#waiting.length && group.length < groupSize; ) {
      const job = this.#waiting[at] as Job;
      const free = job.names.every((name) => !taken.has(name));
      for (const name of job.names) taken.add(name);
      if (!free) at += 1;
      else {
        group.push(job);
        this.#waiting.splice(at, 1);
      }
    }
    return group;
  }

  async #run(group: readonly Job[], attempt = 1): Promise<void> {
    const names = [...new Set(group.flatMap((job) => job.names))];
    try {
      const outcomes = await this.#withClient((client) =>
        transact(client, preceded(call(this.#lock, { names }), together(group.map((job) => job.steps()))), {
          begin: ['begin'],
          commit: 'commit',
        }),
      );
      group.forEach((job, at) => {
        const outcome = outcomes[at];
        if (outcome?.ok) job.resolve(outcome.value);
        else job.reject(outcome?.error);
      });
    } catch (error) {
      if (group.length > 1) for (const job of group) await this.#run([job]);
      else if (isCollision(error) && attempt < attempts) await this.#run(group, attempt + 1);
      else for (const job of group) job.reject(error);
    }
  }
}
