import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { findByMark } from '../../src/engine/system/process.ts';
import type { WorkspaceRequest } from '../../src/engine/workspaces/port.ts';
import { agentGit, createPersonsRepository, git, openRoom, request, temporaryDirectory, write } from './fixture.ts';

const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`files/${n % 50}/${n}.txt`, `file ${n}\n`]));

function startEngine(root: string, stateDirectory: string, verb: 'create' | 'remove', wanted: WorkspaceRequest) {
  const file = fileURLToPath(new URL('./kill-child.ts', import.meta.url));
  const child = spawn(process.execPath, [file, root, stateDirectory, verb, JSON.stringify(wanted)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  return { child, said: () => said };
}

async function killWhen(child: ChildProcess, condition: () => boolean): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  while (child.exitCode === null && !condition()) await delay(1);
  child.kill('SIGKILL');
  await ended;
}

const worktrees = (root: string) => (existsSync(join(root, '.worktrees')) ? readdirSync(join(root, '.worktrees')) : []);
const holds = (directory: string, name: string) => existsSync(directory) && readdirSync(directory).includes(name);

const stateOf = (stateDirectory: string) => {
  const path = join(stateDirectory, 'workspaces/run-1.json');
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { state: string }).state;
  } catch {
    return 'gone';
  }
};

const moments: Record<string, (at: { root: string; stateDirectory: string; said: () => string }) => boolean> = {
  'as soon as it is ready': ({ said }) => said().includes('ready'),
  'when its record stands': ({ stateDirectory }) => holds(join(stateDirectory, 'workspaces'), 'run-1.json'),
  'when its directory stands': ({ root }) => worktrees(root).length > 0,
  'when its admin files are begun': ({ root }) => holds(join(root, '.git'), 'worktrees'),
  'in the middle of the checkout': ({ root }) => worktrees(root).some((name) => holds(join(root, '.worktrees', name), 'files')),
  "when the agent's index stands": ({ root }) =>
    worktrees(root).some((name) => holds(join(root, '.git/worktrees', `decree-${name}`), 'index')),
};

test.each(Object.entries(moments))('an engine killed in create, %s, finishes it on the next start', async (_title, condition) => {
  const root = createPersonsRepository({ files: many });
  const stateDirectory = join(temporaryDirectory(), 'state');
  const base = git(root, ['rev-parse', 'main']);
  const wanted = request('run-1', { kind: 'new', issue: 7, base });
  const { child, said } = startEngine(root, stateDirectory, 'create', wanted);
  await killWhen(child, () => condition({ root, stateDirectory, said }));

  const workspaces = await openRoom(root, { stateDirectory });
  const workspace = await workspaces.create(wanted);

  expect(agentGit(workspace, ['status', '--porcelain'])).toBe('');
  expect(agentGit(workspace, ['rev-parse', 'HEAD'])).toBe(base);
  expect(
    execFileSync('find', [workspace.directory, '-type', 'f', '-name', '*.txt'], { encoding: 'utf8' }).trim().split('\n'),
  ).toHaveLength(302);
  expect(await workspaces.list()).toHaveLength(1);
  expect(git(root, ['for-each-ref', '--format=%(refname)']).split('\n')).toEqual([
    `refs/heads/${workspace.branch}`,
    'refs/heads/main',
  ]);
  expect((await workspaces.salvage(workspace)).changed).toBe(false);
  expect(git(root, ['fsck', '--no-dangling'])).toBe('');
});

test('a set-up command that a killed engine left running is ended, and run again', async () => {
  const root = createPersonsRepository({ files: { '.gitignore': '.worktrees/\nmade\n' } });
  const stateDirectory = join(temporaryDirectory(), 'state');
  const strategy = { kind: 'new', issue: 7, base: git(root, ['rev-parse', 'main']) } as const;
  const setup = (seconds: number) => ({
    setup: { command: ['sh', '-c', `touch made; sleep ${seconds}`] as const, timeoutMs: 120_000 },
  });
  const { child } = startEngine(root, stateDirectory, 'create', request('run-1', strategy, setup(100)));
  await killWhen(child, () => worktrees(root).some((name) => holds(join(root, '.worktrees', name), 'made')));
  expect(await findByMark('DECREE_SETUP', 'run-1')).not.toEqual([]);

  const workspaces = await openRoom(root, { stateDirectory });
  expect(await findByMark('DECREE_WORKSPACES', stateDirectory)).toEqual([]);
  const workspace = await workspaces.create(request('run-1', strategy, setup(0)));

  expect(holds(workspace.directory, 'made')).toBe(true);
  expect(await workspaces.list()).toHaveLength(1);
});

test('an engine killed while it removes a worktree has kept the whole of it, and finishes on the next start', async () => {
  const root = createPersonsRepository({ files: many });
  const stateDirectory = join(temporaryDirectory(), 'state');
  const first = await openRoom(root, { stateDirectory });
  const wanted = request('run-1', { kind: 'new', issue: 7, base: await first.commitOf('main') });
  const workspace = await first.create(wanted);
  write(workspace.directory, { 'new.txt': 'not committed\n' });
  const { child } = startEngine(root, stateDirectory, 'remove', wanted);
  await killWhen(child, () => stateOf(stateDirectory) !== 'ready');

  const second = await openRoom(root, { stateDirectory });
  expect((await second.sweep([])).left).toEqual([]);

  expect(await second.list()).toEqual([]);
  const into = join(temporaryDirectory(), 'restored');
  await second.restore('run-1', into);
  expect(readFileSync(join(into, 'new.txt'), 'utf8')).toBe('not committed\n');
  expect(readdirSync(join(into, 'files'))).toHaveLength(50);
});
