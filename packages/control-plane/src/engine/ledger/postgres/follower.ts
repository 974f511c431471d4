import pg from 'pg';
import type { Clock } from '../../system/clock.ts';
import type { Logger } from '../../system/log.ts';
import type { Place } from '../place.ts';

export interface FollowerOptions {
  config: pg.ClientConfig;
  clock: Clock;
  log: Logger;
  /** Where to begin: what comes after it is told of. */
  from: Place;
  /** Up to `limit` settled events after a place, oldest first. */
  read(after: Place, limit: number): Promise<readonly Place[]>;
  tell(rows: readonly Place[]): void;
}

/** How long own commits are gathered before they are read back, and how often a settled end is waited for. */
const gatherMs = 5;
/** Others' commits are announced; this is for an announcement that was lost with a connection. */
const pollMs = 1_000;
const pageSize = 500;

/**
 * Tells of all events in the ledger's order, those of other processes too, by reading on from the last one told: only what is
 * settled, so that none comes before it later. Announcements go by a connection of their own and once for many commits: a NOTIFY
 * inside each commit would make all commits of the database wait for each other.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #stop = new AbortController();
  readonly #channel: string;
  #client: pg.Client | null = null;
  #place: Place;
  #wake: (() => void) | null = null;
  /** Newest place of an own commit that was not told of yet. */
  #owed: Place | null = null;
  #running: Promise<void>;

  constructor(options: FollowerOptions & { schema: string }) {
    this.#options = options;
    this.#place = options.from;
    this.#channel = `decree_${options.schema}`;
    this.#running = this.#run();
  }

  committed(place: Place): void {
    if (this.#owed === null || isBefore(this.#owed, place)) this.#owed = place;
    this.#wake?.();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#running;
    await this.#client?.end().catch((error: unknown) => this.#options.log.debug({ err: error }, 'the follower ended'));
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#listen();
        const own = this.#owed !== null;
        if (own) await clock.sleep(gatherMs, { signal, unref: true });
        await this.#readOn();
        if (own && this.#owed === null) await this.#announce();
        if (this.#owed === null) await this.#idle();
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error }, 'following the ledger failed; trying again');
        await clock.sleep(pollMs, { signal, unref: true }).catch(() => undefined);
      }
    }
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const rows = await this.#options.read(this.#place, pageSize);
      const last = rows.at(-1);
      if (!last) break;
      this.#place = last;
      this.#options.tell(rows);
      if (rows.length < pageSize) break;
    }
    if (this.#owed && !isBefore(this.#place, this.#owed)) this.#owed = null;
  }

  /** Until there is a commit, an announcement, or it is time to look. */
  async #idle(): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const signal = AbortSignal.any([woken.signal, this.#stop.signal]);
    await this.#options.clock.sleep(pollMs, { signal, unref: true }).catch(() => undefined);
    this.#wake = null;
  }

  async #listen(): Promise<void> {
    if (this.#client) return;
    const client = new pg.Client(this.#options.config);
    client.on('error', (error) => {
      this.#options.log.warn({ err: error }, 'the connection that listens to the ledger was lost');
      if (this.#client === client) this.#client = null;
    });
    client.on('notification', () => this.#wake?.());
    await client.connect();
    // An announcement is no record: nobody has to wait until it is on the disk.
    await client.query('set synchronous_commit = off');
    await client.query(`listen ${pg.escapeIdentifier(this.#channel)}`);
    this.#client = client;
  }

  async #announce(): Promise<void> {
    await this.#client?.query(`notify ${pg.escapeIdentifier(this.#channel)}`);
  }
}

const isBefore = (a: Place, b: Place): boolean => Number(a.xid) < Number(b.xid) || (a.xid === b.xid && a.seq < b.seq);
