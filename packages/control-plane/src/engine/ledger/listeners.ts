import type { StoredEvent } from '@decree/contracts';
import type { Logger } from '../system/log.ts';

export type Listener = (events: readonly StoredEvent[]) => void;

/** Who is told of what was written. One that throws is logged and does not keep the others from hearing of it. */
export class Listeners {
  readonly #log: Logger;
  readonly #listeners = new Set<{ tell: Listener }>();

  constructor(log: Logger) {
    this.#log = log;
  }
  get any(): boolean {
    return this.#listeners.size > 0;
  }
  add(tell: Listener): () => void {
    const entry = { tell };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }
  tell(events: readonly StoredEvent[]): void {
    if (events.length === 0 || !this.any) return;
    for (const { tell } of [...this.#listeners]) {
      try {
        tell(events);
      } catch (error) {
        this.#log.error({ err: error, correlationId: events[0]?.correlationId }, 'a subscriber of the ledger failed');
      }
    }
  }
}
