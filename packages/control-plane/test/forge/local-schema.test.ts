import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGithubSchema } from './github-schema.ts';
import { type LocalPlace, makeLocalPlace } from './local-place.ts';

let local: LocalPlace;
let check: ReturnType<typeof createGithubSchema>;

beforeAll(async () => {
  check = createGithubSchema();
  local = await makeLocalPlace();
  const { call, push } = local;
  await call('POST', '/~/labels', { name: 'bug', color: 'ff0000', description: 'Broken' });
  await call('POST', '/~/issues', { title: 'One', body: 'Words', labels: ['bug', 'new'] });
  await call('POST', '/~/issues/1/comments', { body: 'Talk' });
  const { sha } = await push('feature/x', {
    'src/a.txt': 'one\n2\nthree\n',
    'README.md': null,
    'READ.md': '# Example\n',
    'new.bin': Buffer.from([0, 1, 2, 255]),
  });
  await call('POST', '/~/pulls', { title: 'Two', head: 'feature/x', base: 'main', body: 'Closes #1' });
  await call('POST', '/~/pulls/2/reviews', { event: 'APPROVE', body: 'Fine' }, { 'x-decree-actor': 'grace' });
  await call('POST', '/~/pulls/2/comments', { body: 'Here', path: 'src/a.txt', line: 2, commit_id: sha });
  await call('POST', '/~/check-runs', {
    name: 'test',
    head_sha: sha,
    conclusion: 'success',
    output: { title: 't', summary: 's' },
  });
  await call('POST', `/~/statuses/${sha}`, { state: 'pending', context: 'ci', description: 'soon' });
});
afterAll(() => local.dispose());

const repo = '/repos/{owner}/{repo}';
const values: Record<string, string> = {
  issue_number: '1',
  pull_number: '2',
  comment_id: '1',
  review_id: '1',
  name: 'bug',
  branch: 'feature%2Fx',
  path: 'src/a.txt',
  ref: 'heads/feature%2Fx',
  check_run_id: '1',
  basehead: 'main...feature%2Fx',
};

const reads = [
  `GET ${repo}`,
  'GET /user',
  'GET /rate_limit',
  `GET ${repo}/labels`,
  `GET ${repo}/labels/{name}`,
  `GET ${repo}/issues`,
  `GET ${repo}/issues/{issue_number}`,
  `GET ${repo}/issues/{issue_number}/labels`,
  `GET ${repo}/issues/{issue_number}/comments`,
  `GET ${repo}/issues/comments/{comment_id}`,
  `GET ${repo}/pulls`,
  `GET ${repo}/pulls/{pull_number}`,
  `GET ${repo}/pulls/{pull_number}/files`,
  `GET ${repo}/pulls/{pull_number}/commits`,
  `GET ${repo}/pulls/{pull_number}/reviews`,
  `GET ${repo}/pulls/{pull_number}/reviews/{review_id}`,
  `GET ${repo}/pulls/{pull_number}/comments`,
  `GET ${repo}/check-runs/{check_run_id}`,
  `GET ${repo}/branches`,
  `GET ${repo}/branches/{branch}`,
  `GET ${repo}/git/ref/{ref}`,
  `GET ${repo}/git/matching-refs/{ref}`,
  `GET ${repo}/commits`,
  `GET ${repo}/compare/{basehead}`,
  `GET ${repo}/contents/{path}`,
];

const fill = (route: string, more: Record<string, string> = {}): [string, string] => {
  const [method = '', path = ''] = route.split(' ');
  return [method, path.replace(repo, '/~').replace(/\{(\w+)\}/g, (_, name: string) => ({ ...values, ...more })[name] ?? name)];
};

test.each(reads)('%s answers as GitHub describes it', async (route) => {
  const answer = await local.call(...fill(route));
  expect(answer.status).toBe(200);
  if (Array.isArray(answer.body)) expect(answer.body.length).toBeGreaterThan(0);
  expect(check(route, 200, answer.body)).toEqual([]);
});

test('names its pages, which nobody serves, instead of leading a person to somebody else’s', async () => {
  const pages: string[] = [];
  const collect = (value: unknown, key = '') => {
    if (typeof value === 'object' && value !== null) for (const [name, item] of Object.entries(value)) collect(item, name);
    else if (/^(html_url|permalink_url|external_url|blob_url|raw_url|clone_url)$/.test(key)) pages.push(String(value));
  };
  for (const route of reads) collect((await local.call(...fill(route))).body);
  expect(pages.length).toBeGreaterThan(20);
  for (const page of pages) expect(page).toMatch(/^decree:[\w.-]/);
  const { body: issue } = await local.call('GET', '/~/issues/1');
  expect(issue.html_url).toBe(`decree:${issue.repository_url.split('/repos/')[1]}/issues/1`);
});

test.each([
  `GET ${repo}/commits/{ref}`,
  `GET ${repo}/commits/{ref}/status`,
  `GET ${repo}/commits/{ref}/check-runs`,
  `GET ${repo}/commits/{ref}/statuses`,
  `GET ${repo}/git/commits/{commit_sha}`,
  `GET ${repo}/git/trees/{tree_sha}`,
  `GET ${repo}/git/blobs/{file_sha}`,
])('%s answers as GitHub describes it', async (route) => {
  const { body: branch } = await local.call('GET', '/~/branches/feature%2Fx');
  const { body: files } = await local.call('GET', '/~/pulls/2/files');
  const { sha } = branch.commit;
  const answer = await local.call(...fill(route, { ref: sha, commit_sha: sha, tree_sha: sha, file_sha: files[0].sha }));
  expect(answer.status).toBe(200);
  expect(check(route, 200, answer.body)).toEqual([]);
});

test.each([
  [`POST ${repo}/labels`, { name: 'fresh', color: '00ff00' }, 201],
  [`POST ${repo}/labels`, { name: 'bug', color: '00ff00' }, 422],
  [`POST ${repo}/issues`, { title: 'Three' }, 201],
  [`POST ${repo}/issues`, { title: '' }, 422],
  [`PATCH ${repo}/issues/{issue_number}`, { state: 'closed', state_reason: 'not_planned' }, 200],
  [`POST ${repo}/issues/{issue_number}/labels`, { labels: ['more'] }, 200],
  [`PUT ${repo}/issues/{issue_number}/labels`, { labels: ['bug'] }, 200],
  [`POST ${repo}/issues/{issue_number}/comments`, { body: 'More' }, 201],
  [`POST ${repo}/pulls`, { title: 'Again', head: 'feature/x', base: 'main' }, 422],
  [`PATCH ${repo}/pulls/{pull_number}`, { title: 'Renamed' }, 200],
  [`POST ${repo}/pulls/{pull_number}/reviews`, { event: 'APPROVE' }, 422],
  [
    `POST ${repo}/pulls/{pull_number}/reviews`,
    { event: 'COMMENT', body: 'Hm', comments: [{ path: 'src/a.txt', line: 2, body: 'x' }] },
    200,
  ],
  [`PUT ${repo}/pulls/{pull_number}/merge`, { sha: '0'.repeat(40) }, 409],
  [`PUT ${repo}/pulls/{pull_number}/merge`, {}, 200],
  [`PUT ${repo}/pulls/{pull_number}/merge`, {}, 405],
] as const)('%s with %j is answered %i, as GitHub describes it', async (route, body, status) => {
  const [method, path] = fill(route);
  const answer = await local.call(method, path, body);
  expect(answer.status).toBe(status);
  expect(check(route, status, answer.body)).toEqual([]);
});

test('a planted breach is found', () => {
  expect(check(`GET ${repo}/labels`, 200, [{ id: 'one', name: 'x' }]).length).toBeGreaterThan(1);
});
