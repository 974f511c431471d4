import type { Clock } from '../engine/system/clock.ts';

/**
 * Joins batches that come close together, so that a thousand subscribers do not cost a thousand writes per event
 * (25 ms). What comes after a quiet time is passed on at once. At most `maxItems` and one batch are held.
 */
export async function* gather<T>(
  open: (signal: AbortSignal) => AsyncIterable<T[]>,
  { clock, windowMs, maxItems, signal }: { clock: Clock; windowMs: number; maxItems: number; signal: AbortSignal },
): AsyncGenerator<T[]> {
  const ended = new AbortController();
  const iterator = open(AbortSignal.any([signal, ended.signal]))[Symbol.asyncIterator]();
  let sentAt = Number.NEGATIVE_INFINITY;
  let next = pull(iterator);
  try {
    for (;;) {
      const first = await next;
      if (first.done) return;
      const items = [...first.value];
      next = pull(iterator);
      const remainingMs = sentAt + windowMs - clock.monotonicMs();
      if (remainingMs > 0) {
        const timer = new AbortController();
        const closed = clock.sleep(remainingMs, { signal: timer.signal }).then(
          () => null,
          () => null,
        );
        while (items.length < maxItems) {
          const more = await Promise.race([next, closed]);
          if (more === null || more.done) break;
          for (const item of more.value) items.push(item);
          next = pull(iterator);
        }
        timer.abort();
      }
      sentAt = clock.monotonicMs();
      yield items;
    }
  } finally {
    // The abort comes first: an iterator that still waits for its next batch cannot return before it.
    ended.abort();
    await iterator.return?.();
  }
}

/** Asks for the next batch. Its failure is thrown where it is awaited, which may be after a write: until then it is no unhandled one. */
function pull<T>(iterator: AsyncIterator<T[]>): Promise<IteratorResult<T[]>> {
  const next = iterator.next();
  next.catch(() => undefined);
  return next;
}
