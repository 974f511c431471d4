import type { Engine } from '@decree/contracts';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Clock, Logger } from '../../engine/system/index.ts';
import { createDetails, type DetailLoader } from './details.ts';
import { followEngine } from './follow-engine.ts';
import { initialState } from './initial-state.ts';
import { anyLive } from './looked-at.ts';
import { noticeMs, withNotice } from './notices.ts';
import { createOutputs, type Outputs } from './outputs.ts';
import { type PreferencesKeeper, preferencesOf, readPreferences, withPreferences } from './preferences.ts';
import type { TuiState } from './state.ts';
import { sessionShown, stayMs } from './wanted.ts';

export interface TuiStoreOptions {
  engine: Engine;
  clock: Clock;
  log: Logger;
  preferences?: PreferencesKeeper | undefined;
  readOnly?: boolean | undefined;
}

/** The terminal's state, kept true. With `use-engine.ts` and the abilities the only one that sees an Engine. */
export interface TuiStore {
  readonly store: StoreApi<TuiState>;
  readonly outputs: Outputs;
  readonly details: DetailLoader;
  /** Begins to follow the engine, until the signal aborts or `dispose`. At most once. */
  start(signal: AbortSignal): void;
  /** Ends what was begun, and keeps the preferences. */
  dispose(): Promise<void>;
}

const keepAfterMs = 500;

export function createTuiStore(options: TuiStoreOptions): TuiStore {
  const { engine, clock, log, preferences: keeper } = options;
  const { preferences, problem } = readPreferences(keeper);
  const first = withPreferences({ ...initialState(clock.nowMs()), readOnly: options.readOnly ?? false }, preferences);
  const store = createStore<TuiState>(() => (problem ? withNotice(first, 'warning', problem, clock.nowMs()) : first));
  const leaving = new AbortController();
  const outputs = createOutputs({ engine, clock, log });
  const details = createDetails({ engine, clock, log, store });
  let running: Promise<unknown> = Promise.resolve();

  return {
    store,
    outputs,
    details,
    start(given) {
      const signal = AbortSignal.any([given, leaving.signal]);
      const watched = watchSession(signal);
      outputs.start(signal);
      details.start(signal);
      running = Promise.all([
        followEngine({ engine, clock, log, store, onEvents: details.onEvents, onSnapshot: details.onSnapshot }, signal),
        tick(signal),
        keepPreferences(signal),
      ]).finally(watched);
    },
    async dispose() {
      leaving.abort();
      await Promise.allSettled([running, outputs.ended(), details.ended()]);
    },
  };

  /** Has followed what the session on the screen says, once the person stays with it. Returns what ends that. */
  function watchSession(signal: AbortSignal): () => void {
    let shown: string | null = null;
    let moved = new AbortController();
    return store.subscribe((state) => {
      const now = sessionShown(state);
      if (now === shown) return;
      shown = now;
      moved.abort();
      moved = new AbortController();
      clock.sleep(stayMs, { signal: AbortSignal.any([signal, moved.signal]), unref: true }).then(
        () => outputs.show(now === null ? [] : [now]),
        () => undefined,
      );
    });
  }

  /** Moves `nowMs` once a second, at the turn of the second, while something that is shown depends on it. */
  async function tick(signal: AbortSignal): Promise<void> {
    while (await pause(1_000 - (clock.nowMs() % 1_000), signal)) {
      if (dependsOnTime(store.getState(), clock.nowMs())) store.setState({ nowMs: clock.nowMs() });
    }
  }

  async function keepPreferences(signal: AbortSignal): Promise<void> {
    if (!keeper) return;
    let kept = JSON.stringify(preferencesOf(store.getState()));
    const keep = () => {
      const now = preferencesOf(store.getState());
      const text = JSON.stringify(now);
      if (text === kept) return;
      kept = text;
      try {
        keeper.write(now);
      } catch (error) {
        log.warn({ err: error }, 'the preferences of the terminal cannot be kept');
      }
    };
    while (await pause(keepAfterMs, signal)) keep();
    keep();
  }

  async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
    await clock.sleep(Math.max(1, ms), { signal, unref: true }).catch(() => undefined);
    return !signal.aborted;
  }
}

function dependsOnTime(state: TuiState, nowMs: number): boolean {
  const notice = state.notices.at(-1);
  // One tick more than it lasts, so that the tick which takes it away comes.
  if (notice && nowMs - notice.atMs <= noticeMs + 1_000) return true;
  if (anyLive(state)) return true;
  if (Object.values(state.world.approvals).some((approval) => approval.state === 'pending')) return true;
  return Object.values(state.world.repositories).some(
    ({ sensorFailures, planFailure }) => Object.keys(sensorFailures).length > 0 || planFailure?.nextTryAt,
  );
}
