import { onTestFinished } from 'vitest';
import { createTuiStore, type TuiStore, type TuiStoreOptions } from '../../../src/tui/store/create-store.ts';
import { createMemoryEngine, type MemoryEngine } from '../../api/memory-engine.ts';
import { outputs } from '../../api/samples.ts';
import { createTestClock, type TestClock } from './test-clock.ts';

export const log = { error: () => undefined, warn: () => undefined, info: () => undefined } as never;

export interface OpenStore {
  memory: MemoryEngine;
  clock: TestClock;
  tui: TuiStore;
}

/** A store over an engine in memory, with a clock that stands still until it is told to go on. */
export function openStore(options: Partial<TuiStoreOptions> & { start?: false } = {}): OpenStore {
  const memory = createMemoryEngine();
  memory.answer.snapshot = { ...outputs.snapshot, cursor: null };
  const clock = createTestClock();
  const tui = createTuiStore({ engine: memory.engine, clock, log, ...options });
  const ending = new AbortController();
  if (options.start !== false) tui.start(ending.signal);
  onTestFinished(async () => {
    ending.abort();
    await tui.dispose();
  });
  return { memory, clock, tui };
}
