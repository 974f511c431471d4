import type { StoreApi } from 'zustand/vanilla';
import type { Clock } from '../../engine/system/clock.ts';

/** The parts of an output stream that say how far behind the terminal is. */
export interface Outlet {
  /** What was written and is not taken yet. */
  readonly writableLength: number;
  /** `taken` is called when all until here was taken, or cannot be. */
  write(text: string, taken: () => void): unknown;
}

/** When the screen is drawn: after what a person did at once, after all else no more often than an eye can follow. */
export interface Pace {
  /** Does what a person asked for by a key or the mouse: what it changes is drawn when it is done. */
  act(work: () => void): void;
  /**
   * Asks for `work`. On a line that is behind, however often it was asked for meanwhile, it is done once, when the terminal has
   * taken what was drawn before: what waits to be sent is never more than a frame, and the newest is the next.
   */
  paced(work: () => void): () => void;
}

/**
 * What nobody asked for is gathered for this long. What one step to another agent fetches, what agents say and what the engine
 * tells come in many pieces; each drawn by itself, they held the key behind them up for 10 ms and more.
 */
const gatherMs = 16;

export function createPace({ outlet, clock }: { outlet: Outlet; clock: Clock }): Pace {
  const due = new Set<() => void>();
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let acts = 0;
  let gathers = false;
  let isBehind = false;

  const draw = (): void => {
    if (isBehind || due.size === 0) return;
    if (outlet.writableLength > 0) {
      isBehind = true;
      outlet.write('', () => {
        isBehind = false;
        draw();
      });
      return;
    }
    drawnAtMs = clock.monotonicMs();
    const works = [...due];
    due.clear();
    for (const work of works) work();
  };
  const gather = (): void => {
    if (gathers || isBehind) return;
    gathers = true;
    const waitMs = Math.max(1, gatherMs - (clock.monotonicMs() - drawnAtMs));
    void clock.sleep(waitMs, { unref: true }).then(() => {
      gathers = false;
      draw();
    });
  };

  return {
    act(work) {
      acts += 1;
      try {
        work();
      } finally {
        acts -= 1;
        if (acts === 0) draw();
      }
    },
    paced: (work) => () => {
      due.add(work);
      if (acts === 0) gather();
    },
  };
}

/** The store as the screen sees it: it stands still between two frames. */
export function pacedStore<T>(store: StoreApi<T>, pace: Pace): StoreApi<T> {
  let shown = store.getState();
  const listeners = new Set<(state: T, before: T) => void>();
  const show = () => {
    const before = shown;
    shown = store.getState();
    for (const listener of [...listeners]) listener(shown, before);
  };
  store.subscribe(pace.paced(show));
  return {
    ...store,
    getState: () => shown,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
