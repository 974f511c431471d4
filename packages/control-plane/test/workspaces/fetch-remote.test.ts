import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { agentGit, createPersonsRepository, git, openRoom, request, temporaryDirectory, write } from './fixture.ts';

/** A forge over HTTP: git's own http-backend behind a check of the token. */
async function openForge(directory: string) {
  const authorizations = new Set<string | undefined>();
  const server = createServer((incoming, response) => {
    authorizations.add(incoming.headers.authorization);
    if (incoming.headers.authorization !== `Basic ${Buffer.from('x-access-token:secret').toString('base64')}`) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic' }).end();
      return;
    }
    const url = new URL(incoming.url ?? '/', 'http://x');
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: dirname(directory),
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: incoming.method,
        CONTENT_TYPE: incoming.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: incoming.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(incoming.headers['git-protocol'] ?? ''),
      },
    });
    incoming.pipe(backend.stdin);
    const chunks: Buffer[] = [];
    backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    backend.on('close', () => {
      const output = Buffer.concat(chunks);
      const end = output.indexOf('\r\n\r\n');
      const headers = output
        .toString('latin1', 0, end)
        .split('\r\n')
        .map((line) => line.split(': ') as [string, string]);
      const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
      response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers)).end(output.subarray(end + 4));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/forge.git`, authorizations };
}

test('a tip is fetched over HTTP with a token, into the objects that the agent sees, and no ref of the repository moves', async () => {
  const root = createPersonsRepository();
  const bare = join(temporaryDirectory(), 'forge.git');
  git(root, ['clone', '--quiet', '--bare', root, bare]);
  const clone = join(temporaryDirectory(), 'clone');
  git(root, ['clone', '--quiet', bare, clone]);
  write(clone, { 'a.txt': 'from elsewhere\n' });
  git(clone, ['commit', '--quiet', '-am', 'Elsewhere']);
  git(clone, ['push', '--quiet', 'origin', 'HEAD:refs/heads/pr']);
  const forge = await openForge(bare);
  const workspaces = await openRoom(root);
  const before = await workspaces.snapshotRefs();

  const tip = await workspaces.fetchBranch({ kind: 'remote', url: forge.url, token: 'secret' }, 'pr');
  expect(await workspaces.compareRefs(before, [])).toEqual([]);
  const workspace = await workspaces.create(request('run-1', { kind: 'resume', branch: 'pr', tip }));

  expect(agentGit(workspace, ['log', '--format=%s'])).toBe('Elsewhere\nBegin');
  expect(forge.authorizations.size).toBe(1);
  expect(spawnSync('grep', ['-rl', 'eC1hY2Nlc3M', join(root, '.git')], { encoding: 'utf8' }).stdout).toBe('');
});

test('a wrong token, a missing branch and another protocol fail with a clear error and never ask for a password', async () => {
  const root = createPersonsRepository();
  const bare = join(temporaryDirectory(), 'forge.git');
  git(root, ['clone', '--quiet', '--bare', root, bare]);
  const { url } = await openForge(bare);
  const workspaces = await openRoom(root);

  await expect(workspaces.fetchBranch({ kind: 'remote', url, token: 'wrong' }, 'main')).rejects.toMatchObject({
    code: 'git_failed',
  });
  await expect(workspaces.fetchBranch({ kind: 'remote', url, token: 'secret' }, 'gone')).rejects.toMatchObject({
    code: 'git_failed',
  });
  await expect(workspaces.fetchBranch({ kind: 'remote', url: 'ext::sh -c id', token: 'x' }, 'main')).rejects.toMatchObject({
    code: 'bad_name',
  });
  await expect(
    workspaces.fetchBranch({ kind: 'remote', url: 'https://user:secret@example.com/x' }, 'main'),
  ).rejects.toMatchObject({
    code: 'bad_name',
    message: expect.not.stringContaining('secret'),
  });
});
