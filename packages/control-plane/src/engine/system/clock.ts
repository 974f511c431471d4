import { setTimeout as delay } from 'node:timers/promises';

/** The only source of time. Everything that waits or dates something is handed one. */
export interface Clock {
  /** Wall time as ISO 8601 in UTC with milliseconds, the form of every stored time. */
  now(): string;
  /** Wall time in milliseconds since the epoch. */
  nowMs(): number;
  /** Monotonic milliseconds, for durations. */
  monotonicMs(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. Never keeps the process alive by itself when `unref` is set. */
  sleep(ms: number, options?: { signal?: AbortSignal; unref?: boolean }): Promise<void>;
}

/** The last millisecond that was written out: agents report thousands of times a second, many in the same one. */
let written = { ms: Number.NaN, text: '' };

export const systemClock: Clock = {
  now() {
    const ms = Date.now();
    if (ms !== written.ms) written = { ms, text: new Date(ms).toISOString() };
    return written.text;
  },
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, options = {}) =>
    delay(ms, undefined, {
      ...(options.signal && { signal: options.signal }),
      ref: !options.unref,
    }),
};

/** Aborts after `ms`; what waits for a program that may hang listens to it. */
export const timeoutSignal = (ms: number): AbortSignal => AbortSignal.timeout(ms);

/** Runs `work` once what is ready now has been done: what comes in the same turn is gathered. */
export const soon = (work: () => void): void => void setImmediate(work);

/** Resolves once what is ready now has been done. */
export const nextTurn = (): Promise<void> => new Promise(soon);
