import type { StoreApi } from 'zustand/vanilla';

/** The parts of an output stream that say how far behind the terminal is. */
export interface Outlet {
  /** What was written and is not taken yet. */
  readonly writableLength: number;
  /** `taken` is called when all until here was taken, or cannot be. */
  write(text: string, taken: () => void): unknown;
}

/**
 * Does `work` when the terminal has taken what was drawn before: at once on a quick line. On a slow one, however often it was
 * asked for meanwhile, once, so that what waits to be sent is never more than a frame, and the newest is the next.
 */
export function paced(outlet: Outlet, work: () => void): () => void {
  let waits = false;
  return () => {
    if (waits) return;
    if (outlet.writableLength === 0) {
      work();
      return;
    }
    waits = true;
    outlet.write('', () => {
      waits = false;
      work();
    });
  };
}

/** The store as the screen sees it: it stands still while the terminal is behind. */
export function pacedStore<T>(store: StoreApi<T>, outlet: Outlet): StoreApi<T> {
  let shown = store.getState();
  const listeners = new Set<(state: T, before: T) => void>();
  const show = () => {
    const before = shown;
    shown = store.getState();
    for (const listener of [...listeners]) listener(shown, before);
  };
  store.subscribe(paced(outlet, show));
  return {
    ...store,
    getState: () => shown,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
