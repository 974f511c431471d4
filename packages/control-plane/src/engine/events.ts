import type { Cursor, EventAccessor, StoredEvent } from '@decree/contracts';
import type { Ledger } from './ledger/port.ts';

/** Newest events kept in memory, so that followers who keep up cost no read. */
const keptEvents = 8_192;
const batch = 500;

/** Every event after a cursor, in the ledger's order. A follower that falls behind what is kept reads on from the ledger. */
export function createEvents(ledger: Ledger): EventAccessor {
  let recent: StoredEvent[] = [];
  const place = new Map<Cursor, number>();
  let offset = 0;
  const waiting = new Set<() => void>();

  ledger.subscribe((events) => {
    for (const event of events) {
      place.set(event.cursor, offset + recent.length);
      recent.push(event);
    }
    if (recent.length > keptEvents * 2) forget(recent.length - keptEvents);
    for (const wake of [...waiting]) wake();
  });

  function forget(count: number) {
    for (const event of recent.slice(0, count)) place.delete(event.cursor);
    recent = recent.slice(count);
    offset += count;
  }

  async function readAfter(cursor: Cursor | null): Promise<StoredEvent[]> {
    const at = cursor === null ? undefined : place.get(cursor);
    if (at !== undefined) return recent.slice(at - offset + 1, at - offset + 1 + batch);
    return (await ledger.listEvents({ limit: batch, ...(cursor !== null && { after: cursor }) })).items;
  }

  async function newest(): Promise<Cursor | null> {
    const last = recent.at(-1);
    if (last) return last.cursor;
    return (await ledger.listEvents({ limit: 1, newest: true })).items.at(-1)?.cursor ?? null;
  }

  return {
    async *follow({ after }, signal) {
      let cursor = after === undefined ? await newest() : after;
      while (!signal.aborted) {
        let woken = false;
        let wake = () => {
          woken = true;
        };
        const listener = () => wake();
        waiting.add(listener);
        try {
          const events = await readAfter(cursor);
          const last = events.at(-1);
          if (last) {
            yield events;
            cursor = last.cursor;
            continue;
          }
          if (woken) continue;
          await new Promise<void>((resolve) => {
            wake = () => {
              signal.removeEventListener('abort', wake);
              resolve();
            };
            signal.addEventListener('abort', wake);
            if (signal.aborted) wake();
          });
        } finally {
          waiting.delete(listener);
        }
      }
    },
  };
}
