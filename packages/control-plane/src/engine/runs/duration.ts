import type { StoredEvent } from '@decree/contracts';
import type { Clock } from '../system/clock.ts';

/**
 * How long a run's agent has worked in its earlier claims, by the run's own events in their order: not while a person's decision
 * was awaited, nor while nobody held it. A worker that died says nothing of its end: then its last event counts.
 */
export function timeWorkedMs(events: readonly StoredEvent[]): number {
  let workedMs = 0;
  let since: number | null = null;
  let lastMs = 0;
  const stop = (atMs: number) => {
    if (since !== null) workedMs += Math.max(0, atMs - since);
    since = null;
  };
  for (const event of events) {
    const atMs = Date.parse(event.occurredAt);
    if (event.type === 'run.session_started' || event.type === 'run.resumed') since ??= atMs;
    else if (event.type === 'run.waiting') stop(atMs);
    else if (event.type === 'run.requeued') stop(isLoss(event.payload.code) ? lastMs : atMs);
    // What others do to it while nobody works on it does not make it longer.
    if (event.actor.type !== 'user') lastMs = atMs;
  }
  stop(lastMs);
  return workedMs;
}

const isLoss = (code: string): boolean => code === 'engine_lost' || code === 'lease_lost';

/** The clock of a run's greatest duration. It stands while a person's decision is awaited. */
export interface DurationLimit {
  pause(): void;
  resume(): void;
  stop(): void;
}

export function limitDuration(clock: Clock, limitMs: number, onExceeded: () => void): DurationLimit {
  let usedMs = 0;
  let startedAt = 0;
  let timer: AbortController | null = null;
  let stopped = false;

  function resume() {
    if (timer || stopped) return;
    const own = new AbortController();
    timer = own;
    startedAt = clock.monotonicMs();
    clock.sleep(Math.max(0, limitMs - usedMs), { signal: own.signal, unref: true }).then(
      () => onExceeded(),
      () => undefined, // paused or stopped: the only way this sleep ends early
    );
  }
  function pause() {
    if (!timer) return;
    timer.abort();
    timer = null;
    usedMs += clock.monotonicMs() - startedAt;
  }
  resume();
  return {
    pause,
    resume,
    stop() {
      stopped = true;
      pause();
    },
  };
}
