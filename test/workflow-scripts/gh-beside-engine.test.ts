import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type Door, openDoor, type Received } from './door.ts';
import { agentBin, type Checkout, makeCheckout, run } from './run.ts';

let door: Door;
let checkout: Checkout;
let answer: (request: Received) => Answer;

beforeEach(async () => {
  answer = () => ({ status: 200, body: { ok: true } });
  door = await openDoor('socket', (request) => answer(request));
});
afterEach(async () => {
  await door.close();
  await checkout.remove();
});

const env = (more: Record<string, string> = {}) => ({
  PATH: checkout.path,
  HOME: checkout.root,
  DECREE_SOCKET: door.address,
  DECREE_AGENT_BIN: agentBin,
  GH_TOKEN: 'run-token',
  GH_HOST: 'elsewhere.example',
  ...more,
});
const gh = (args: string[], options: { more?: Record<string, string>; input?: string } = {}) =>
  run(join(checkout.root, 'scripts/workflow/gh.sh'), args, {
    cwd: checkout.root,
    env: env(options.more),
    ...(options.input !== undefined && { input: options.input }),
  });

describe('with gh installed', () => {
  beforeEach(async () => {
    checkout = await makeCheckout({ gh: true });
  });

  test('starts gh with the arguments as they are, on the socket, with the run’s token and no other host', async () => {
    const outcome = await gh(['api', 'repos/o/r/issues', '-f', "title=it's a $(trap)"]);

    expect(outcome.stdout.split('\n')).toEqual([
      'token=run-token',
      'host=',
      "version: '1'",
      'prompt: disabled',
      `http_unix_socket: '${door.address}'`,
      'argument=api',
      'argument=repos/o/r/issues',
      'argument=-f',
      "argument=title=it's a $(trap)",
      '',
    ]);
    expect(outcome.exitCode).toBe(7);
  });

  test('says that the engine is gone when no socket is there, and starts nothing', async () => {
    const outcome = await gh(['api', 'user'], { more: { DECREE_SOCKET: '/nowhere/s' } });

    expect(outcome).toMatchObject({ exitCode: 1, stdout: '' });
    expect(outcome.stderr).toContain('DECREE_SOCKET names /nowhere/s, where no socket is');
  });

  test('refuses to run without the run’s token', async () => {
    const outcome = await gh(['api', 'user'], { more: { GH_TOKEN: '' } });

    expect(outcome).toMatchObject({ exitCode: 1, stdout: '' });
    expect(outcome.stderr).toContain('GH_TOKEN is empty');
  });
});

describe('without gh', () => {
  beforeEach(async () => {
    checkout = await makeCheckout({ gh: false });
  });

  test('sends fields as JSON, by POST, with the run’s token, to the name of the real API', async () => {
    answer = () => ({ status: 201, body: { number: 4 } });

    const outcome = await gh([
      'api',
      'repos/o/r/issues',
      '-f',
      'title=Ünïcode “quotes” and\ntwo lines',
      '-f',
      'labels[]=task:implement',
      '-f',
      'labels[]=status:pending',
      '-F',
      'draft=true',
      '-F',
      'count=3',
      '-f',
      'text=3',
      '-f',
      'a[b][]=x',
      '-f',
      'list[][path]=p',
      '-f',
      'list[][line]=1',
      '-f',
      'list[][path]=q',
    ]);

    expect(outcome).toEqual({ exitCode: 0, stdout: '{"number":4}', stderr: '' });
    expect(door.received[0]).toMatchObject({
      method: 'POST',
      url: '/repos/o/r/issues',
      headers: { host: 'api.github.com', authorization: 'token run-token' },
    });
    expect(JSON.parse(door.received[0]?.body ?? '')).toEqual({
      title: 'Ünïcode “quotes” and\ntwo lines',
      labels: ['task:implement', 'status:pending'],
      draft: true,
      count: 3,
      text: '3',
      a: { b: ['x'] },
      list: [{ path: 'p', line: '1' }, { path: 'q' }],
    });
  });

  test('puts fields into the query of a GET', async () => {
    await gh(['api', '-X', 'GET', '/repos/o/r/pulls', '-f', 'head=o:issue-1', '-F', 'per_page=10']);

    expect(door.received[0]).toMatchObject({ method: 'GET', url: '/repos/o/r/pulls?head=o%3Aissue-1&per_page=10', body: '' });
  });

  test('takes a whole body from standard input', async () => {
    await gh(['api', '--method=PATCH', 'repos/o/r/issues/1', '--input', '-'], { input: '{"state":"closed"}' });

    expect(door.received[0]).toMatchObject({ method: 'PATCH', body: '{"state":"closed"}' });
  });

  test('prints the body and one line, and exits 1, when the answer is an error', async () => {
    answer = () => ({
      status: 422,
      body: { message: 'Validation Failed', errors: [{ message: 'No commits between main and x' }] },
    });

    const outcome = await gh(['api', 'repos/o/r/pulls', '-f', 'title=x']);

    expect(outcome.exitCode).toBe(1);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ message: 'Validation Failed' });
    expect(outcome.stderr).toBe('gh: Validation Failed (HTTP 422)\nNo commits between main and x\n');
  });

  test('shows the head of the answer when asked for it', async () => {
    const outcome = await gh(['api', '-i', 'user']);

    expect(outcome.stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n\{"ok":true\}$/);
  });

  test('reads all pages into one list', async () => {
    answer = ({ url }) =>
      url.includes('page=2')
        ? { status: 200, body: [{ n: 3 }] }
        : {
            status: 200,
            body: [{ n: 1 }, { n: 2 }],
            headers: { link: '<https://api.github.com/repos/o/r/issues?per_page=100&page=2>; rel="next"' },
          };

    const outcome = await gh(['api', '--paginate', 'repos/o/r/issues']);

    expect(JSON.parse(outcome.stdout)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(door.received.map(({ url }) => url)).toEqual([
      '/repos/o/r/issues?per_page=100',
      '/repos/o/r/issues?per_page=100&page=2',
    ]);
  });

  test.each([
    ['.[].title', ['A', 'B']],
    ['.[] | .number', ['1', '2']],
    ['.[0].title, .[1].number, .[0].body', ['A', '2', '']],
    ['length', ['2']],
    ['.[-1].labels[0]["name"]', ['x']],
  ])('picks %s from the answer', async (jq, lines) => {
    answer = () => ({
      status: 200,
      body: [
        { title: 'A', number: 1, body: null },
        { title: 'B', number: 2, labels: [{ name: 'x' }] },
      ],
    });

    const outcome = await gh(['api', 'repos/o/r/issues', '--jq', jq]);

    expect(outcome.stdout.split('\n').slice(0, -1)).toEqual(lines);
  });

  test.each([
    [['api', 'repos/o/r/issues', '--jq', 'map(.title)', '-f', 'title=x'], "'map(.title)' is not understood without gh"],
    [['api', 'repos/o/r/issues', '--template', '{{.}}'], 'unknown option --template'],
    [['api', 'a', 'b'], 'expected one endpoint'],
    [['api', 'repos/{owner}/{repo}/issues'], '{owner} cannot be filled in here'],
    [['api', 'x', '-F', 'body=@absent.txt'], 'cannot read absent.txt'],
    [['api', 'x', '-f', '__proto__[a]=1'], 'is not allowed'],
    [['pr', 'list'], "only 'gh.sh api …' works without it, got 'gh.sh pr'"],
  ])('refuses %j before anything is sent', async (args, message) => {
    const outcome = await gh(args);

    expect(outcome.exitCode).toBe(1);
    expect(outcome.stderr).toContain(message);
    expect(door.received).toEqual([]);
  });
});
