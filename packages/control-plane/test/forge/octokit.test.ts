import { createEmulator } from 'emulate';
import { describe, expect, test } from 'vitest';
import { ForgeAuth, ForgeNotFound, ForgeRefused, ForgeUnavailable } from '../../src/engine/forge/errors.ts';
import { createOctokitForge } from '../../src/engine/forge/octokit.ts';
import type { ForgeCredential, Pacing } from '../../src/engine/forge/octokit-load.ts';
import { systemClock } from '../../src/engine/system/clock.ts';

type Answer = { status: number; body?: unknown; headers?: Record<string, string> };

/** GitHub, played by a function; keeps what it was asked. */
function play(
  answer: (request: Request, count: number) => Answer | Promise<Answer>,
  options: { pacing?: Pacing; requestTimeoutMs?: number; apiUrl?: string } = {},
) {
  const asked: string[] = [];
  const forge = createOctokitForge({
    repository: { owner: 'acme', name: 'example' },
    credential: { kind: 'token', token: 'secret' },
    clock: systemClock,
    pacing: null,
    ...options,
    fetch: async (url, init) => {
      const request = new Request(url, init);
      asked.push(`${request.method} ${url.replace(/^https:\/\/[^/]+/, '')}`);
      const { status, body, headers } = await answer(request, asked.length);
      return new Response(body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body), {
        status,
        headers: { 'content-type': 'application/json', ...headers },
      });
    },
  });
  return { forge, asked };
}

const issue = (number: number, more: object = {}) => ({
  id: 1000 + number,
  number,
  title: `Issue ${number}`,
  body: null,
  state: 'open',
  labels: [],
  user: null,
  comments: 0,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  closed_at: null,
  html_url: 'https://github.com/acme/example/issues/1',
  ...more,
});

/** Repeats at once, so that no test waits. */
const eager: Pacing = { writeMs: 0, notifyMs: 0, readRetries: 1, longestWaitMs: 0 };

describe('what went wrong is told by what to do about it', () => {
  test.each([
    [401, {}, ForgeAuth],
    [403, {}, ForgeAuth],
    [404, {}, ForgeNotFound],
    [410, {}, ForgeNotFound],
    [409, {}, ForgeRefused],
    [422, {}, ForgeRefused],
    [403, { 'retry-after': '7' }, ForgeUnavailable],
    [429, { 'retry-after': '7' }, ForgeUnavailable],
    [503, { 'retry-after': '7' }, ForgeUnavailable],
  ])('%i with %j', async (status, headers, kind) => {
    const { forge } = play(() => ({ status, body: { message: 'No', errors: [{ message: 'because' }] }, headers }));
    const error: unknown = await forge.getIssue(1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain('No; because');
    if (error instanceof ForgeUnavailable) expect(error.retryAfterMs).toBe(7_000);
  });

  test('a spent rate limit says when it is renewed', async () => {
    const reset = Math.floor(Date.now() / 1000) + 600;
    const { forge } = play(() => ({
      status: 403,
      body: { message: 'API rate limit exceeded' },
      headers: { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
    }));
    const error = (await forge.getIssue(1).catch((thrown: unknown) => thrown)) as ForgeUnavailable;
    expect(error.retryAfterMs).toBeGreaterThan(590_000);
    expect(forge.rateLimit()).toMatchObject({ limit: 5000, remaining: 0, used: 5000 });
  });

  test('no answer, a cut answer and a proxy’s page are unavailable', async () => {
    const broken = play(() => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })));
    await expect(broken.forge.getIssue(1)).rejects.toThrow(/No answer from the forge: connect ECONNREFUSED/);
    await expect(broken.forge.getIssue(1)).rejects.toBeInstanceOf(ForgeUnavailable);
    const page = play(() => ({ status: 200, body: { html: '<p>Sign in</p>' } }));
    await expect(page.forge.getIssue(1)).rejects.toBeInstanceOf(ForgeUnavailable);
  });

  test('an answer that does not come in time is unavailable', async () => {
    const { forge } = play(() => new Promise(() => undefined), { requestTimeoutMs: 20 });
    await expect(forge.getIssue(1)).rejects.toThrow(/within 20 ms/);
  });

  test('a private key that is none is an authentication fault before anything is sent', async () => {
    const credential: ForgeCredential = { kind: 'app', appId: 1, privateKey: 'nonsense', installationId: 2 };
    const forge = createOctokitForge({
      repository: { owner: 'a', name: 'b' },
      credential,
      clock: systemClock,
      pacing: null,
      fetch: () => Promise.reject(new Error('sent')),
    });
    await expect(forge.getIssue(1)).rejects.toBeInstanceOf(ForgeAuth);
  });
});

describe('repeating', () => {
  test('a read is repeated after a server error; a write never, for it may have happened', async () => {
    const down = play(
      (request, count) =>
        request.method === 'GET' && count > 1
          ? { status: 200, body: issue(1) }
          : { status: 502, body: { message: 'Bad gateway' } },
      { pacing: eager },
    );
    expect(await down.forge.getIssue(1)).toMatchObject({ number: 1, author: 'ghost', body: '' });
    expect(down.asked).toHaveLength(2);
    const writes = play(() => ({ status: 502, body: { message: 'Bad gateway' } }), { pacing: eager });
    await expect(writes.forge.createIssue({ title: 'x' })).rejects.toBeInstanceOf(ForgeUnavailable);
    await expect(writes.forge.mergePull(1, { method: 'merge' })).rejects.toBeInstanceOf(ForgeUnavailable);
    expect(await writes.forge.request('GET', '/repos/a/b')).toMatchObject({ status: 502 });
    expect(writes.asked).toHaveLength(3);
  });

  test('a refusal is not repeated', async () => {
    const { forge, asked } = play(() => ({ status: 409, body: { message: 'Head branch was modified' } }), { pacing: eager });
    await expect(forge.mergePull(1, { method: 'merge' })).rejects.toMatchObject({ status: 409 });
    await expect(forge.getPull(1)).rejects.toBeInstanceOf(ForgeRefused);
    expect(asked).toHaveLength(2);
  });

  test('writes are kept apart by the time that the pacing says', async () => {
    const { forge } = play(() => ({ status: 201, body: issue(1) }), { pacing: { ...eager, notifyMs: 60 } });
    const started = performance.now();
    await Promise.all(['a', 'b', 'c'].map((title) => forge.createIssue({ title })));
    expect(performance.now() - started).toBeGreaterThanOrEqual(110);
  });
});

describe('aborting', () => {
  test('ends a call under way at once with the signal’s reason, whatever it is, and repeats nothing', async () => {
    const stop = new AbortController();
    const { forge, asked } = play(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      { pacing: { ...eager, readRetries: 3 } },
    );
    const call = forge.getIssue(1, { signal: stop.signal });
    await expect.poll(() => asked.length).toBe(1);
    stop.abort(new Error('budget spent'));
    await expect(call).rejects.toThrow('budget spent');
    expect(asked).toHaveLength(1);
  });
});

describe('lists', () => {
  const filter = '/repos/acme/example/issues?state=open&sort=created&direction=desc&per_page=100';

  test('follow the link that GitHub gives by repository number, on an Enterprise server’s path too', async () => {
    const { forge, asked } = play(
      (request) =>
        request.url.includes('page=2')
          ? { status: 200, body: [issue(1)] }
          : {
              status: 200,
              body: [issue(2)],
              headers: { link: '<https://ghe.test/api/v3/repositories/9/issues?per_page=100&page=2>; rel="next"' },
            },
      { apiUrl: 'https://ghe.test/api/v3' },
    );
    expect((await forge.listIssues({})).value.map(({ number }) => number)).toEqual([2, 1]);
    expect(asked[1]).toBe('GET /api/v3/repositories/9/issues?per_page=100&page=2');
  });

  test('that lose an item while they are read are read again, so that none is missed', async () => {
    let all = Array.from({ length: 101 }, (_, n) => issue(200 - n));
    const { forge } = play((request, count) => {
      const page = Number(new URL(request.url).searchParams.get('page') ?? 1);
      const body = all.slice((page - 1) * 100, page * 100);
      // Once, between page 1 and page 2, an issue of page 1 is closed: issue 100 slips from page 2 to page 1.
      if (count === 1) all = all.slice(1);
      const more = page * 100 < all.length || (count === 1 && page === 1);
      return {
        status: 200,
        body,
        headers: more ? { link: `<https://api.github.com${filter}&page=${page + 1}>; rel="next"` } : {},
      };
    });
    const { value } = await forge.listIssues({});
    expect(value.map(({ number }) => number)).toContain(100);
    expect(value).toHaveLength(100);
  });

  test('whose full last page is unchanged are asked for what may follow it', async () => {
    const page = Array.from({ length: 100 }, (_, n) => issue(200 - n));
    let followed = false;
    const { forge } = play((request) => {
      if (request.url.includes('page=2')) return { status: 200, body: followed ? [issue(7)] : [] };
      return request.headers.get('if-none-match') === '"one"'
        ? { status: 304 }
        : { status: 200, body: page, headers: { etag: '"one"' } };
    });
    const first = await forge.listIssues({});
    expect(first.value).toHaveLength(100);
    expect((await forge.listIssues({}, { known: first.version })).value).toHaveLength(100);
    followed = true;
    expect((await forge.listIssues({})).value).toHaveLength(101);
  });
});

describe('a raw call', () => {
  test('keeps braces and queries as they are, and hands back status, headers and body', async () => {
    const { forge, asked } = play(() => ({ status: 418, body: { message: 'tea' }, headers: { 'x-kind': 'pot' } }));
    expect(await forge.request('get', '/repos/a/b/contents/%7Bowner%7D?ref=x%2Fy')).toMatchObject({
      status: 418,
      body: { message: 'tea' },
      headers: { 'x-kind': 'pot' },
    });
    await forge.request('GET', '/repos/a/b/contents/{owner}');
    expect(asked).toEqual(['GET /repos/a/b/contents/%7Bowner%7D?ref=x%2Fy', 'GET /repos/a/b/contents/%7Bowner%7D']);
  });

  test.each(['repos/a/b', '//evil.test/x', '/repos/a/../c', '/repos/a/%2e%2E/c', '/repos/a\\b', '/repos/a b', '/repos/a#b'])(
    'to %j is refused before it is sent',
    async (path) => {
      const { forge, asked } = play(() => ({ status: 200 }));
      await expect(forge.request('GET', path)).rejects.toBeInstanceOf(ForgeRefused);
      expect(asked).toEqual([]);
    },
  );
});

test('a GitHub App reads with a token of its installation', async () => {
  const emulator = await createEmulator({
    service: 'github',
    port: 0,
    seed: {
      github: {
        users: [{ login: 'acme' }],
        repos: [{ owner: 'acme', name: 'example', private: false, auto_init: true, default_branch: 'main' }],
        apps: [
          {
            app_id: 12_345,
            slug: 'decree',
            name: 'Decree',
            permissions: { issues: 'write', contents: 'read', metadata: 'read' },
            installations: [{ installation_id: 100, account: 'acme' }],
          },
        ],
      },
    },
  });
  try {
    const privateKey = emulator.generatedSecrets.find(({ id }) => id === '12345')?.value ?? '';
    const app = (installationId: number) =>
      createOctokitForge({
        repository: { owner: 'acme', name: 'example' },
        credential: { kind: 'app', appId: 12_345, privateKey, installationId },
        clock: systemClock,
        pacing: null,
        apiUrl: emulator.url,
      });
    expect(await app(100).createIssue({ title: 'By the App' })).toMatchObject({ title: 'By the App', author: 'decree[bot]' });
    await expect(app(999).getIssue(1)).rejects.toThrow(/No installation token/);
  } finally {
    await emulator.close();
  }
});

describe('the details of checks', () => {
  const failed = (name: string, more: Record<string, unknown>) => ({
    ...{
      id: 7,
      name,
      status: 'completed',
      conclusion: 'failure',
      html_url: `https://x/${name}`,
      details_url: null,
      output: null,
    },
    ...more,
  });
  const long = Array.from({ length: 300 }, (_, line) => `line ${line + 1}`).join('\n');
  const runs = [
    failed('text', { output: { title: 'T', summary: 'S', text: long } }),
    failed('notes', { id: 8, output: { title: 'T', summary: '', text: null, annotations_count: 1 } }),
    failed('job', { id: 9, details_url: 'https://github.com/a/b/actions/runs/5/job/99' }),
    failed('expired', { id: 10, details_url: 'https://github.com/a/b/actions/runs/5/job/100' }),
    { ...failed('skipped', { id: 11 }), conclusion: 'skipped' },
    { ...failed('running', { id: 12 }), status: 'in_progress', conclusion: null },
  ];
  const note = { path: 'a.ts', start_line: 3, annotation_level: 'failure', title: 'no', message: 'bad' };

  test('hold the end of the log: what the check wrote, else its notes, else the job’s log, else nothing', async () => {
    const { forge } = play(({ url: path }) => {
      if (path.includes('/check-runs?')) return { status: 200, body: { check_runs: runs } };
      if (path.includes('/status')) return { status: 200, body: { statuses: [] } };
      if (path.includes('/check-runs/8/annotations')) return { status: 200, body: [note] };
      if (path.endsWith('/actions/jobs/99/logs'))
        return { status: 200, body: '2026-01-01T00:00:00.0000000Z expected 1\n', headers: { 'content-type': 'text/plain' } };
      return { status: 410, body: { message: 'Gone' } };
    });
    const details = Object.fromEntries((await forge.checkDetails('a'.repeat(40))).map((each) => [each.name, each]));
    expect(details.text?.logTail?.split('\n')).toHaveLength(200);
    expect(details.text?.logTail).toMatch(/^line 101\n[\s\S]*line 300$/);
    expect(details.notes?.logTail).toBe('a.ts:3: failure: no: bad');
    expect(details.job?.logTail).toBe('expected 1');
    expect(details.expired).toMatchObject({ state: 'failure', logTail: null });
    expect([details.skipped?.state, details.running?.state]).toEqual(['neutral', 'pending']);
  });
});
