import type { Clock } from '../system/clock.ts';

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
