import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { DecreeError, queries, queryNames } from '@decree/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryEngine, type MemoryEngine } from './memory-engine.ts';
import { ask, type OpenDoor, openDoor, operatorToken, runToken } from './open-door.ts';
import { idOf } from './samples.ts';

let memory: MemoryEngine;
let door: OpenDoor;
beforeEach(async () => {
  memory = createMemoryEngine();
  door = await openDoor(memory.engine);
});
afterEach(() => door.close());

const operator = { Authorization: `Bearer ${operatorToken}` };
const json = { 'Content-Type': 'application/json' };
const agent = { Host: 'api.github.com', Authorization: `token ${runToken}` };
const get = (path: string, headers: Record<string, string> = operator) => ask(door.socketPath, { path, headers });
const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  ask(door.socketPath, { method: 'POST', path, headers: { ...operator, ...json, ...headers }, body });
const command = (changes: object = {}) =>
  JSON.stringify({ id: idOf(900), type: 'plan.start', actor: { type: 'user', id: 'ada' }, input: {}, ...changes });

describe('the two sides', () => {
  const operatorPaths = [
    ...queryNames.map((name) => `/v1${queries[name].path}`),
    '/v1/events/stream',
    `/v1/sessions/${idOf(4)}`,
    `/v1/sessions/${idOf(4)}/stream`,
    '/v1/openapi.json',
    '/v1/nothing',
    '/nothing',
  ];

  it.each(operatorPaths)('answers 401 on %s without, with a wrong, and with a run’s token', async (path) => {
    for (const headers of [
      {},
      { Authorization: 'Bearer wrong' },
      { Authorization: `Bearer ${runToken}` },
      { Authorization: `token ${operatorToken}` },
      { Authorization: operatorToken },
    ]) {
      const answer = await get(path, headers as Record<string, string>);
      expect(answer.status).toBe(401);
      expect(answer.json().code).toBe('unauthorized');
      expect(answer.headers['www-authenticate']).toContain('Bearer');
    }
    expect(memory.asked).toEqual([]);
  });

  it('refuses a command without the operator’s token before its body is read', async () => {
    const answer = await ask(door.socketPath, {
      method: 'POST',
      path: '/v1/commands',
      headers: { ...json, Authorization: `Bearer ${runToken}` },
      body: 'not JSON',
    });
    expect(answer.status).toBe(401);
    expect(memory.executed).toEqual([]);
  });

  it('refuses the operator’s token, and none, on the agents’ side', async () => {
    for (const headers of [{ Authorization: `token ${operatorToken}` }, { Authorization: `Bearer ${operatorToken}` }, {}]) {
      const forge = await get('/repos/acme/widgets', { Host: 'api.github.com', ...headers } as Record<string, string>);
      const push = await ask(door.socketPath, {
        method: 'POST',
        path: '/agent/push',
        headers: { ...json, ...headers } as Record<string, string>,
        body: '{}',
      });
      expect([forge.status, push.status]).toEqual([401, 401]);
    }
    expect(door.forgeRequests).toEqual([]);
    expect(door.pushes).toEqual([]);
  });

  it('does not serve the operator’s paths under the forge’s host', async () => {
    const answer = await get('/v1/health', { ...agent, Authorization: `Bearer ${runToken}` });
    expect(answer.status).toBe(201);
    expect(door.forgeRequests[0]?.request.path).toBe('/v1/health');
    expect(memory.asked).toEqual([]);
  });

  it('passes a broker’s refusal of an unknown run on as 401', async () => {
    const answer = await get('/repos/acme/widgets', { Host: 'api.github.com', Authorization: 'token somebody-else' });
    expect(answer.status).toBe(401);
    expect(answer.json().message).toBe('no live run holds this token');
  });
});

describe('what gh sends', () => {
  it('reaches the broker with method, path, query, headers and parsed body, and the answer comes back whole', async () => {
    const answer = await ask(door.socketPath, {
      method: 'PATCH',
      path: '/api/v3/repos/acme/widgets/issues/3/labels/status%3Apending?per_page=5&q=a%20b',
      headers: { ...agent, Accept: 'application/vnd.github+json', 'Content-Type': 'application/json; charset=utf-8' },
      body: '{"title":"x"}',
    });
    expect(answer.status).toBe(201);
    expect(answer.json()).toEqual({ ok: true });
    expect(answer.headers.link).toBe('<x>; rel="next"');
    expect(door.forgeRequests).toEqual([
      {
        token: runToken,
        request: {
          method: 'PATCH',
          path: '/repos/acme/widgets/issues/3/labels/status%3Apending',
          query: { per_page: '5', q: 'a b' },
          headers: { accept: 'application/vnd.github+json', 'content-type': 'application/json; charset=utf-8' },
          body: { title: 'x' },
        },
      },
    ]);
  });

  it('has no body when none was sent', async () => {
    await ask(door.socketPath, { method: 'DELETE', path: '/repos/acme/widgets/issues/3/labels/x', headers: agent });
    expect(door.forgeRequests[0]?.request.body).toBeUndefined();
  });

  it.each([
    ['text', { status: 200, headers: { 'content-type': 'text/plain' }, body: 'diff --git' }, 200, 'diff --git'],
    ['a JSON string', { status: 200, headers: { 'content-type': 'application/json' }, body: 'word' }, 200, '"word"'],
    ['nothing', { status: 204, headers: {}, body: undefined }, 204, ''],
    ['not modified', { status: 304, headers: { etag: '"x"', 'content-encoding': 'gzip' }, body: '' }, 304, ''],
    ['an error', { status: 422, headers: {}, body: { message: 'Validation Failed' } }, 422, '{"message":"Validation Failed"}'],
  ])('gives the agent %s as the forge answered it', async (_name, given, status, text) => {
    await door.close();
    door = await openDoor(memory.engine, { agents: { forge: async () => given } });
    const answer = await get('/repos/acme/widgets', agent);
    expect([answer.status, answer.text]).toEqual([status, text]);
    expect(answer.headers['content-encoding']).toBeUndefined();
  });

  it('answers 500 without a trace when the broker itself fails, and logs it', async () => {
    await door.close();
    door = await openDoor(memory.engine, {
      agents: {
        forge: async () => {
          throw new TypeError('secret detail');
        },
      },
    });
    const answer = await get('/repos/acme/widgets', agent);
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/secret detail|\.ts/);
    expect(door.faults).toHaveLength(1);
  });

  it.each([
    ['two values for one parameter', '/repos?a=1&a=2'],
    ['empty path segments', '/repos//x'],
  ])('refuses %s', async (_name, path) => {
    expect((await get(path, agent)).status).toBe(400);
    expect(door.forgeRequests).toEqual([]);
  });

  it('takes a push with its defaults and refuses one that contradicts itself', async () => {
    const headers = { ...json, Authorization: `Bearer ${runToken}` };
    const sent = (body: object) =>
      ask(door.socketPath, { method: 'POST', path: '/agent/push', headers, body: JSON.stringify(body) });
    const taken = await sent({ ref: 'refs/heads/issue-3', sha: 'a'.repeat(40) });
    expect(taken.json()).toEqual({ ok: true, message: 'pushed' });
    expect(door.pushes[0]?.input).toEqual({ ref: 'refs/heads/issue-3', sha: 'a'.repeat(40), force: false, delete: false });
    expect((await sent({ ref: 'refs/heads/x', sha: null })).status).toBe(400);
    expect((await sent({ ref: 'refs/heads/x', sha: 'main' })).status).toBe(400);
    expect((await sent({ ref: 'refs/heads/x', sha: 'a'.repeat(40), remote: 'evil' })).status).toBe(400);
    expect(door.pushes).toHaveLength(1);
  });
});

describe('hostile requests', () => {
  it.each(['evil.example', 'decree.evil.example', 'api.github.com.evil.example', 'decree:80', '127.0.0.1', 'DECREE@evil'])(
    'refuses Host %s',
    async (Host) => {
      const answer = await get('/v1/health', { ...operator, Host });
      expect([400, 403]).toContain(answer.status);
      expect(memory.asked).toEqual([]);
    },
  );

  it('takes Host without regard to case, and localhost as curl sends it', async () => {
    expect((await get('/v1/health', { ...operator, Host: 'Decree' })).status).toBe(200);
    expect((await get('/v1/health', { ...operator, Host: 'localhost' })).status).toBe(200);
  });

  it.each(['https://evil.example', 'null', 'http://decree', ''])('refuses Origin %j on both sides', async (Origin) => {
    expect((await get('/v1/health', { ...operator, Origin })).status).toBe(403);
    expect((await get('/repos/a/b', { ...agent, Origin })).status).toBe(403);
    expect(memory.asked).toEqual([]);
  });

  it('refuses a target that names another host than the Host header', async () => {
    const text = await raw(
      `GET http://api.github.com/v1/health HTTP/1.1\r\nHost: decree\r\nAuthorization: Bearer ${operatorToken}\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 40[03]/);
    expect(memory.asked).toEqual([]);
  });

  it('refuses two Host headers and none', async () => {
    expect(await raw(`GET /v1/health HTTP/1.1\r\nAuthorization: Bearer ${operatorToken}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400/);
    const two = await raw(
      `GET /v1/health HTTP/1.1\r\nHost: decree\r\nHost: evil\r\nAuthorization: Bearer ${operatorToken}\r\nConnection: close\r\n\r\n`,
    );
    expect(two).toMatch(/^HTTP\/1\.1 40[03]/);
    expect(memory.asked).toEqual([]);
  });

  it.each([
    ['no JSON', '{', 400],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400],
    ['nothing', '', 415],
    ['an array', '[]', 400],
    ['null', 'null', 400],
    ['an unknown command', command({ type: 'engine.format' }), 400],
    ['a field too much', command({ force: true }), 400],
    ['an input with a misspelt field', command({ type: 'task.add', input: { title: 'x', label: [] } }), 400],
    ['an input of the wrong type', command({ type: 'task.add', input: { title: 7 } }), 400],
    ['an id that is none', command({ id: 'x' }), 400],
    ['an actor that is the engine', command({ actor: { type: 'system', id: 'engine' } }), 403],
    ['an actor that is an agent', command({ actor: { type: 'agent', id: 'implementor' } }), 403],
  ])('refuses a command that is %s', async (_name, body, status) => {
    const answer = await post('/v1/commands', body, body === '' ? { 'Content-Type': '' } : {});
    expect(answer.status).toBe(status);
    expect(answer.json().message).toBeTruthy();
    expect(memory.executed).toEqual([]);
  });

  it('names the field that is wrong', async () => {
    const answer = await post('/v1/commands', command({ type: 'task.add', input: { title: 7 } }));
    expect(answer.json().message).toMatch(/input\.title/);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx'])(
    'answers 415 to %s',
    async (type) => {
      expect((await post('/v1/commands', command(), { 'Content-Type': type })).status).toBe(415);
    },
  );

  it('answers 413 to a body past the limit, with and without its length', async () => {
    const large = Buffer.alloc(1024 * 1024 + 1, 0x20);
    expect((await post('/v1/commands', large, { 'Content-Length': String(large.length) })).status).toBe(413);
    expect((await post('/v1/commands', large, { 'Transfer-Encoding': 'chunked' })).status).toBe(413);
    expect((await get('/v1/health')).status).toBe(200);
  });

  it.each([
    ['POST', '/v1/health', 'GET, HEAD'],
    ['DELETE', '/v1/runs', 'GET, HEAD'],
    ['OPTIONS', '/v1/runs', 'GET, HEAD'],
    ['PUT', '/v1/commands', 'POST'],
    ['POST', '/v1/events/stream', 'GET, HEAD'],
    ['HEAD', '/v1/events/stream', 'GET'],
    ['PATCH', `/v1/sessions/${idOf(4)}`, 'GET, HEAD'],
  ])('answers 405 with Allow to %s %s', async (method, path, allow) => {
    const answer = await ask(door.socketPath, { method, path, headers: operator });
    expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
  });

  it('answers GET /agent/push and /v1/commands with 405 and Allow: POST', async () => {
    expect((await get('/v1/commands')).headers.allow).toBe('POST');
    expect((await get('/agent/push')).headers.allow).toBe('POST');
  });

  it.each(['/', '/v1', '/v1/', '/v1/health/', '/v2/health', '/v1/%2e%2e/agent/push', '/agent/other'])(
    'answers 404 in JSON on %s',
    async (path) => {
      const answer = await get(path);
      expect(answer.status).toBeOneOf([404, 405]);
      expect(answer.json().code).toBeOneOf(['not_found', 'invalid']);
    },
  );

  it.each([
    '/v1/runs?limit=0',
    '/v1/runs?limit=x',
    '/v1/runs?state=gone',
    '/v1/runs?colour=red',
    '/v1/runs?limit=1&limit=2',
    '/v1/run',
    '/v1/run?runId=1',
    '/v1/issue?issue=-1',
    '/v1/sessions/x',
    `/v1/sessions/${idOf(4)}?limit=5001`,
    '/v1/events/stream?before=1',
    '/v1/runs?__proto__=1',
  ])('answers 400 to %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(400);
    expect(answer.json().code).toBe('invalid');
  });

  it('answers a DecreeError with its status and details, and any other error without its text', async () => {
    memory.fail(new DecreeError('conflict', 'the run has ended', { details: { state: 'success' } }));
    const conflict = await get('/v1/health');
    expect([conflict.status, conflict.json()]).toEqual([
      409,
      { code: 'conflict', message: 'the run has ended', details: { state: 'success' } },
    ]);
    memory.fail(new Error('SQLITE_CORRUPT at /home/ada/state'));
    const fault = await get('/v1/health');
    expect(fault.status).toBe(500);
    expect(fault.text).not.toContain('SQLITE');
    expect(door.faults).toHaveLength(1);
  });

  function raw(text: string): Promise<string> {
    const socket = connect(door.socketPath);
    socket.end(text);
    return Readable.from(socket)
      .toArray()
      .then((chunks) => Buffer.concat(chunks as Buffer[]).toString());
  }
});

it('does a command once however often its id is sent', async () => {
  const first = await post('/v1/commands', command());
  const second = await post('/v1/commands', command());
  expect(second.json()).toEqual(first.json());
  expect(memory.executed).toHaveLength(1);
});
