import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../control-plane/src/engine/system/clock.ts';
import { createMemoryEngine } from '../../control-plane/test/api/memory-engine.ts';
import { openDoor, operatorToken, until } from '../../control-plane/test/api/open-door.ts';
import { at, eventAt, idOf } from '../../control-plane/test/api/samples.ts';
import { createClient } from '../src/index.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'decree-client-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const quick = { sleep: (_ms: number, options?: { signal?: AbortSignal }) => systemClock.sleep(2, options) };
const local = () => createClient({ socketPath: join(directory, 'd.sock'), token: operatorToken, ...quick });

/** Reads batches into one list of numbers, until it has `count` of them or the stream ends. */
async function collect(
  batches: AsyncIterable<{ cursor: string }[]>,
  into: number[],
  count = Number.POSITIVE_INFINITY,
): Promise<void> {
  for await (const batch of batches) {
    into.push(...batch.map(({ cursor }) => Number(cursor)));
    if (into.length >= count) return;
  }
}

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(handler).listen(join(directory, 'd.sock'));
  await once(server, 'listening');
  return server;
}
const close = (server: Server) => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
};

describe('an engine that is not there', () => {
  it('is unavailable, with what to do about it', async () => {
    await expect(local().query('health', {})).rejects.toMatchObject({
      code: 'unavailable',
      message: 'no engine is running for this repository: start one with `control-plane`',
    });
  });

  it('is told at once to who wants to follow it', async () => {
    await expect(collect(local().events.follow({ after: null }, new AbortController().signal), [])).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it.each([
    ['a page that is not JSON', '<html>', 200, 'unavailable'],
    ['an empty 502', '', 502, 'unavailable'],
    ['a 404 without a reason', 'no', 404, 'not_found'],
    ['a refusal of a code that it does not know', '{"code":"teapot","message":"x"}', 418, 'invalid'],
  ])('or answers with %s is an error that says so', async (_name, text, status, code) => {
    const server = await serve((_request, response) => response.writeHead(status).end(text));
    await expect(local().query('health', {})).rejects.toMatchObject({
      name: 'DecreeError',
      code,
      message: expect.stringContaining('engine of Decree'),
    });
    await close(server);
  });

  it('or breaks off in the middle of an answer is unavailable', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('{"a"');
      setImmediate(() => response.destroy());
    });
    await expect(local().query('health', {})).rejects.toMatchObject({ code: 'unavailable' });
    await close(server);
  });
});

describe('following events', () => {
  it('loses none and doubles none when the engine goes and comes back, at any place', async () => {
    const memory = createMemoryEngine();
    memory.append(range(1, 50).map((n) => eventAt(n)));
    let door = await openDoor(memory.engine, { directory });
    const seen: number[] = [];
    const done = collect(local().events.follow({ after: null }, new AbortController().signal), seen, 500);
    let next = 51;
    for (let restart = 0; restart < 5; restart += 1) {
      const target = next + 20;
      await until(() => seen.length >= target - 25, 'some came');
      await door.close();
      memory.append(range(next, next + 39).map((n) => eventAt(n)));
      next += 40;
      door = await openDoor(memory.engine, { directory });
      memory.append(range(next, next + 49).map((n) => eventAt(n)));
      next += 50;
    }
    await done;
    expect(seen).toEqual(range(1, 500));
    await door.close();
  });

  it('from now on loses none either when the connection breaks before the first event', async () => {
    const memory = createMemoryEngine();
    memory.append([eventAt(1)]);
    let door = await openDoor(memory.engine, { directory });
    const seen: number[] = [];
    const done = collect(local().events.follow({}, new AbortController().signal), seen, 2);
    await until(() => memory.followers() === 1, 'it follows');
    await door.close();
    memory.append([eventAt(2), eventAt(3)]);
    door = await openDoor(memory.engine, { directory });
    await done;
    expect(seen).toEqual([2, 3]);
    await door.close();
  });

  it('drops a message that was cut in the middle and gets it whole again', async () => {
    const asked: string[] = [];
    const server = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const message = (...n: number[]) =>
        `id: ${n.at(-1)}\nevent: events\ndata: ${JSON.stringify(n.map((each) => eventAt(each)))}\n\n`;
      if (asked.length === 1) {
        response.write(`event: open\ndata: {"after":null}\n\n${message(1)}`);
        response.write(message(2, 3).slice(0, -2));
        setTimeout(() => response.destroy(), 20);
      } else {
        for (const byte of Buffer.from(`: hello\n\n${message(2, 3)}`)) response.write(Buffer.from([byte]));
      }
    });
    const seen: number[] = [];
    await collect(local().events.follow({ after: null }, new AbortController().signal), seen, 3);
    expect(seen).toEqual([1, 2, 3]);
    expect(asked).toEqual(['/v1/events/stream?after=', '/v1/events/stream?after=1']);
    await close(server);
  });

  it('ends without an error when it is aborted, connected or waiting to connect again', async () => {
    const memory = createMemoryEngine();
    const door = await openDoor(memory.engine, { directory });
    const connected = new AbortController();
    const first = collect(local().events.follow({ after: null }, connected.signal), []);
    await until(() => memory.followers() === 1, 'it follows');
    connected.abort();
    await first;
    await until(() => memory.followers() === 0, 'the engine noticed');

    const waiting = new AbortController();
    const client = createClient({
      socketPath: door.socketPath,
      token: operatorToken,
      sleep: (_ms, options) => systemClock.sleep(60_000, options),
    });
    const second = collect(client.events.follow({ after: null }, waiting.signal), []);
    await until(() => memory.followers() === 1, 'it follows again');
    await door.close();
    waiting.abort();
    await second;
  });

  it('leaves no connection behind when its reader stops reading', async () => {
    const memory = createMemoryEngine();
    memory.append([eventAt(1)]);
    const door = await openDoor(memory.engine, { directory });
    await collect(local().events.follow({ after: null }, new AbortController().signal), [], 1);
    await until(() => memory.followers() === 0, 'the engine noticed');
    await door.close();
  });

  it('stops at a refusal that trying again cannot mend', async () => {
    const door = await openDoor(createMemoryEngine().engine, { directory });
    await expect(collect(local().events.follow({ after: 'nowhere' }, new AbortController().signal), [])).rejects.toMatchObject({
      code: 'invalid',
    });
    const stranger = createClient({ socketPath: door.socketPath, token: 'wrong', ...quick });
    await expect(collect(stranger.events.follow({}, new AbortController().signal), [])).rejects.toMatchObject({
      code: 'unauthorized',
    });
    await door.close();
  });

  it('waits longer after each attempt that failed, up to five seconds', async () => {
    const memory = createMemoryEngine();
    const door = await openDoor(memory.engine, { directory });
    const waits: number[] = [];
    const stop = new AbortController();
    const client = createClient({
      socketPath: door.socketPath,
      token: operatorToken,
      async sleep(ms) {
        waits.push(ms);
        if (waits.length === 9) stop.abort();
      },
    });
    const done = collect(client.events.follow({ after: null }, stop.signal), []);
    await until(() => memory.followers() === 1, 'it follows');
    await door.close();
    await done;
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });
});

it('follows a session to its end over a broken connection', async () => {
  const memory = createMemoryEngine();
  const entry = (text: string) => ({ kind: 'text' as const, at, text });
  memory.say(idOf(4), [entry('one')]);
  let door = await openDoor(memory.engine, { directory });
  const seen: string[] = [];
  const done = (async () => {
    for await (const page of local().streams.follow({ sessionId: idOf(4) }, new AbortController().signal)) {
      seen.push(...page.entries.map((each) => (each.kind === 'text' ? each.text : '')));
    }
  })();
  await until(() => seen.length === 1, 'the first came');
  await door.close();
  memory.say(idOf(4), [entry('two'), entry('three')], true);
  door = await openDoor(memory.engine, { directory });
  await done;
  expect(seen).toEqual(['one', 'two', 'three']);
  await door.close();
});

describe('over a URL', () => {
  it('speaks to the same paths, below the URL’s own', async () => {
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      asked.push([request.url, request.headers.host, request.headers.authorization]);
      response.end('{"ok":true}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = createClient({ url: `http://127.0.0.1:${port}/decree/`, token: 'secret', ...quick });
    expect(await client.query('health', {})).toEqual({ ok: true });
    expect(asked).toEqual([['/decree/v1/health', `127.0.0.1:${port}`, 'Bearer secret']]);
    await close(server);
  });

  it.each(['ftp://x', 'nonsense', 'http://user:pass@x', 'http://x/?a=1'])('refuses %s', (url) => {
    expect(() => createClient({ url, token: 'x', ...quick })).toThrow(/expected a URL/);
  });

  it('refuses a token that cannot stand in a header', async () => {
    await expect(createClient({ url: 'http://127.0.0.1:1', token: 'a\nb', ...quick }).query('health', {})).rejects.toMatchObject({
      code: 'invalid',
    });
  });
});
