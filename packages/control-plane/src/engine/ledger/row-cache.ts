import type { Collection, Row } from '@decree/contracts';
import { collections } from '@decree/contracts';
import type { Change } from './row-writes.ts';

export interface Head {
  readonly streamSeq: number;
  readonly hash: string;
}

/**
 * Rows and stream heads that were read or written lately. The one writer of a SQLite file keeps it from commit to commit;
 * on Postgres it lives for one transaction. Two generations: what was not asked for while `size` others were is forgotten.
 *
 * On SQLite it also holds what a transaction owes its tables. The commits that share one write each row and each head once, at
 * its end, as the last of them left it; whoever asks by a key is told what is owed.
 */
export class RowCache {
  readonly #rows = ofEach(() => new Generations<Row>());
  readonly #heads = new Generations<Head>();
  /** SQLite: the newest event's seq; null when it has to be read. */
  lastSeq: number | null = null;
  readonly #owedRows = ofEach(() => new Map<string, Change>());
  readonly #owedHeads = new Map<string, Head>();

  /** Null when it is known not to be there, undefined when nothing is known. */
  row(collection: Collection, key: string): Row | null | undefined {
    const kept = this.#rows[collection].get(key);
    if (kept !== undefined) return kept;
    const owed = this.#owedRows[collection].get(key);
    return owed && (owed.after ?? null);
  }
  keepRow(collection: Collection, key: string, row: Row): void {
    this.#rows[collection].set(key, row);
  }
  /** The change was made, and its table is still to have it. */
  oweRow(change: Change): void {
    const { collection, key, after } = change;
    if (after) this.#rows[collection].set(key, after);
    else this.#rows[collection].delete(key);
    const owed = this.#owedRows[collection];
    const first = owed.get(key);
    owed.set(key, first ? { collection, key, before: first.before, after } : change);
  }
  /** Of each collection in the order in which they were first changed. */
  takeOwedRows(): Change[] {
    const taken: Change[] = [];
    for (const collection of collections) {
      const owed = this.#owedRows[collection];
      if (owed.size === 0) continue;
      for (const change of owed.values()) taken.push(change);
      owed.clear();
    }
    return taken;
  }
  head(stream: string): Head | undefined {
    return this.#heads.get(stream) ?? this.#owedHeads.get(stream);
  }
  oweHead(stream: string, head: Head): void {
    this.#heads.set(stream, head);
    this.#owedHeads.set(stream, head);
  }
  takeOwedHeads(): [stream: string, head: Head][] {
    const owed = [...this.#owedHeads];
    this.#owedHeads.clear();
    return owed;
  }
  clear(): void {
    for (const collection of collections) {
      this.#rows[collection].clear();
      this.#owedRows[collection].clear();
    }
    this.#heads.clear();
    this.lastSeq = null;
    this.#owedHeads.clear();
  }
}

const ofEach = <T>(make: () => T): Record<Collection, T> =>
  Object.fromEntries(collections.map((collection) => [collection, make()])) as Record<Collection, T>;

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
