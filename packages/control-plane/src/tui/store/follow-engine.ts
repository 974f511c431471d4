import {
  type Cursor,
  DecreeError,
  type Engine,
  firstSpendDay,
  type Health,
  type StoredEvent,
  stateOfSnapshot,
} from '@decree/contracts';
import type { StoreApi } from 'zustand/vanilla';
import type { Clock, Logger } from '../../engine/system/index.ts';
import { foldBatch, prune } from './fold-batch.ts';
import { lookedAt } from './looked-at.ts';
import type { Connection, TuiState } from './state.ts';

export interface FollowOptions {
  engine: Engine;
  clock: Clock;
  log: Logger;
  store: StoreApi<TuiState>;
  /** These were folded just now. */
  onEvents(events: readonly StoredEvent[]): void;
  /** The world was taken anew: what was fetched before may be old. */
  onSnapshot(): void;
}

/** Events that come within this are folded and drawn together. */
const gatherMs = 16;
/** Folded at once at most, so that a key gets its turn while a long absence is made up for. */
const mostAtOnce = 200;
const mostWaiting = 2_000;
const healthEveryMs = 5_000;
const answerWithinMs = 10_000;
const firstWaitMs = 250;
const longestWaitMs = 5_000;
const pruneEveryMs = 5 * 60_000;

/** Thrown to begin anew with a snapshot. */
class SnapshotNeeded extends Error {
  override readonly name = 'SnapshotNeeded';
}

/**
 * Keeps `world`, `health` and `connection` true until the signal aborts: a snapshot, then the events after its cursor. When
 * the engine does not answer, it says so, tries again with growing pauses, and reads on from the last event it folded.
 * A follow over a client mends its own connection in silence, so whether the engine is there is asked for itself.
 */
export async function followEngine(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { engine, clock, log, store } = options;
  let cursor: Cursor | null | undefined;
  let waitMs = firstWaitMs;
  let prunedAtMs = clock.monotonicMs();

  while (!signal.aborted) {
    try {
      if (cursor === undefined) await begin();
      else setHealth(await askHealth(signal));
      waitMs = firstWaitMs;
      await followOnce();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SnapshotNeeded) {
        cursor = undefined;
        continue;
      }
      // Another ledger than before: its events cannot be read on from here.
      if (cursor !== undefined && error instanceof DecreeError && (error.code === 'invalid' || error.code === 'not_found'))
        cursor = undefined;
      lose(error);
    }
    await clock.sleep(waitMs, { signal }).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, longestWaitMs);
  }

  async function begin(): Promise<void> {
    const [snapshot, health] = await Promise.all([answered(engine.query('snapshot', {}), signal), askHealth(signal)]);
    cursor = snapshot.cursor;
    store.setState({ world: stateOfSnapshot(snapshot), nowMs: clock.nowMs() });
    setHealth(health);
    options.onSnapshot();
  }

  async function followOnce(): Promise<void> {
    const leaving = new AbortController();
    const inner = AbortSignal.any([signal, leaving.signal]);
    const leave = (error: unknown) => leaving.abort(error);
    const intake = createIntake(inner, leave);
    watchHealth(inner).catch(leave);
    try {
      for await (const batch of engine.events.follow({ after: cursor }, inner)) await intake.take(batch);
      if (signal.aborted) return;
      throw leaving.signal.aborted
        ? leaving.signal.reason
        : new DecreeError('unavailable', 'the engine ended the stream of events');
    } finally {
      leaving.abort();
    }
  }

  /** Gathers events for a moment and folds them together: at once when nothing came just before. */
  function createIntake(inner: AbortSignal, leave: (error: unknown) => void) {
    let waiting: StoredEvent[] = [];
    let foldedAtMs = Number.NEGATIVE_INFINITY;
    let next: Promise<void> | null = null;
    const turn = () => {
      const batch = waiting.slice(0, mostAtOnce);
      waiting = waiting.slice(mostAtOnce);
      foldedAtMs = clock.monotonicMs();
      foldIn(batch);
    };
    const later = async () => {
      while (waiting.length > 0) {
        await clock.sleep(Math.max(1, gatherMs - (clock.monotonicMs() - foldedAtMs)), { signal: inner });
        turn();
      }
      next = null;
    };
    return {
      async take(batch: readonly StoredEvent[]) {
        waiting.push(...batch);
        if (!next && clock.monotonicMs() - foldedAtMs >= gatherMs) turn();
        if (waiting.length > 0 && !next) {
          next = later();
          next.catch(leave);
        }
        if (waiting.length > mostWaiting) await next;
      },
    };
  }

  function foldIn(events: readonly StoredEvent[]): void {
    const last = events.at(-1);
    if (!last) return;
    const { state: world, stoppedAt } = foldBatch(store.getState().world, events);
    if (stoppedAt) throw new SnapshotNeeded(`${stoppedAt.type} is about something that the snapshot left out`);
    cursor = last.cursor;
    const nowMs = clock.nowMs();
    const lagMs = Math.max(0, nowMs - Date.parse(last.occurredAt));
    const state = store.getState();
    store.setState({
      world: pruned(state, world),
      nowMs,
      connection: { ...(ended(events) ?? state.connection), lagMs },
    });
    options.onEvents(events);
  }

  function pruned(state: TuiState, world: TuiState['world']): TuiState['world'] {
    if (clock.monotonicMs() - prunedAtMs < pruneEveryMs) return world;
    prunedAtMs = clock.monotonicMs();
    const { task, run } = lookedAt(state);
    return prune(world, firstSpendDay(clock.now()), {
      tasks: new Set(task ? [task.id] : []),
      runs: new Set(run ? [run.id] : []),
    });
  }

  async function watchHealth(inner: AbortSignal): Promise<void> {
    while (!inner.aborted) {
      await clock.sleep(healthEveryMs, { signal: inner, unref: true });
      setHealth(await askHealth(inner));
    }
  }

  function askHealth(until: AbortSignal): Promise<Health> {
    return answered(engine.query('health', {}), until);
  }

  /** A question that is never answered counts as an engine that is not there. */
  async function answered<T>(answer: Promise<T>, until: AbortSignal): Promise<T> {
    const done = new AbortController();
    const tooLong = clock.sleep(answerWithinMs, { signal: AbortSignal.any([until, done.signal]), unref: true }).then(() => {
      throw new DecreeError('unavailable', `the engine has not answered for ${answerWithinMs / 1000} seconds`);
    });
    try {
      return await Promise.race([answer, tooLong]);
    } finally {
      done.abort();
      // The other one may still fail after the race, and nobody waits for it any more: what it says has been said.
      void Promise.allSettled([answer, tooLong]);
    }
  }

  function setHealth(health: Health): void {
    const before = store.getState();
    const connection = connectionOf(before.connection, health);
    const same = before.health !== null && looksTheSame(before.health, health);
    if (same && connection === before.connection) return;
    store.setState({ health: same ? before.health : health, connection });
  }

  function lose(error: unknown): void {
    const { connection } = store.getState();
    // It said that it would go; what fails now is no news.
    if (connection.status === 'stopped') return;
    if (!(error instanceof DecreeError)) log.error({ err: error }, 'the terminal cannot follow the engine');
    const message = error instanceof Error ? error.message : String(error);
    const status = connection.status === 'loading' ? 'loading' : 'lost';
    if (connection.status === status && connection.message === message) return;
    store.setState({ connection: { ...connection, status, message } });
  }
}

/** What the last of these events that speaks of it says about the engine itself. */
function ended(events: readonly StoredEvent[]): Omit<Connection, 'lagMs'> | null {
  const said = events.findLast(({ type }) => type === 'system.engine_stopped' || type === 'system.engine_started');
  if (said?.type === 'system.engine_stopped')
    return { status: 'stopped', message: `the engine has stopped: ${said.payload.reason}` };
  return said ? { status: 'live', message: null } : null;
}

function connectionOf(before: Connection, { state, runs }: Health): Connection {
  if (before.status === 'stopped' && state === 'stopping') return before;
  const message =
    state === 'stopping'
      ? `the engine is stopping; agents that are waited for: ${runs.running + runs.waiting}`
      : state === 'starting'
        ? 'the engine is starting'
        : null;
  return before.status === 'live' && before.message === message ? before : { ...before, status: 'live', message };
}

/** Free memory never stands still; a screen on which nothing else moves is not drawn again for it. */
function looksTheSame(before: Health, after: Health): boolean {
  const { memory: was, cursor: _before, ...rest } = before;
  const { memory: is, cursor: _after, ...others } = after;
  if (JSON.stringify(rest) !== JSON.stringify(others)) return false;
  if (!was || !is) return was === is;
  const enough = was.freeBytes >= was.minimumFreeBytes;
  return enough === is.freeBytes >= is.minimumFreeBytes && Math.abs(is.freeBytes - was.freeBytes) <= was.freeBytes / 10;
}
