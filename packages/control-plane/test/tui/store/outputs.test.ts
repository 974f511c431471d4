import { DecreeError, type Engine, type TranscriptEntry } from '@decree/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SessionOutput } from '../../../src/tui/store/output.ts';
import { createOutputs } from '../../../src/tui/store/outputs.ts';
import { createMemoryEngine } from '../../api/memory-engine.ts';
import { at, idOf } from '../../api/samples.ts';
import { log } from './open-store.ts';
import { createTestClock, idle } from './test-clock.ts';

const said = (text: string): TranscriptEntry => ({ kind: 'text', at, text });
const lines = (count: number, from = 0) => Array.from({ length: count }, (_, n) => said(`line ${from + n}`));
/** The first and the last line; throws when one between is missing. */
const numbersOf = (output: SessionOutput | undefined) => {
  const numbers = (output?.entries ?? []).map((entry) => ('text' in entry ? Number(entry.text.slice(5)) : Number.NaN));
  for (const [at, number] of numbers.entries()) expect(number).toBe((numbers[0] ?? 0) + at);
  return [numbers[0], numbers.at(-1)];
};
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
    expect(outputs.read(first)).toMatchObject({ version: told, first: 0 });
    expect(outputs.read(first)?.entries).toHaveLength(201);
  });

  it('opens at the end and reads back page by page, in order, until ten thousand lines are kept', async () => {
    const { outputs, memory, clock } = open();
    memory.say(first, lines(35_000));
    outputs.show([first]);
    await clock.pass(200);
    expect(outputs.read(first)).toMatchObject({ first: 0, earlier: 'some', ended: false });
    expect(numbersOf(outputs.read(first))).toEqual([34_800, 34_999]);
    outputs.earlier(first);
    outputs.earlier(first);
    memory.say(first, lines(10, 35_000));
    await clock.pass(200);
    expect(outputs.read(first)).toMatchObject({ first: -1_000, earlier: 'some' });
    expect(numbersOf(outputs.read(first))).toEqual([33_800, 35_009]);
    for (let n = 0; n < 20; n += 1) {
      outputs.earlier(first);
      await clock.pass(200);
    }
    expect(outputs.read(first)).toMatchObject({ first: -9_790, earlier: 'not kept' });
    expect(numbersOf(outputs.read(first))).toEqual([25_010, 35_009]);
    memory.say(first, lines(5_000, 35_010), true);
    await clock.pass(2_000);
    expect(outputs.read(first)).toMatchObject({ first: -4_790, ended: true });
    expect(numbersOf(outputs.read(first))).toEqual([30_010, 40_009]);
    expect(memory.followers()).toBe(0);
  });

  it('reads back to the first word, and says when it cannot', async () => {
    let broken = true;
    const { outputs, memory, clock } = open((engine) => ({
      ...engine,
      streams: {
        ...engine.streams,
        async read(input) {
          if (broken && input.before !== undefined) throw new DecreeError('unavailable', 'the line is down');
          return engine.streams.read(input);
        },
      },
    }));
    memory.say(first, lines(1_200), true);
    outputs.show([first]);
    await clock.pass(200);
    outputs.earlier(first);
    await clock.pass(200);
    expect(outputs.read(first)).toMatchObject({ earlier: 'some', message: 'the line is down' });
    broken = false;
    outputs.earlier(first);
    await clock.pass(200);
    expect(outputs.read(first)).toMatchObject({ first: -1_000, earlier: 'none', message: null, ended: true });
    expect(numbersOf(outputs.read(first))).toEqual([0, 1_199]);
  });

  it('counts long entries by what they take, and keeps the newest however long', async () => {
    const { outputs, memory, clock } = open();
    memory.say(first, [said('a'), said('x\n'.repeat(9_998)), said('b')]);
    outputs.show([first]);
    await clock.pass(200);
    expect(outputs.read(first)).toMatchObject({ first: 1, earlier: 'not kept' });
    memory.say(first, [said('y'.repeat(5_000_000))]);
    await clock.pass(200);
    expect(outputs.read(first)).toMatchObject({ first: 3 });
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
