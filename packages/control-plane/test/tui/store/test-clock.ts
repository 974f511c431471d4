import type { Clock } from '../../../src/engine/system/clock.ts';

export interface TestClock extends Clock {
  /** Lets so much time pass; whoever slept wakes in order, and does what it does before time goes on. */
  pass(ms: number, turns?: number): Promise<void>;
  /** Sleepers that have not woken. */
  sleeping(): number;
}

/** What is ready now is done. */
export async function idle(turns = 10): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function createTestClock(startMs = Date.parse('2026-11-21T10:00:00.000Z')): TestClock {
  let elapsed = 0;
  const sleepers = new Set<{ atMs: number; wake: () => void }>();
  return {
    now: () => new Date(startMs + elapsed).toISOString(),
    nowMs: () => startMs + elapsed,
    monotonicMs: () => elapsed,
    sleep(ms, { signal } = {}) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const sleeper = { atMs: elapsed + ms, wake: resolve };
      const leave = () => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      if (signal?.aborted) reject(signal.reason);
      else {
        sleepers.add(sleeper);
        signal?.addEventListener('abort', leave, { once: true });
      }
      return promise.finally(() => signal?.removeEventListener('abort', leave));
    },
    sleeping: () => sleepers.size,
    async pass(ms, turns) {
      const end = elapsed + ms;
      await idle();
      for (;;) {
        const next = [...sleepers].filter(({ atMs }) => atMs <= end).sort((left, right) => left.atMs - right.atMs)[0];
        if (!next) break;
        elapsed = Math.max(elapsed, next.atMs);
        sleepers.delete(next);
        next.wake();
        await idle(turns);
      }
      elapsed = end;
    },
  };
}
