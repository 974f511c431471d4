import type { SensorName } from '@decree/contracts';
import { ForgeUnavailable } from '../forge/errors.ts';
import type { Forge } from '../forge/port.ts';
import type { Ledger } from '../ledger/port.ts';
import type { RecordEvent } from '../record.ts';
import type { Clock } from '../system/clock.ts';
import type { Logger } from '../system/log.ts';
import type { Random } from '../system/random.ts';

/** One look at the forge: what is new becomes events. Throws when the forge does not answer. */
export type Look = (signal: AbortSignal) => Promise<void>;

/** What every look is given: where it looks, what was seen before, and how it says what is new. */
export interface LookOptions {
  forge: Forge;
  ledger: Ledger;
  record: RecordEvent;
  clock: Clock;
  random: Random;
  repositoryId: string;
}

export interface SensorOptions {
  name: SensorName;
  /** From the end of one look to the beginning of the next. */
  intervalMs: number;
  look: Look;
  ledger: Ledger;
  record: RecordEvent;
  random: Random;
  clock: Clock;
  log: Logger;
  repositoryId: string;
}

/** Looks at an interval of its own; its failures are events, and leave the others running. */
export interface Sensor {
  /** Resolves when the first look is done, however it went. */
  start(): Promise<void>;
  /** Looks now, and tells what goes wrong. */
  look(): Promise<void>;
  /** Looks soon, rather than when the interval is over: something is known to have changed. */
  poke(): void;
  stop(): Promise<void>;
}

export function createSensor(options: SensorOptions): Sensor {
  const { name, ledger, record, clock, log, repositoryId } = options;
  const stopping = new AbortController();
  let failing = false;
  let waiting = new AbortController();
  let loop: Promise<void> = Promise.resolve();
  let line: Promise<unknown> = Promise.resolve();

  /** Looks never overlap: each compares with what the one before it has written. */
  function look(): Promise<void> {
    const turn = line.then(() => options.look(stopping.signal));
    line = turn.catch(() => undefined);
    return turn;
  }

  /** Returns how long to wait before the next look. */
  async function cycle(): Promise<number> {
    try {
      await look();
    } catch (error) {
      if (stopping.signal.aborted) return 0;
      const waitMs = error instanceof ForgeUnavailable ? Math.max(options.intervalMs, error.retryAfterMs) : options.intervalMs;
      log.warn({ sensor: name, err: error }, 'a look failed');
      if (!failing) await say('source.sensor_failed', error, waitMs);
      failing = true;
      return waitMs;
    }
    if (failing) await say('source.sensor_recovered', null, 0);
    failing = false;
    return options.intervalMs;
  }

  async function say(type: 'source.sensor_failed' | 'source.sensor_recovered', error: unknown, waitMs: number): Promise<void> {
    const about = { repositoryId, correlationId: options.random.uuidv7() };
    const message = error instanceof Error ? error.message : String(error);
    const nextTryAt = new Date(clock.nowMs() + waitMs).toISOString();
    const event =
      type === 'source.sensor_failed'
        ? record(type, { sensor: name, message, nextTryAt }, about)
        : record(type, { sensor: name }, about);
    try {
      await ledger.commit({ events: [event] });
    } catch (second) {
      log.error({ sensor: name, err: second }, 'the failure could not be recorded');
    }
  }

  return {
    async start() {
      let waitMs = await cycle();
      loop = (async () => {
        while (!stopping.signal.aborted) {
          await clock
            .sleep(waitMs, { signal: AbortSignal.any([stopping.signal, waiting.signal]), unref: true })
            .catch(() => undefined);
          waiting = new AbortController();
          if (!stopping.signal.aborted) waitMs = await cycle();
        }
      })();
    },
    look,
    poke: () => waiting.abort(),
    async stop() {
      stopping.abort(new Error('the engine is stopping'));
      await loop;
      await line;
    },
  };
}
