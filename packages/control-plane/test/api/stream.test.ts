import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMemoryEngine, type MemoryEngine } from './memory-engine.ts';
import { ask, type OpenDoor, openDoor, operatorToken, until } from './open-door.ts';
import { at, eventAt, idOf } from './samples.ts';

let memory: MemoryEngine;
let door: OpenDoor;
beforeEach(async () => {
  memory = createMemoryEngine();
  door = await openDoor(memory.engine);
});
afterEach(async () => {
  await door.close();
  await until(() => memory.followers() === 0, 'no follower is left');
});

interface Sent {
  id: string | undefined;
  event: string;
  data: unknown;
}

async function open(path: string, headers: Record<string, string> = {}): Promise<{ answer: IncomingMessage; sent: Sent[] }> {
  const asked = request({
    socketPath: door.socketPath,
    agent: false,
    path,
    headers: { Host: 'decree', Authorization: `Bearer ${operatorToken}`, ...headers },
  });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const sent: Sent[] = [];
  let text = '';
  answer.setEncoding('utf8');
  answer.on('error', () => undefined);
  answer.on('data', (chunk: string) => {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const data = field('data');
      if (data !== undefined) sent.push({ id: field('id'), event: field('event') ?? '', data: JSON.parse(data) });
    }
  });
  return { answer, sent };
}

const numbers = (sent: Sent[]) =>
  sent
    .filter(({ event }) => event === 'events')
    .flatMap(({ data }) => (data as { cursor: string }[]).map(({ cursor }) => Number(cursor)));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

it('sends events from a cursor on in batches whose id is the last cursor', async () => {
  memory.append(range(1, 300).map((n) => eventAt(n)));
  const { answer, sent } = await open('/v1/events/stream?after=100');
  expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  await until(() => numbers(sent).length >= 200, 'all came');
  expect(numbers(sent)).toEqual(range(101, 300));
  expect(sent[0]).toEqual({ id: '100', event: 'open', data: { after: '100' } });
  for (const { id, data } of sent.slice(1)) expect(id).toBe((data as { cursor: string }[]).at(-1)?.cursor);
  answer.destroy();
});

it('begins with the first event when after is empty, and where Last-Event-ID says before what the address says', async () => {
  memory.append(range(1, 10).map((n) => eventAt(n)));
  const first = await open('/v1/events/stream?after=');
  const resumed = await open('/v1/events/stream?after=2', { 'Last-Event-ID': '7' });
  await until(() => numbers(first.sent).length === 10 && numbers(resumed.sent).length === 3, 'both came');
  expect(numbers(first.sent)).toEqual(range(1, 10));
  expect(numbers(resumed.sent)).toEqual([8, 9, 10]);
  first.answer.destroy();
  resumed.answer.destroy();
});

it('begins with what comes from now on, and says at once where that is', async () => {
  memory.append(range(1, 5).map((n) => eventAt(n)));
  const { answer, sent } = await open('/v1/events/stream');
  await until(() => sent.length === 1, 'it is open');
  expect(sent[0]?.data).toEqual({ after: '5' });
  memory.append([eventAt(6)]);
  await until(() => numbers(sent).length === 1, 'the new one came');
  expect(numbers(sent)).toEqual([6]);
  answer.destroy();
});

it('joins what comes close together into few messages', async () => {
  const { answer, sent } = await open('/v1/events/stream?after=');
  for (const n of range(1, 200)) {
    memory.append([eventAt(n)]);
    if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => numbers(sent).length === 200, 'all came');
  expect(numbers(sent)).toEqual(range(1, 200));
  expect(sent.length).toBeLessThan(40);
  answer.destroy();
});

it('holds a reader that does not read back instead of buffering for it, and loses nothing', async () => {
  const text = 'x'.repeat(3000);
  memory.append(range(1, 20_000).map((n) => eventAt(n, { payload: { text } } as never)));
  const before = await heapUsed();
  const { answer, sent } = await open('/v1/events/stream?after=');
  answer.pause();
  const another = await open('/v1/events/stream?after=19990');
  await until(() => numbers(another.sent).length === 10, 'another reader is served meanwhile');
  const grown = (await heapUsed()) - before;
  expect(grown).toBeLessThan(20 * 1024 * 1024);
  answer.resume();
  await until(() => sent.at(-1)?.id === '20000', 'the slow one caught up');
  expect(numbers(sent)).toEqual(range(1, 20_000));
  another.answer.destroy();
  answer.destroy();
});

it('ends the engine’s follow when the reader goes away', async () => {
  const { answer } = await open('/v1/events/stream?after=');
  await until(() => memory.followers() === 1, 'it follows');
  answer.destroy();
  await until(() => memory.followers() === 0, 'it has ended');
});

it('says so in the stream when the engine fails in the middle, and ends it', async () => {
  const { answer, sent } = await open('/v1/events/stream?after=nowhere');
  await once(answer, 'end');
  expect(sent.at(-1)).toEqual({
    id: undefined,
    event: 'error',
    data: { code: 'invalid', message: 'expected a cursor of this ledger, got nowhere' },
  });
});

it('cuts its streams when the door closes', async () => {
  const { answer } = await open('/v1/events/stream?after=');
  const ended = new Promise((resolve) => answer.once('close', resolve));
  await door.listener.stop();
  await ended;
});

it('sends a session’s pages until it ends', async () => {
  const entry = (text: string) => ({ kind: 'text' as const, at, text });
  memory.say(idOf(4), [entry('one')]);
  const { answer, sent } = await open(`/v1/sessions/${idOf(4)}/stream`);
  await until(() => sent.length === 1, 'the first page came');
  memory.say(idOf(4), [entry('two\nlines')], true);
  await once(answer, 'end');
  expect(sent.map(({ id, event, data }) => [id, event, data])).toEqual([
    ['1', 'page', { entries: [entry('one')], next: '1', ended: false }],
    ['2', 'page', { entries: [entry('two\nlines')], next: '2', ended: true }],
  ]);
});

it('answers 404 to a session that does not exist, stream or page', async () => {
  const headers = { Authorization: `Bearer ${operatorToken}` };
  for (const path of [`/v1/sessions/${idOf(99)}`, `/v1/sessions/${idOf(99)}/stream`])
    expect((await ask(door.socketPath, { path, headers })).status).toBe(404);
});

async function heapUsed(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  const { heapUsed: used, external } = process.memoryUsage();
  return used + external;
}
