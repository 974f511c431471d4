import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RawAnswer } from '../../src/engine/forge/port.ts';
import { type Bench, type OpenOptions, openEngine } from '../engine/support/open-engine.ts';
import { createPlace } from '../engine/support/place.ts';

const api = 'scripts/workflow/gh.sh api';
const asks = (command: string) => ({ ask: 'Bash', input: { command } });
const comment = asks(`${api} repos/local/repo/issues/1/comments -f body=hello`);

/** An Implementor that has asked for some calls and now waits; the calls are then made here, with its token. */
async function openDoor(steps: object[] | ((root: string) => object[]), options: OpenOptions = {}) {
  const place = createPlace();
  onTestFinished(() => place.remove());
  const urls: string[] = [];
  let mute: ((url: string, method: string) => Promise<Response> | null) | null = null;
  const bench = await openEngine({
    ...{ place, ...options },
    script: { implementor: [...(Array.isArray(steps) ? steps : steps(place.root)), { wait: join(place.root, 'go') }] as never },
    fetch: (fetch) => async (url, init) => {
      urls.push(String(url));
      return (await mute?.(String(url), init?.method ?? 'GET')) ?? fetch(url, init);
    },
  });
  const issue = await bench.addTask();
  const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
  const { token } = await bench.poll(
    () => bench.notes().find((note) => note.event === 'start') as { token: string } | undefined,
    'start',
  );
  const decided = (count: number) =>
    bench.poll(() => bench.notes().filter((note) => note.event === 'decision').length >= count, `${count} decisions`);
  const call = (method: string, path: string, body?: unknown): Promise<RawAnswer> =>
    bench.engine.agentDoor.forge(token, { method, path, query: {}, headers: {}, body });
  const finish = async () => {
    writeFileSync(join(place.root, 'go'), '');
    await bench.until((event) => event.type === 'task.followed_up', 'the end');
  };
  const through = (deed: typeof mute) => {
    mute = deed;
  };
  return { bench, call, decided, finish, token, runId: runId as string, urls, through, root: place.root };
}
const numberOf = (answer: RawAnswer) => (answer.body as { id: number }).id;
const comments = async (bench: Bench) => (await bench.forge.listComments(1)).length;

describe('an agent’s calls to the forge', () => {
  it('read its own repository without a grant, and write nothing without one', async () => {
    const { bench, call, decided, finish } = await openDoor([asks('git status')]);
    await decided(1);
    expect((await call('GET', '/repos/local/repo/issues/1')).status).toBe(200);
    for (const [method, path, body] of [
      ['POST', '/repos/local/repo/issues/1/comments', { body: 'x' }],
      ['PATCH', '/repos/local/repo/issues/1', { state: 'closed' }],
      ['DELETE', '/repos/local/repo/issues/1/labels/status:pending', undefined],
      ['PUT', '/repos/local/repo/pulls/1/merge', {}],
      ['POST', '/repos/local/repo/git/refs', { ref: 'refs/heads/x', sha: '0'.repeat(40) }],
    ] as const) {
      expect((await call(method, path, body)).status, `${method} ${path}`).toBe(403);
    }
    expect(await comments(bench)).toBe(0);
    await finish();
    await bench.close();
  });

  it('are carried once for a grant; the same words again are answered, not said twice', async () => {
    const { bench, call, decided, finish } = await openDoor([comment]);
    await decided(1);
    const path = '/repos/local/repo/issues/1/comments';
    const first = await call('POST', path, { body: 'hello' });
    expect(first.status).toBe(201);
    const [second, third] = await Promise.all([call('POST', path, { body: 'hello' }), call('POST', path, { body: 'hello' })]);
    expect([second.status, numberOf(second), numberOf(third)]).toEqual([201, numberOf(first), numberOf(first)]);
    expect((await call('POST', path, { body: 'hello!' })).status).toBe(403);
    expect((await call('POST', '/repos/local/repo/issues/2/comments', { body: 'hello' })).status).toBe(403);
    expect(await comments(bench)).toBe(1);
    const [artifact] = (await bench.ledger.listArtifacts({ limit: 5 })).items;
    expect(artifact).toMatchObject({ kind: 'comment' });
    await finish();
    await bench.close();
  });

  it('are found by their mark when the answer was lost, and not made again', async () => {
    const { bench, call, decided, finish, through } = await openDoor([comment]);
    await decided(1);
    let lost = false;
    through((url, method) => {
      if (lost || method !== 'POST' || !url.includes('/comments')) return null;
      lost = true;
      return bench.local
        .fetch(new Request(url, { method, headers: { authorization: 'token local' }, body: JSON.stringify({ body: lastBody }) }))
        .then(() => Promise.reject(new TypeError('connection reset')));
    });
    const key = (await bench.events('policy.granted'))[0]?.payload as { actionHash: string };
    const runId = (await bench.events('run.queued'))[0]?.runId;
    const lastBody = `hello\n\n<!-- decree:${runId}:${key.actionHash} -->`;
    const path = '/repos/local/repo/issues/1/comments';
    await call('POST', path, { body: 'hello' }).catch(() => undefined);
    const again = await call('POST', path, { body: 'hello' });
    expect(again.status).toBe(201);
    expect(await comments(bench)).toBe(1);
    await finish();
    await bench.close();
  });

  it('may be tried again with a new grant when the forge refused them', async () => {
    const pull = asks(`${api} repos/local/repo/pulls -f title=T -f head={branch} -f base=main`);
    // As a real agent does, it asks again only once it has the answer.
    const { bench, call, finish, runId, root } = await openDoor((place) => [pull, { wait: join(place, 'answered') }, pull]);
    const branch = async () => (await bench.ledger.get('runs', runId))?.workspace?.branch as string;
    for (const _ of [1, 2]) {
      const { id } = await bench.poll(
        async () => (await bench.ledger.listApprovals({ state: 'pending', limit: 1 })).items[0],
        'a question',
      );
      await bench.command('approval.approve', { approvalId: id });
      await bench.poll(async () => (await bench.ledger.get('approvals', id))?.state === 'consumed', 'the grant');
      const answer = await call('POST', '/repos/local/repo/pulls', { title: 'T', head: await branch(), base: 'main' });
      expect(answer.status).toBe(422);
      writeFileSync(join(root, 'answered'), '');
    }
    expect((await call('POST', '/repos/local/repo/pulls', { title: 'T', head: await branch(), base: 'main' })).status).toBe(403);
    await finish();
    await bench.close();
  });

  it('reach no other repository, however the path is written', async () => {
    const { bench, call, decided, finish, urls } = await openDoor([asks('git status')]);
    await decided(1);
    urls.length = 0;
    const paths = [
      ...[
        '/repos/local/other/issues',
        '/repos/other/repo',
        '/repos/local/repository',
        '/repos/local/repo2/issues',
        '/user',
        '/graphql',
        '/',
      ],
      ...[
        '/repos/local/repo/../other/issues',
        '/repos/local/repo/../../../user',
        '/repos/local/repo/./../other',
        '/repos/local/repo/..',
      ],
      ...['/repos/local/repo/%2e%2e/other/issues', '/repos/local/repo/%2E./other', '/repos/local/repo/.%2e/other/issues'],
      ...[
        '/repos/local/repo/\\..\\other',
        '/repos/local/repo\\..\\other',
        '/repos/local/repo/.\t./other',
        '/repos/local/repo/.\n./other',
      ],
      ...['/repos/local/repo/contents/..%2f..%2f..%2fother', '/repos/local/repo/%2e%2e%2fother'],
      ...['//evil.example/repos/local/repo/issues', 'https://evil.example/repos/local/repo/issues', 'repos/local/other/issues'],
      ...['/repos/local/repo#/../other', '/repos/local/repo/../other?x=/repos/local/repo/'],
    ];
    for (const path of paths) {
      const answer = await call('GET', path);
      expect([403, 404], `${path}: ${answer.status}`).toContain(answer.status);
    }
    const reached = urls.filter((url) => !new URL(url).pathname.startsWith('/repos/local/repo/'));
    expect(reached).toEqual([]);
    await finish();
    await bench.close();
  });

  it('are worth nothing once the run has ended', async () => {
    const { bench, call, decided, finish, token } = await openDoor([asks('git status')]);
    await decided(1);
    await finish();
    await bench.poll(
      () =>
        call('GET', '/repos/local/repo/issues/1').then(
          () => false,
          () => true,
        ),
      'the token to be worthless',
    );
    await expect(call('GET', '/repos/local/repo/issues/1')).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(
      bench.engine.agentDoor.push(token, { ref: 'refs/heads/x', sha: '0'.repeat(40), force: false, delete: false }),
    ).rejects.toMatchObject({ code: 'unauthorized' });
    await bench.close();
  });
});

describe('an agent’s push', () => {
  it('goes to its own branch, forward, with a grant, and nowhere else', async () => {
    const { bench, decided, finish, token, runId } = await openDoor([
      { write: 'new.txt', text: 'x' },
      { run: 'git add new.txt' },
      { run: 'git commit -m "Add it"' },
      { ask: 'Bash', input: { command: 'git status' } },
    ]);
    await decided(3);
    const run = await bench.poll(async () => (await bench.ledger.get('runs', runId))?.workspace, 'the workspace');
    const sha = bench.place.git('rev-parse', run.branch as string);
    const push = (more: object) =>
      bench.engine.agentDoor.push(token, { ref: `refs/heads/${run.branch}`, sha, force: false, delete: false, ...more });
    expect(await push({})).toMatchObject({ ok: false, message: expect.stringContaining('not granted') });
    expect(await push({ force: true })).toMatchObject({ ok: false, message: expect.stringContaining('never forced') });
    expect(await push({ delete: true, sha: null })).toMatchObject({ ok: false });
    for (const ref of [
      'refs/heads/main',
      `refs/heads/${run.branch}2`,
      `refs/tags/${run.branch}`,
      `${run.branch}`,
      `refs/heads/${run.branch}/x`,
    ])
      expect(await push({ ref })).toMatchObject({ ok: false, message: expect.stringContaining('only') });
    await finish();
    await bench.close();
  });
});
