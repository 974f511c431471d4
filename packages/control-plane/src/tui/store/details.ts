import { DecreeError, type Engine, type StoredEvent } from '@decree/contracts';
import type { StoreApi } from 'zustand/vanilla';
import type { Clock, Logger } from '../../engine/system/index.ts';
import { type DetailSource, detailSource, joined, mostEvents } from './detail-sources.ts';
import type { Fetched, TuiState } from './state.ts';
import { type DetailKey, stayMs, touchedBy, wantedOf } from './wanted.ts';

export interface DetailLoader {
  /** Asks anew for what is on the screen. */
  refresh(): void;
  /** Asks for the next page of the view's list. */
  more(): void;
  readonly onEvents: (events: readonly StoredEvent[]) => void;
  readonly onSnapshot: () => void;
  start(signal: AbortSignal): void;
  ended(): Promise<void>;
}

const refreshAfterMs = 250;
const tryAgainMs = 10_000;
/** What may change without an event, by the first part of its key: looked up anew when it is older and on the screen. */
const lookAgainMs: Readonly<Record<string, number>> = { operations: 3_000, worktrees: 15_000, issue: 30_000, pull: 30_000 };
const lookAgainAfter = (key: DetailKey): number => lookAgainMs[key.split(':', 1)[0] ?? ''] ?? Number.POSITIVE_INFINITY;
const mostKept = 200;
/** Between what is asked for together: over an engine in this process each answer is worked out here, and a key gets its turn. */
const betweenMs = 4;

/** Fetches what the screen shows, keeps it shown while it is fetched anew, and forgets what was not looked at for long. */
export function createDetails(options: { engine: Engine; clock: Clock; log: Logger; store: StoreApi<TuiState> }): DetailLoader {
  const { engine, clock, log, store } = options;
  const sources = new Map<DetailKey, DetailSource>();
  const stale = new Set<DetailKey>();
  const fetching = new Map<DetailKey, Promise<void>>();
  const fetchedAtMs = new Map<DetailKey, number>();
  const work = new Set<Promise<void>>();
  let until: AbortSignal | null = null;
  let wanted: readonly DetailKey[] = [];
  let timer: { atMs: number; leaving: AbortController } | null = null;

  return {
    onEvents,
    onSnapshot() {
      for (const key of sources.keys()) stale.add(key);
      look(0);
    },
    refresh() {
      for (const key of wanted) stale.add(key);
      look(0);
    },
    more() {
      const key = wanted.find((name) => !name.includes(':'));
      if (key && !fetching.has(key) && (sources.get(key)?.read(store.getState()) as { more?: boolean } | undefined)?.more)
        begin(key, { more: true });
    },
    start(signal) {
      until = signal;
      signal.addEventListener('abort', store.subscribe(onChange), { once: true });
      onChange(store.getState());
    },
    async ended() {
      timer?.leaving.abort();
      // An answer that never comes is not waited for: what it would be written into is gone.
      await Promise.allSettled(work);
    },
  };

  function onChange(state: TuiState, before?: TuiState): void {
    if (state.connection.status === 'loading') return;
    const back = before !== undefined && before.connection.status === 'lost' && state.connection.status === 'live';
    if (back) for (const key of wanted) stale.add(key);
    const now = wantedOf(state);
    if (!back && now.length === wanted.length && now.every((key, index) => key === wanted[index])) return;
    wanted = now;
    look(stayMs);
  }

  function onEvents(events: readonly StoredEvent[]): void {
    let any = false;
    for (const event of events)
      for (const key of touchedBy(event)) {
        if (!sources.has(key)) continue;
        stale.add(key);
        any ||= wanted.includes(key);
      }
    showEvents(events);
    if (any) look(refreshAfterMs);
  }

  /** The list of events is not asked for again with each of them: they are put in front. */
  function showEvents(events: readonly StoredEvent[]): void {
    const { view, eventPages } = store.getState();
    if (view !== 'events' || eventPages.value === undefined) {
      if (sources.has('events')) stale.add('events');
      return;
    }
    const value = joined(events.toReversed(), eventPages.value ?? []).slice(0, mostEvents);
    store.setState({ eventPages: { ...eventPages, value } });
  }

  /** Looks after what is wanted in `ms`, or sooner when that was said before. A longer stay begins anew with each step. */
  function look(ms: number): void {
    if (!until || until.aborted) return;
    const atMs = clock.monotonicMs() + ms;
    if (timer && ms !== stayMs && timer.atMs <= atMs) return;
    timer?.leaving.abort();
    const leaving = new AbortController();
    timer = { atMs, leaving };
    track(
      clock.sleep(ms, { signal: AbortSignal.any([until, leaving.signal]), unref: true }).then(
        () => {
          timer = null;
          lookNow();
        },
        () => undefined,
      ),
    );
  }

  function lookNow(): void {
    let waitMs = 0;
    for (const key of wanted) {
      const source = sources.get(key) ?? detailSource(engine, key);
      sources.delete(key);
      sources.set(key, source);
      const has = source.read(store.getState());
      const old = clock.monotonicMs() - (fetchedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) >= lookAgainAfter(key);
      const needed = has === undefined || has.status === 'loading' || has.status === 'failed' || stale.has(key) || old;
      if (!needed || fetching.has(key)) continue;
      begin(key, { waitMs });
      waitMs += betweenMs;
    }
    forgetOld();
    const again = Math.min(...wanted.map(lookAgainAfter));
    if (again < Number.POSITIVE_INFINITY) look(again);
  }

  function begin(key: DetailKey, how: { more?: boolean; waitMs?: number }): void {
    const done = fetch(key, how).finally(() => {
      fetching.delete(key);
      if (stale.has(key) && wanted.includes(key)) look(refreshAfterMs);
    });
    fetching.set(key, done);
  }

  async function fetch(key: DetailKey, { more = false, waitMs = 0 }: { more?: boolean; waitMs?: number }): Promise<void> {
    const source = sources.get(key);
    if (!source) return;
    stale.delete(key);
    fetchedAtMs.set(key, clock.monotonicMs());
    const before = source.read(store.getState());
    const known = before?.value !== undefined;
    write(source, { ...(before ?? nothing), status: known ? 'stale' : 'loading', ...(known && { message: null }) });
    if (waitMs > 0) await clock.sleep(waitMs, { unref: true });
    if (until?.aborted) return;
    let after: Fetched<unknown>;
    try {
      const { value, ...rest } = await source.fetch(before, more);
      const newest = source.read(store.getState())?.value;
      const merged = key === 'events' ? withArrived(value, newest, before?.value) : value;
      after = { status: 'fresh', value: same(newest, merged) ? newest : merged, message: null, ...rest };
    } catch (error) {
      after = failed(source.read(store.getState()), error, key);
    }
    // It may have been forgotten meanwhile.
    if (!until?.aborted && sources.has(key)) write(source, after);
    if (after.status === 'failed' && wanted.includes(key)) look(tryAgainMs);
  }

  function failed(before: Fetched<unknown> | undefined, error: unknown, key: DetailKey): Fetched<unknown> {
    // That there is none is an answer as good as any.
    if (error instanceof DecreeError && error.code === 'not_found') return { ...nothing, status: 'fresh', value: null };
    if (!(error instanceof DecreeError)) log.error({ err: error, key }, 'the terminal cannot fetch a detail');
    return { ...(before ?? nothing), status: 'failed', message: error instanceof Error ? error.message : String(error) };
  }

  function write(source: DetailSource, fetched: Fetched<unknown>): void {
    const before = source.read(store.getState());
    if (before && same(before.value, fetched.value) && before.status === fetched.status && before.message === fetched.message) {
      if ((before as { more?: boolean }).more === (fetched as { more?: boolean }).more) return;
    }
    store.setState((state) => source.write(state, fetched));
  }

  function forgetOld(): void {
    for (const key of sources.keys()) {
      if (sources.size <= mostKept) return;
      if (wanted.includes(key) || !key.includes(':')) continue;
      const source = sources.get(key);
      sources.delete(key);
      stale.delete(key);
      fetchedAtMs.delete(key);
      if (source) store.setState((state) => source.write(state, undefined));
    }
  }

  function track(promise: Promise<void>): void {
    work.add(promise);
    void promise.then(() => work.delete(promise));
  }
}

const nothing = { status: 'loading', value: undefined, message: null, more: false } as const;

/** What was fetched, behind what came in front of the list while it was. */
function withArrived(fetched: unknown, now: unknown, before: unknown): readonly StoredEvent[] {
  const known = new Set(((before ?? []) as readonly StoredEvent[]).map(({ id }) => id));
  const arrived = ((now ?? []) as readonly StoredEvent[]).filter(({ id }) => !known.has(id));
  return joined(arrived, fetched as readonly StoredEvent[]);
}

/** The same words: then the same object stays, and nothing is drawn. */
function same(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  // A list that grew is another one, however long it takes to read.
  if (Array.isArray(left) && Array.isArray(right) && left.length !== right.length) return false;
  return JSON.stringify(left) === JSON.stringify(right);
}
