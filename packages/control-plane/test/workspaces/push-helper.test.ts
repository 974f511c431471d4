import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { OpenWorkspace } from '../../src/engine/workspaces/port.ts';
import { agentGit, createPersonsRepository, createScene, git, openRoom, request, temporaryDirectory, write } from './fixture.ts';

interface Received {
  path: string | undefined;
  host: string | undefined;
  authorization: string | undefined;
  body: unknown;
}

/** A door that answers as it is told. */
async function openDoor(answer: () => { status: number; body: string } = () => ({ status: 200, body: '{"ok":true}' })) {
  const received: Received[] = [];
  const socket = join(temporaryDirectory(), 'door.sock');
  const server = createServer(async (incoming, response) => {
    let text = '';
    for await (const chunk of incoming) text += chunk;
    received.push({
      path: incoming.url,
      host: incoming.headers.host,
      authorization: incoming.headers.authorization,
      body: JSON.parse(text),
    });
    const { status, body } = answer();
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { received, environment: { DECREE_SOCKET: socket, GH_TOKEN: 'placeholder' } };
}

const run = promisify(execFile);

/** Plain `git …` of an agent; asynchronous, for the door answers in this process. */
async function push(workspace: OpenWorkspace, door: { environment: Record<string, string> }, args: string[]) {
  const env = {
    HOME: '/nonexistent',
    ...workspace.environment,
    ...door.environment,
    PATH: [...workspace.pathPrefix, process.env.PATH].join(':'),
  };
  return run('git', args, { cwd: workspace.directory, env }).then(
    ({ stderr }) => ({ exitCode: 0, stderr }),
    (error: { code: number; stderr: string }) => ({ exitCode: error.code, stderr: error.stderr }),
  );
}

/** Something that must not be contacted: a bare repository that would take anything. */
function elsewhere(): string {
  const directory = join(temporaryDirectory(), 'elsewhere.git');
  git('/', ['init', '--quiet', '--bare', directory]);
  return directory;
}

const origins = {
  'no origin': () => undefined,
  'an origin': (root: string, url: string) => git(root, ['remote', 'add', 'origin', url]),
  'an origin with a pushurl': (root: string, url: string) => {
    git(root, ['remote', 'add', 'origin', 'https://nowhere.invalid/x.git']);
    git(root, ['config', 'remote.origin.pushurl', url]);
  },
  'an origin rewritten by the repository': (root: string, url: string) => {
    git(root, ['remote', 'add', 'origin', 'work:x.git']);
    git(root, ['config', `url.${url}.insteadOf`, 'work:x.git']);
    git(root, ['config', `url.${url}.pushInsteadOf`, 'work:']);
  },
};

test.each(Object.entries(origins))('with %s, plain pushes go to the door and nowhere else', async (_title, configure) => {
  const root = createPersonsRepository();
  const other = elsewhere();
  configure(root, other);
  const workspaces = await openRoom(root);
  const workspace = await workspaces.create(request('run-1', { kind: 'new', issue: 1, base: await workspaces.commitOf('main') }));
  const door = await openDoor();
  const { branch } = workspace;
  const ref = `refs/heads/${branch}`;
  write(workspace.directory, { 'a.txt': 'changed\n' });
  agentGit(workspace, ['commit', '--quiet', '-am', 'Change']);
  const sha = agentGit(workspace, ['rev-parse', 'HEAD']);

  const results = [];
  for (const args of [
    ['origin', 'HEAD'],
    ['-u', 'origin', branch ?? ''],
    ['--force', 'origin', 'HEAD'],
    ['origin', `+HEAD:${ref}`],
    ['origin', `:${branch}`],
    ['origin', '--delete', 'main'],
  ]) {
    results.push(await push(workspace, door, ['push', ...args]));
  }

  expect(results.map((result) => [result.exitCode, result.exitCode ? result.stderr : ''])).toEqual(results.map(() => [0, '']));
  expect(door.received.map((received) => received.body)).toEqual([
    { ref, sha, force: false, delete: false },
    { ref, sha, force: false, delete: false },
    { ref, sha, force: true, delete: false },
    { ref, sha, force: true, delete: false },
    { ref, sha: null, force: false, delete: true },
    { ref: 'refs/heads/main', sha: null, force: false, delete: true },
  ]);
  expect(door.received[0]).toMatchObject({ path: '/agent/push', host: 'decree', authorization: 'token placeholder' });
  expect(git(other, ['for-each-ref'])).toBe('');
});

test('a refusal reaches the agent as git says it, with the reason', async () => {
  const { workspace } = await createScene();
  const door = await openDoor(() => ({ status: 403, body: '{"ok":false,"reason":"only your own\\nbranch"}' }));

  const refused = await push(workspace, door, ['push', 'origin', 'HEAD']);

  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('[remote rejected]');
  expect(refused.stderr).toContain('(only your own branch)');
});

test('without an engine a push fails and says so; a dry run asks nobody', async () => {
  const { workspace } = await createScene();
  const door = await openDoor();

  expect((await push(workspace, door, ['push', '--dry-run', 'origin', 'HEAD'])).exitCode).toBe(0);
  const failed = await push(workspace, { environment: { DECREE_SOCKET: '/nonexistent/socket' } }, ['push', 'origin', 'HEAD']);

  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain('no engine listens on /nonexistent/socket');
  expect(door.received).toEqual([]);
});

test("repositories that the project's own tests make are left alone", async () => {
  const { workspace } = await createScene();
  const door = await openDoor();
  const bare = elsewhere();
  const clone = join(workspace.directory, 'ignored/clone');

  await push(workspace, door, ['clone', '--quiet', bare, clone]);
  const inside = { ...workspace, directory: clone };
  await push(inside, door, ['commit', '--quiet', '--allow-empty', '-m', 'Test']);
  expect(await push(inside, door, ['push', '--quiet', 'origin', 'HEAD:refs/heads/x'])).toMatchObject({ exitCode: 0 });

  expect(git(bare, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/x');
  expect(door.received).toEqual([]);
});

test('the helper ends when git goes away', async () => {
  const { workspace } = await createScene();
  const child = spawn(join(workspace.pathPrefix[0] ?? '', 'git-remote-decree'), ['origin', 'x'], {
    env: { PATH: process.env.PATH, ...workspace.environment },
  });
  const exitCode = new Promise((resolve) => child.on('close', resolve));
  child.stdin.end('capabilities\n');

  expect(await exitCode).toBe(0);
});
