import type { Engine, TranscriptEntry } from '@decree/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createOutputs } from '../../../src/tui/store/outputs.ts';
import { createMemoryEngine } from '../../api/memory-engine.ts';
import { at, idOf } from '../../api/samples.ts';
import { log } from './open-store.ts';
import { createTestClock, idle } from './test-clock.ts';

const said = (text: string): TranscriptEntry => ({ kind: 'text', at, text });
const lines = (count: number, from = 0) => Array.from({ length: count }, (_, n) => said(`line ${from + n}`));
const [first, second] = [idOf(1), idOf(2)];

describe('what agents say', () => {
  it('is read for the sessions on the screen only, and kept readable for the last few', async () => {
    const { outputs, memory, clock } = open();
    memory.say(first, lines(3));
    memory.say(second, lines(2));
    outputs.show([first]);
    await clock.pass(200);
    expect(outputs.read(first)?.entries).toHaveLength(3);
    expect(outputs.read(second)).toBeUndefined();
    outputs.show([second]);
    await clock.pass(200);
    expect(memory.followers()).toBe(1);
    memory.say(first, lines(1, 3));
    await clock.pass(200);
    expect(outputs.read(first)?.entries).toHaveLength(3);
    outputs.show([first]);
    await clock.pass(200);
    expect(outputs.read(first)?.entries.map((entry) => 'text' in entry && entry.text)).toEqual([
      'line 0',
      'line 1',
      'line 2',
      'line 3',
    ]);
    for (let n = 10; n < 20; n += 1) outputs.show([idOf(n)]);
    expect(outputs.read(first)).toBeUndefined();
  });

  it('tells of changes at once, and then at most ten times a second', async () => {
    const { outputs, memory, clock } = open();
    memory.say(first, lines(1));
    outputs.show([first]);
    let told = 0;
    outputs.subscribe(() => {
      told += 1;
    });
    await clock.pass(5);
    expect(told).toBe(1);
    for (let n = 0; n < 200; n += 1) {
      memory.say(first, lines(1, n + 1));
      await clock.pass(5);
    }
    await clock.pass(200);
    expect(told).toBeGreaterThanOrEqual(9);
    expect(told).toBeLessThanOrEqual(12);
    expect(outputs.read(first)).toMatchObject({ version: told, dropped: 0 });
    expect(outputs.read(first)?.entries).toHaveLength(201);
  });

  it('keeps ten thousand lines and says how many entries went before', async () => {
    const { outputs, memory, clock } = open();
    outputs.show([first]);
    memory.say(first, lines(35_000), true);
    await clock.pass(2_000);
    const output = outputs.read(first);
    expect(output?.entries).toHaveLength(10_000);
    expect(output).toMatchObject({ dropped: 25_000, ended: true });
    expect(output?.entries.at(-1)).toEqual(said('line 34999'));
    expect(memory.followers()).toBe(0);
  });

  it('counts long entries by what they take, and keeps the newest however long', async () => {
    const { outputs, memory, clock } = open();
    memory.say(first, [said('a'), said('x\n'.repeat(9_998)), said('b')]);
    outputs.show([first]);
    await clock.pass(200);
    expect(outputs.read(first)?.dropped).toBe(1);
    memory.say(first, [said('y'.repeat(5_000_000))]);
    await clock.pass(200);
    expect(outputs.read(first)).toMatchObject({ dropped: 3 });
    expect(outputs.read(first)?.entries).toHaveLength(1);
  });

  it('says why a session cannot be read, and goes on when it can', async () => {
    const { outputs, memory, clock } = open();
    outputs.show([first]);
    await clock.pass(200);
    expect(outputs.read(first)).toMatchObject({ message: `there is no session ${first}`, entries: [] });
    memory.say(first, lines(2));
    await clock.pass(1_500);
    expect(outputs.read(first)).toMatchObject({ message: null });
    expect(outputs.read(first)?.entries).toHaveLength(2);
  });

  it('asks the engine for the one session that is shown while fifty talk', async () => {
    const followed: string[] = [];
    const { outputs, memory, clock } = open((engine) => ({
      ...engine,
      streams: {
        ...engine.streams,
        follow: (input, signal) => {
          followed.push(input.sessionId);
          return engine.streams.follow(input, signal);
        },
      },
    }));
    outputs.show([idOf(7)]);
    for (let n = 0; n < 50; n += 1) memory.say(idOf(n), lines(200));
    await clock.pass(2_000);
    expect(new Set(followed)).toEqual(new Set([idOf(7)]));
    expect(outputs.read(idOf(7))?.entries).toHaveLength(200);
  });
});

function open(around: (engine: Engine) => Engine = (engine) => engine) {
  const memory = createMemoryEngine();
  const clock = createTestClock();
  const outputs = createOutputs({ engine: around(memory.engine), clock, log });
  const ending = new AbortController();
  outputs.start(ending.signal);
  onTestFinished(async () => {
    ending.abort();
    await clock.pass(200);
    await outputs.ended();
    await idle();
    expect(memory.followers()).toBe(0);
  });
  return { memory, clock, outputs };
}
