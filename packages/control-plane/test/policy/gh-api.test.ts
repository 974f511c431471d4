import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  actionHash,
  analyseCommand,
  forgeAction,
  type GhApiSurroundings,
  normalise,
  parseGhApi,
} from '../../src/engine/policy/index.ts';
import { createWorkspace, ownBranch, repository } from './fixtures.ts';

const surroundings: GhApiSurroundings = {
  repository,
  branch: ownBranch,
  readFile(path) {
    if (path === 'body.md') return 'from a file\n';
    if (path === 'body.json') return '{"title":"T","labels":["a"]}';
    if (path === 'broken.json') return '{';
    throw new Error(`no such file: ${path}`);
  },
};
const words = (line: string): string[] => analyseCommand(`x ${line}`).argv?.slice(1) ?? [];
const parse = (line: string) => parseGhApi(words(line), surroundings);

describe("gh api's arguments", () => {
  it.each([
    ['user', { method: 'GET', path: 'user' }],
    ['/repos/{owner}/{repo}/issues', { method: 'GET', path: 'repos/owner/project/issues' }],
    ['repos/:owner/:repo/branches/:branch', { method: 'GET', path: `repos/owner/project/branches/${ownBranch}` }],
    [
      'repos/o/r/issues --paginate --jq .[].title'.replace('.[].title', "'.[].title'"),
      { method: 'GET', path: 'repos/o/r/issues' },
    ],
    ['x -f a=b', { method: 'POST', path: 'x', body: { a: 'b' } }],
    ['-f a=b x', { method: 'POST', path: 'x', body: { a: 'b' } }],
    ['x -fa=b', { method: 'POST', path: 'x', body: { a: 'b' } }],
    ['x --raw-field=a=b=c', { method: 'POST', path: 'x', body: { a: 'b=c' } }],
    ['x -X PATCH -f a=', { method: 'PATCH', path: 'x', body: { a: '' } }],
    ['x -XPATCH -f a=1', { method: 'PATCH', path: 'x', body: { a: '1' } }],
    ['x -X=put', { method: 'PUT', path: 'x' }],
    ['x --method GET -f q="a b" -F n=2', { method: 'GET', path: 'x?q=a+b&n=2' }],
    ["'x?y=1' -X GET -f q=a", { method: 'GET', path: 'x?y=1&q=a' }],
    ['x -X GET -X DELETE', { method: 'DELETE', path: 'x' }],
    ['x -iX DELETE', { method: 'DELETE', path: 'x' }],
    [
      'x -F n=5 -F t=true -F f=false -F z=null -F s=text -F m=-3',
      { method: 'POST', path: 'x', body: { n: 5, t: true, f: false, z: null, s: 'text', m: -3 } },
    ],
    ['x -f n=5 -f t=true', { method: 'POST', path: 'x', body: { n: '5', t: 'true' } }],
    ['x -F body=@body.md', { method: 'POST', path: 'x', body: { body: 'from a file\n' } }],
    ['x -f body=@body.md', { method: 'POST', path: 'x', body: { body: '@body.md' } }],
    ["x -F 'o={owner}'", { method: 'POST', path: 'x', body: { o: 'owner' } }],
    ["x -f 'labels[]=a' -f 'labels[]=b'", { method: 'POST', path: 'x', body: { labels: ['a', 'b'] } }],
    ["x -f 'labels[]'", { method: 'POST', path: 'x', body: { labels: [] } }],
    ["x -f 'a[b]=c' -f 'a[d]=e' -F 'a[n][m]=1'", { method: 'POST', path: 'x', body: { a: { b: 'c', d: 'e', n: { m: 1 } } } }],
    ["x -f 'c[][path]=p' -F 'c[][line]=1'", { method: 'POST', path: 'x', body: { c: [{ path: 'p', line: 1 }] } }],
    [
      "x -f 'c[][path]=p' -f 'c[][body]=b' -f 'c[][path]=q'",
      { method: 'POST', path: 'x', body: { c: [{ path: 'p', body: 'b' }, { path: 'q' }] } },
    ],
    ['x --input body.json', { method: 'POST', path: 'x', body: { title: 'T', labels: ['a'] } }],
    ['x --input body.json -X PUT -f page=2', { method: 'PUT', path: 'x?page=2', body: { title: 'T', labels: ['a'] } }],
    ['x -H "Accept: application/json" --header "X-GitHub-Api-Version: 2022-11-28" --silent', { method: 'GET', path: 'x' }],
    ['-- x', { method: 'GET', path: 'x' }],
  ])('%s', (line, expected) => {
    expect(parse(line)).toEqual(expected);
  });

  it.each([
    ['', 'exactly one endpoint'],
    ['x y', 'exactly one endpoint'],
    ['x -X', 'needs a value'],
    ['x -X CONNECT', 'expected GET'],
    ['x -f a', 'needs a value after ='],
    ["x -f '=a'", 'expected key=value'],
    ["x -f 'a[b=c'", 'expected key=value'],
    ['x -f a=1 -f a=2', 'given twice'],
    ["x -f a=1 -f 'a[]=2'", 'given twice'],
    ["x -f 'a[][][]=2'", 'lists inside lists'],
    ['x -F n=99999999999999999999', 'too large'],
    ['x -F body=@-', 'standard input'],
    ['x --input -', 'standard input'],
    ['x --input broken.json', 'expected JSON'],
    ['x --input none', 'no such file'],
    ['x --hostname evil.example', '--hostname'],
    ['https://evil.example/x', 'whole URL'],
    ['x -H "X-HTTP-Method-Override: DELETE"', 'header'],
    ['x -H "Authorization: x"', 'header'],
    ['x --unknown', 'no option'],
    ['x -Z', 'no option'],
    ['x --paginate=true', 'no option'],
  ])('%s is refused: %s', (line, message) => {
    expect(() => parse(line)).toThrow(message);
  });
});

describe('gate and broker', () => {
  const workspace = createWorkspace();
  afterAll(() => workspace.remove());
  const gate = (command: string) =>
    normalise({ tool: 'Bash', input: { command }, cwd: workspace.root }, { view: workspace.view, repository, ownBranch });
  const gh = 'scripts/workflow/gh.sh api';

  it.each([
    [
      `${gh} repos/{owner}/{repo}/issues -f title=T -f body=B -f 'labels[]=b' -f 'labels[]=a'`,
      'POST',
      '/repos/owner/project/issues',
      { labels: ['a', 'b'], body: 'B', title: 'T' },
    ],
    [
      `./${gh} /repos/Owner/PROJECT/issues -f body=B -f title=T -f 'labels[]=a' -f 'labels[]=b'`,
      'POST',
      '/repos/owner/project/issues',
      { title: 'T', body: 'B', labels: ['b', 'a', 'a'] },
    ],
    [
      `${gh} repos/owner/project/pulls --input pull.json`,
      'POST',
      '/repos/owner/project/pulls',
      { base: 'main', head: ownBranch, title: 'T' },
    ],
    [
      `${gh} repos/owner/project/pulls -f head=owner:${ownBranch} -f base=main -f title=T -F draft=false`,
      'POST',
      '/repos/owner/project/pulls',
      { base: 'main', head: ownBranch, title: 'T', draft: false },
    ],
    [
      `${gh} repos/owner/project/issues/7/comments -F body=@body.md`,
      'post',
      '/repos/owner/project/issues/7/comments',
      { body: 'A body with `code` and $dollars.\n' },
    ],
    [
      `${gh} -X PATCH repos/owner/project/issues/7 -f state=closed`,
      'PATCH',
      '/repos/owner/project/issues/7',
      { state: 'closed' },
    ],
    [
      `${gh} -X DELETE repos/owner/project/issues/7/labels/status:pending`,
      'DELETE',
      '/repos/owner/project/issues/7/labels/status%3Apending',
      undefined,
    ],
    [`${gh} -X PUT repos/owner/project/issues/7/labels -f 'labels[]=x'`, 'PUT', '/repos/owner/project/issues/7/labels', ['x']],
    [
      `${gh} repos/owner/project/pulls/9/reviews -f event=COMMENT -f body=ok`,
      'POST',
      '/repos/owner/project/pulls/9/reviews',
      { body: 'ok', event: 'COMMENT' },
    ],
  ])('hash the same deed alike: %s', (command, method, path, body) => {
    const asked = gate(command);
    expect(asked.arguments.problem).toBeUndefined();
    expect(actionHash(asked)).toBe(actionHash(forgeAction({ method, path, body }, repository)));
  });

  it('hash any change of a body differently', () => {
    const hashOf = (body: unknown) =>
      actionHash(forgeAction({ method: 'POST', path: 'repos/owner/project/pulls', body }, repository));
    const base = { title: 'T', head: ownBranch, base: 'main', body: 'x' };
    const hashes = [
      base,
      { ...base, body: 'y' },
      { ...base, base: 'dev' },
      { ...base, draft: true },
      { ...base, extra: 1 },
      JSON.parse('{"title":"T","head":"h","base":"main","body":"x","__proto__":{"a":1}}'),
    ].map(hashOf);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('hash is stable under the order of keys, for any JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (args) => {
        const reversed = Object.fromEntries(Object.entries(args).reverse());
        const make = (value: Record<string, unknown>) => actionHash({ kind: 'forge.other', resource: 'r', arguments: value });
        expect(make(reversed)).toBe(make(args));
        expect(make(JSON.parse(JSON.stringify(args)) as Record<string, unknown>)).toBe(make(args));
      }),
    );
  });

  it('files outside the workspace and secrets are never read into a body', () => {
    for (const file of ['/etc/passwd', '../x', '.env', 'away/passwd', 'innocent/config', 'scripts/workflow/.env.local'])
      expect(gate(`${gh} repos/owner/project/issues/7/comments -F body=@${file}`)).toMatchObject({
        kind: 'forge.other',
        arguments: { problem: expect.stringContaining('not a file of the workspace') },
      });
  });

  it.each([
    ['GET', 'repos/owner/project/issues?state=all', 'forge.read', repository],
    ['GET', 'repos/other/project/issues', 'forge.read', 'other/project'],
    ['GET', 'user', 'forge.read', 'user'],
    ['POST', 'repos/owner/project/issues', 'forge.issue.create', repository],
    ['PATCH', 'repos/owner/project/issues/7', 'forge.issue.update', `${repository}#7`],
    ['POST', 'repos/owner/project/issues/7/labels', 'forge.label.set', `${repository}#7`],
    ['DELETE', 'repos/owner/project/issues/7/labels', 'forge.label.set', `${repository}#7`],
    ['DELETE', 'repos/owner/project/issues/7/labels/help%20wanted', 'forge.label.set', `${repository}#7`],
    ['POST', 'repos/owner/project/pulls/9/comments', 'forge.comment.create', `${repository}#9`],
    ['POST', 'repos/owner/project/pulls/9/comments/5/replies', 'forge.comment.create', `${repository}#9`],
    ['PATCH', 'repos/owner/project/pulls/9', 'forge.pull.update', `${repository}#9`],
    ['PUT', 'repos/owner/project/pulls/9/merge', 'forge.pull.merge', `${repository}#9`],
    ['POST', 'repos/owner/project/merges', 'forge.pull.merge', repository],
    ['POST', 'repos/owner/project/pulls/9/reviews/3/events', 'forge.review.create', `${repository}#9`],
    ['POST', 'graphql', 'forge.other', 'graphql'],
    ['DELETE', 'repos/owner/project', 'forge.other', 'repos/owner/project'],
    ['PUT', 'repos/owner/project/contents/x', 'forge.other', 'repos/owner/project/contents/x'],
    ['PATCH', 'repos/owner/project/issues/07', 'forge.other', 'repos/owner/project/issues/07'],
    ['POST', 'repos/owner/project/issues/7/comments/', 'forge.other', 'repos/owner/project/issues/7/comments/'],
    ['POST', 'repos/owner/project/../other/issues', 'forge.other', 'repos/owner/project/../other/issues'],
    ['POST', 'repos/owner/project/%2e%2e/x', 'forge.other', 'repos/owner/project/%2e%2e/x'],
    ['POST', 'repos/owner/project%2Fissues', 'forge.other', 'repos/owner/project%2Fissues'],
    ['POST', 'repos/owner/project/issues%', 'forge.other', 'repos/owner/project/issues%'],
  ])('%s %s is %s of %s', (method, path, kind, resource) => {
    expect(forgeAction({ method, path }, repository)).toMatchObject({ kind, resource });
  });
});
