/*
 * The terminal, whole, in this process over streams that look like a terminal: whatever it is fed, and for however long, it holds
 * no more than at the beginning. Time is a clock that runs fast, handed in.
 */
import { Console } from 'node:console';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Engine, Event, StoredEvent, TranscriptEntry } from '@decree/contracts';
import { emptyState, noUsage } from '@decree/contracts';
import { expect, it } from 'vitest';
import { configSchema } from '../../packages/control-plane/src/config/schema.ts';
import { createTranscripts } from '../../packages/control-plane/src/engine/agents/transcript.ts';
import { createRecord } from '../../packages/control-plane/src/engine/record.ts';
import { type Clock, systemClock, systemRandom } from '../../packages/control-plane/src/engine/system/index.ts';
import { openTerminal } from '../../packages/control-plane/src/tui/index.ts';
import { outputs } from '../../packages/control-plane/test/api/samples.ts';

// Ink wants to make one; the one of the test runner cannot.
Object.assign(console, { Console });
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const log = { error: () => undefined, warn: () => undefined, info: () => undefined } as never;
const repositoryId = 'acme/widgets';
const sha = 'a'.repeat(40);

/** In megabytes, after garbage has been collected. */
async function heapMb(): Promise<number> {
  await delay(50);
  for (let turn = 0; turn < 3; turn += 1) collect();
  return process.memoryUsage().heapUsed / 1024 ** 2;
}

/** No more than a tenth above or below the first. */
function expectFlat(heaps: readonly number[]): void {
  const first = heaps[0] as number;
  console.log(`heap in MB: ${heaps.map((heap) => heap.toFixed(1)).join(' ')}`);
  expect(Math.max(...heaps)).toBeLessThan(first * 1.1);
  expect(Math.min(...heaps)).toBeGreaterThan(first * 0.9);
}

/** So many times as fast as the wall's. */
function fastClock(times: number): Clock {
  const began = Date.now();
  const nowMs = () => began + (Date.now() - began) * times;
  return {
    now: () => new Date(nowMs()).toISOString(),
    nowMs,
    monotonicMs: () => performance.now() * times,
    sleep: (ms, options) => systemClock.sleep(ms / times, options),
  };
}

/** A stream of events that holds none that was taken. */
function createEvents() {
  let waiting: StoredEvent[] = [];
  let wake = () => {};
  let number = 0;
  return {
    tell(events: readonly Event[]) {
      for (const event of events) waiting.push({ ...event, cursor: String(++number) });
      wake();
    },
    async *follow(_input: unknown, signal: AbortSignal): AsyncGenerator<StoredEvent[]> {
      signal.addEventListener('abort', () => wake(), { once: true });
      while (!signal.aborted) {
        if (waiting.length === 0)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        const batch = waiting;
        waiting = [];
        if (batch.length > 0) yield batch;
      }
    },
  };
}

function open(clock: Clock) {
  const directory = mkdtempSync(join(tmpdir(), 'decree-soak-'));
  const transcripts = createTranscripts({ directory, clock, redact: (text) => text, log });
  const events = createEvents();
  const record = createRecord(clock, systemRandom, (text) => text);
  const { repositories, tasks, runs, approvals, pulls, specs, spend } = emptyState();
  const none = { repositories, tasks, runs, approvals, pulls, specs, spend };
  const engine: Engine = {
    async query(name) {
      if (name === 'snapshot')
        return {
          cursor: null,
          ...Object.fromEntries(Object.entries(none).map(([key, rows]) => [key, Object.values(rows)])),
        } as never;
      if (name === 'health') return { ...outputs.health, needsYou: 0 } as never;
      return (name.startsWith('list') ? { items: [] } : outputs[name]) as never;
    },
    execute: async () => ({ message: 'done' }),
    events: { follow: events.follow },
    streams: transcripts.accessor,
  };
  let drawn = '';
  const stdout = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        drawn = (drawn + String(chunk)).slice(-100_000);
        done();
      },
    }),
    { isTTY: true, columns: 200, rows: 50 },
  ) as unknown as NodeJS.WriteStream;
  const stdin = Object.assign(new PassThrough(), {
    ...{ isTTY: true, setRawMode: () => stdin, ref: () => stdin, unref: () => stdin },
  }) as unknown as NodeJS.ReadStream & PassThrough;
  const leaving = new AbortController();
  const ended = openTerminal({
    ...{
      engine,
      clock,
      random: systemRandom,
      log,
      stdin,
      stdout,
      attached: true,
      user: 'ann',
      notices: [],
      signal: leaving.signal,
    },
    ...{
      settings: configSchema.parse({}).tui,
      env: { TERM: 'xterm-256color' },
      preferences: { read: () => undefined, write: () => undefined },
    },
    ...{ process: { on: () => undefined, off: () => undefined }, openUrl: async () => undefined, edit: async () => null },
    suspend: async () => undefined,
  });
  return {
    ...{ events, record, transcripts },
    press: (keys: string) => stdin.write(keys),
    async seen(wanted: string, ms = 30_000) {
      for (const end = Date.now() + ms; !drawn.includes(wanted); await delay(2))
        if (Date.now() > end)
          throw new Error(`${JSON.stringify(wanted)} was never drawn; last: ${JSON.stringify(drawn.slice(-500))}`);
    },
    async close() {
      leaving.abort();
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A task that an agent works on, as the engine would tell of it. */
function begin({ record }: ReturnType<typeof open>, issue: number) {
  const [taskId, runId, sessionId] = [systemRandom.uuidv7(), systemRandom.uuidv7(), systemRandom.uuidv7()];
  const task = { repositoryId, correlationId: taskId, taskId };
  const run = { ...task, runId, agentId: 'implementor' };
  const queued = {
    role: 'implementor',
    attempt: 1,
    retryOf: null,
    effectScope: runId,
    trigger: 'person',
    agentId: 'implementor',
  } as const;
  const events: Event[] = [
    record('task.created', { kind: 'implement', title: `Task ${issue}`, issue, specs: [] }, task),
    record('run.queued', { ...queued, adapter: 'talker', model: null, issue, pull: null, rank: 20 }, run),
    record('run.started', { fence: 1, worker: 'soak' }, run),
    record(
      'run.workspace_ready',
      { workspace: { path: `/work/${issue}`, strategy: 'new', branch: `issue-${issue}`, baseSha: sha } },
      run,
    ),
    record('run.session_started', { adapter: 'talker', model: null, resumed: false, headSha: sha }, { ...run, sessionId }),
  ];
  const end: () => Event[] = () => [
    record('run.used', { model: 'small', usage: { ...noUsage, inputTokens: 1_000, costUsd: 0.01, costBasis: 'reported' } }, run),
    record('run.succeeded', { summary: 'done' }, run),
    record('task.followed_up', { runId, outcome: 'nothing' }, task),
    record('task.closed', { code: 'merged' }, task),
  ];
  return { events, end, sessionId };
}

it('holds no more after 1,000,000 lines of a session that is looked at', async () => {
  const clock = fastClock(20);
  const terminal = open(clock);
  const heaps: number[] = [];
  try {
    const { events, sessionId } = begin(terminal, 1);
    const transcript = terminal.transcripts.open(sessionId);
    terminal.events.tell(events);
    await terminal.seen('Task 1');
    const step = 5_000;
    for (let line = 0; line < 1_000_000; line += step) {
      for (let index = line; index < line + step; index += 1) {
        const entry: TranscriptEntry = {
          kind: 'text',
          at: clock.now(),
          text: `L${String(index).padStart(7, '0')} ${'word '.repeat(1 + (index % 12))}`,
        };
        transcript.append(entry);
      }
      await terminal.seen(`L${String(line + step - 1).padStart(7, '0')}`);
      // What is kept is full after ten thousand lines; the code is warm a little later.
      if ((line + step) % 100_000 === 0) heaps.push(await heapMb());
    }
    await transcript.end();
  } finally {
    await terminal.close();
  }
  expectFlat(heaps);
});

it('holds no more after 8 hours of tasks that come and go', async () => {
  const times = 240;
  const terminal = open(fastClock(times));
  const heaps: number[] = [];
  try {
    const live: ReturnType<typeof begin>[] = [];
    let issue = 0;
    const began = performance.now();
    const hours = () => ((performance.now() - began) * times) / 3_600_000;
    while (hours() < 8) {
      // One a quarter of a minute; ten at work at once.
      issue += 1;
      const begun = begin(terminal, issue);
      terminal.events.tell(begun.events);
      live.push(begun);
      if (live.length > 10) terminal.events.tell(live.shift()?.end() ?? []);
      terminal.press(['j', 'k', '1', '2', '4', '5', '\t'][issue % 7] as string);
      await delay(15_000 / times);
      if (hours() > heaps.length + 1) heaps.push(await heapMb());
    }
  } finally {
    await terminal.close();
  }
  expectFlat(heaps);
});
