import type { StoredEvent } from '@decree/contracts';
import type { Prepared } from './commit.ts';
import type { Dialect } from './dialect.ts';
import type { EventPlaces } from './place.ts';
import type { RowCache } from './row-cache.ts';
import type { Steps } from './statement.ts';

/** What a database has to do for the ledger; the rest is written once, above it. */
export interface Driver {
  readonly dialect: Dialect;
  readonly places: EventPlaces;
  /** All batches of the steps see one moment when there is to be a snapshot; in a settled one, later events have later places. */
  read<T>(steps: () => Steps<T>, snapshot?: 'snapshot' | 'settled'): Promise<T>;
  /** One transaction; durable when it resolves. The steps may be run again when they met with another writer. */
  write<T>(steps: (rows: RowCache) => Steps<T>): Promise<T>;
  /** A commit's transaction; subscribers are told in the ledger's order, after it. */
  commit(prepared: Prepared): Promise<StoredEvent[]>;
  subscribe(listener: (events: readonly StoredEvent[]) => void): () => void;
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}
