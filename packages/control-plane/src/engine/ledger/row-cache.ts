import type { Collection, Row } from '@decree/contracts';
import { collections } from '@decree/contracts';

export interface Head {
  readonly streamSeq: number;
  readonly hash: string;
}

/**
 * Rows and stream heads that were read or written lately. The one writer of a SQLite file keeps it from commit to commit;
 * on Postgres it lives for one transaction. Two generations: what was not asked for while `size` others were is forgotten.
 */
export class RowCache {
  readonly #rows = Object.fromEntries(collections.map((collection) => [collection, new Generations<Row>()])) as Record<
    Collection,
    Generations<Row>
  >;
  readonly #heads = new Generations<Head>();
  /** SQLite: the newest event's seq; null when it has to be read. */
  lastSeq: number | null = null;
  /** SQLite: heads that the transaction has still to write: once for all of its commits. */
  readonly unwrittenHeads = new Map<string, Head>();

  row(collection: Collection, key: string): Row | undefined {
    return this.#rows[collection].get(key);
  }
  keepRow(collection: Collection, key: string, row: Row): void {
    this.#rows[collection].set(key, row);
  }
  forgetRow(collection: Collection, key: string): void {
    this.#rows[collection].delete(key);
  }
  head(stream: string): Head | undefined {
    return this.#heads.get(stream);
  }
  keepHead(stream: string, head: Head): void {
    this.#heads.set(stream, head);
  }
  clear(): void {
    for (const collection of collections) this.#rows[collection].clear();
    this.#heads.clear();
    this.lastSeq = null;
    this.unwrittenHeads.clear();
  }
}

const size = 2_000;

class Generations<T> {
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  get(key: string): T | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }
  set(key: string, value: T): void {
    this.#young.set(key, value);
    if (this.#young.size < size) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
