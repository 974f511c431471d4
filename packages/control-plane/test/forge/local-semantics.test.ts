import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LocalPlace, makeLocalPlace } from './local-place.ts';

let local: LocalPlace;
beforeEach(async () => {
  local = await makeLocalPlace();
});
afterEach(() => local.dispose());

describe('refusals', () => {
  test('what is not there is 404 in GitHub’s shape, whoever owns it', async () => {
    for (const path of [
      '/~/issues/1',
      '/~/pulls/1',
      '/~/labels/none',
      '/~/git/blobs/zz',
      '/repos/acme/other/issues',
      '/nonsense',
      '/~/issues/1e3',
      '/~/contents/none',
    ]) {
      const answer = await local.call('GET', path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.body).toMatchObject({ message: expect.any(String), documentation_url: expect.any(String), status: '404' });
    }
  });

  test('a body past GitHub’s limit is 422 and writes nothing', async () => {
    const answer = await local.call('POST', '/~/issues', { title: 'Long', body: 'x'.repeat(65_537) });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([
      { resource: 'Issue', code: 'custom', field: 'body', message: 'body is too long (maximum is 65536 characters)' },
    ]);
    expect((await local.call('GET', '/~/issues')).body).toEqual([]);
    expect((await local.call('POST', '/~/issues', { title: 'Fits', body: 'x'.repeat(65_536) })).status).toBe(201);
  });

  test.each([
    ['no JSON', '{"title":', 400],
    ['a number for a title', { title: 5 }, 422],
    ['no title', {}, 422],
    ['an unknown state', { title: 'x', labels: 'bug' }, 422],
    ['a label with no name', { title: 'x', labels: [{}] }, 422],
  ])('%s is refused, and no issue number is used up', async (_name, body, status) => {
    expect((await local.call('POST', '/~/issues', body)).status).toBe(status);
    expect((await local.call('POST', '/~/issues', { title: 'First' })).body.number).toBe(1);
  });

  test('an unknown login or a wrong token is 401', async () => {
    expect((await local.call('GET', '/user', undefined, { 'x-decree-actor': 'a b' })).status).toBe(401);
    await local.dispose();
    local = await makeLocalPlace({ token: 'right' });
    expect((await local.call('GET', '/user')).body.message).toBe('Bad credentials');
    expect((await local.call('GET', '/user', undefined, { authorization: 'Bearer right' })).body.login).toBe('decree[bot]');
  });

  test('a comment or review on a line outside the diff is 422', async () => {
    const { sha } = await local.push('feature', { 'src/a.txt': 'one\n2\nthree\n' });
    await local.call('POST', '/~/pulls', { title: 'x', head: 'feature', base: 'main' });
    const comment = { body: 'x', path: 'src/a.txt', line: 99, commit_id: sha };
    expect((await local.call('POST', '/~/pulls/1/comments', comment)).status).toBe(422);
    expect((await local.call('POST', '/~/pulls/1/comments', { ...comment, path: 'README.md', line: 1 })).status).toBe(422);
    const fine = await local.call('POST', '/~/pulls/1/comments', { ...comment, line: 2, side: 'LEFT' });
    expect(fine.body).toMatchObject({ line: 2, side: 'LEFT', diff_hunk: '@@ -1,3 +1,3 @@\n one\n-two' });
  });

  test('a review without words is refused unless it approves, and its own author may only comment', async () => {
    await local.push('feature', { 'new.txt': 'x\n' });
    await local.call('POST', '/~/pulls', { title: 'x', head: 'feature', base: 'main' });
    const review = (body: object, actor: string) => local.call('POST', '/~/pulls/1/reviews', body, { 'x-decree-actor': actor });
    expect((await review({ event: 'COMMENT' }, 'grace')).status).toBe(422);
    expect((await review({ event: 'REQUEST_CHANGES', body: ' ' }, 'grace')).status).toBe(422);
    expect((await review({ event: 'APPROVE' }, 'grace')).status).toBe(200);
    expect((await review({ event: 'APPROVE' }, 'decree[bot]')).body.errors).toEqual(['Can not approve your own pull request']);
    expect((await review({ event: 'REQUEST_CHANGES', body: 'x' }, 'decree[bot]')).body.errors).toEqual([
      'Can not request changes on your own pull request',
    ]);
    expect((await review({ event: 'COMMENT', body: 'x' }, 'decree[bot]')).status).toBe(200);
  });

  test('a pull request without commits of its own, or without history in common, is 422', async () => {
    local.place.person.git('checkout', '-q', '--orphan', 'alone');
    const sha = local.place.person.commit({ 'alone.txt': 'x' });
    await local.place.forge.receive({ sha, ref: 'refs/heads/alone', fromObjects: local.place.person.objects });
    const head = (await local.call('GET', '/~/git/ref/heads/main')).body.object.sha;
    await local.place.forge.receive({ sha: head, ref: 'refs/heads/same', fromObjects: local.place.person.objects });
    const open = async (from: string) =>
      (await local.call('POST', '/~/pulls', { title: 'x', head: from, base: 'main' })).body.errors[0].message;
    expect(await open('same')).toBe('No commits between main and same');
    expect(await open('alone')).toBe('The alone branch has no history in common with main');
  });
});

describe('conditional requests and the rate limit', () => {
  test('an unchanged answer is 304 without a body, free, and only for the token that has it', async () => {
    await local.call('POST', '/~/issues', { title: 'One' });
    const first = await local.call('GET', '/~/issues');
    const tag = { 'if-none-match': first.headers.get('etag') ?? '' };
    const again = await local.call('GET', '/~/issues', undefined, tag);
    expect([again.status, again.body]).toEqual([304, '']);
    expect(again.headers.get('x-ratelimit-remaining')).toBe(first.headers.get('x-ratelimit-remaining'));
    expect((await local.call('GET', '/~/issues', undefined, { ...tag, authorization: 'Bearer renewed' })).status).toBe(200);
    await local.call('PATCH', '/~/issues/1', { title: 'Renamed' });
    expect((await local.call('GET', '/~/issues', undefined, tag)).status).toBe(200);
  });

  test('a page of issues stays 304 however often it is asked for, and is whole again after each kind of change', async () => {
    await local.push('feature', { 'new.txt': 'x\n' });
    await local.call('POST', '/~/labels', { name: 'odd', color: 'ffffff' });
    await local.call('POST', '/~/issues', { title: 'One', labels: ['odd'] });
    const pages = ['/~/issues?state=all', '/~/issues?state=open&labels=odd'];
    const tags = new Map<string, string>();
    const ask = async (page: string) => {
      const answer = await local.call('GET', page, undefined, { 'if-none-match': tags.get(page) ?? '' });
      tags.set(page, answer.headers.get('etag') ?? '');
      return answer;
    };
    for (const page of pages) await ask(page);
    for (const [method, path, body] of [
      ['PATCH', '/~/issues/1', { body: 'More' }],
      ['POST', '/~/issues/1/comments', { body: 'A word' }],
      ['PATCH', '/~/labels/odd', { color: '000000' }],
      ['POST', '/~/issues', { title: 'Two', labels: ['odd'] }],
      ['PUT', '/~/issues/2/labels', { labels: ['odd', 'even'] }],
    ] as const) {
      for (const page of pages) expect([page, (await ask(page)).status]).toEqual([page, 304]);
      for (const page of pages) expect([page, (await ask(page)).status]).toEqual([page, 304]);
      expect((await local.call(method, path, body)).status).toBeLessThan(300);
      for (const page of pages) expect([method, path, page, (await ask(page)).status]).toEqual([method, path, page, 200]);
    }
    // Another page than the one that is known is not taken for it; a pull request is on the one and not on the other.
    expect((await local.call('POST', '/~/pulls', { title: 'Pull', head: 'feature', base: 'main' })).status).toBe(201);
    expect((await ask(pages[0] as string)).body.map(({ title }: { title: string }) => title)).toEqual(['Pull', 'Two', 'One']);
    expect([304, 200]).toContain((await ask(pages[1] as string)).status);
    expect((await local.call('GET', pages[1] as string)).body).toHaveLength(2);
    await local.call('PUT', '/~/pulls/3/merge', {});
    const merged = await ask(pages[0] as string);
    expect(merged.body[0]).toMatchObject({ title: 'Pull', state: 'closed', pull_request: { merged_at: expect.any(String) } });
    await local.reopen();
    expect((await ask(pages[0] as string)).status).toBe(304);
  });

  test('every other call costs one, reading the limit costs none, and past the limit everything is 403', async () => {
    await local.dispose();
    let now = 1_800_000_000_000;
    const clock = {
      now: () => new Date(now).toISOString(),
      nowMs: () => now,
      monotonicMs: () => now,
      sleep: async () => undefined,
    };
    local = await makeLocalPlace({ rateLimit: 3, clock });
    expect((await local.call('GET', '/rate_limit')).body.rate).toMatchObject({ limit: 3, remaining: 3 });
    const left = [];
    for (let n = 0; n < 3; n += 1) left.push((await local.call('GET', '/~/labels')).headers.get('x-ratelimit-remaining'));
    expect(left).toEqual(['2', '1', '0']);
    const over = await local.call('POST', '/~/issues', { title: 'Too late' });
    expect([over.status, over.body.message]).toEqual([403, 'API rate limit exceeded for decree[bot].']);
    expect((await local.call('GET', '/~/labels', undefined, { 'x-decree-actor': 'grace' })).status).toBe(200);
    now += 3_600_000;
    expect((await local.call('GET', '/~/issues')).body).toEqual([]);
  });
});

describe('lists', () => {
  test('pages follow their links to the end, past 100 items', async () => {
    for (let n = 1; n <= 230; n += 1) await local.call('POST', '/~/issues', { title: `Issue ${n}` });
    const titles: string[] = [];
    let next: string | undefined = '/~/issues?per_page=100&sort=created&direction=asc';
    let calls = 0;
    while (next) {
      const answer: Awaited<ReturnType<LocalPlace['call']>> = await local.call('GET', next);
      titles.push(...answer.body.map((issue: { title: string }) => issue.title));
      next = /<http:\/\/forge\.test([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
      calls += 1;
    }
    expect(calls).toBe(3);
    expect(titles).toEqual(Array.from({ length: 230 }, (_, n) => `Issue ${n + 1}`));
    expect((await local.call('GET', '/~/issues?per_page=1000')).body).toHaveLength(100);
    expect((await local.call('GET', '/~/issues?page=99')).body).toEqual([]);
  });

  test('issues are found by state, all their labels, author and time', async () => {
    await local.call('POST', '/~/issues', { title: 'One', labels: ['a', 'b'] });
    await local.call('POST', '/~/issues', { title: 'Two', labels: ['a'] }, { 'x-decree-actor': 'grace' });
    await local.call('PATCH', '/~/issues/1', { state: 'closed' });
    const titles = async (query: string) =>
      (await local.call('GET', `/~/issues?${query}`)).body.map((issue: { title: string }) => issue.title);
    expect(await titles('')).toEqual(['Two']);
    expect(await titles('state=all&labels=a')).toEqual(['Two', 'One']);
    expect(await titles('state=all&labels=A,b')).toEqual(['One']);
    expect(await titles('state=closed')).toEqual(['One']);
    expect(await titles('creator=grace')).toEqual(['Two']);
    expect(await titles('since=2999-01-01T00:00:00Z')).toEqual([]);
    expect((await local.call('GET', '/~/issues?since=yesterday')).status).toBe(422);
  });

  test('a pull request is an issue too, with its key, and closing the one closes the other', async () => {
    await local.push('feature', { 'new.txt': 'x\n' });
    await local.call('POST', '/~/pulls', { title: 'Pull', head: 'feature', base: 'main' });
    expect((await local.call('GET', '/~/issues')).body).toMatchObject([{ number: 1, pull_request: { merged_at: null } }]);
    await local.call('PATCH', '/~/issues/1', { state: 'closed' });
    expect((await local.call('GET', '/~/pulls/1')).body).toMatchObject({ state: 'closed', merged: false });
    expect((await local.call('GET', '/~/pulls')).body).toEqual([]);
    expect((await local.call('PATCH', '/~/pulls/1', { state: 'open' })).body.state).toBe('open');
  });
});

test('the answers of GET do not change by being read', async () => {
  await local.push('feature', { 'new.txt': 'x\n' });
  await local.call('POST', '/~/pulls', { title: 'Pull', head: 'feature', base: 'main' });
  for (const path of ['/~', '/~/pulls', '/~/pulls/1', '/~/issues', '/~/labels', '/~/branches', '/user']) {
    const first = await local.call('GET', path);
    expect((await local.call('GET', path, undefined, { 'if-none-match': first.headers.get('etag') ?? '' })).status).toBe(304);
  }
});
