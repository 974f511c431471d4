import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentGit, createPersonsRepository, git, openRoom, request, temporaryDirectory, write } from './fixture.ts';

const digest = (root: string) =>
  execFileSync('sh', ['-c', 'find . -type f -print0 | sort -z | xargs -0 sha256sum'], { cwd: root, encoding: 'utf8' });

test('a Planner works in the main tree, dirty as it is, and the tree with its .git is byte-identical afterwards', async () => {
  const root = createPersonsRepository();
  write(root, { 'a.txt': 'not committed\n', 'untracked.txt': 'untracked\n' });
  const before = digest(root);
  const workspaces = await openRoom(root);

  const workspace = await workspaces.create(request('plan-1', { kind: 'main' }));
  agentGit(workspace, ['status']);
  agentGit(workspace, ['log', '-p']);
  const { main } = await workspaces.remove(workspace);

  expect(workspace).toMatchObject({ directory: root, branch: null });
  expect(main).toEqual({ identical: true, files: [], headMoved: false, indexChanged: false });
  expect(digest(root)).toBe(before);
});

test('nothing is left of a Planner whose engine died and whose run is over', async () => {
  const root = createPersonsRepository();
  const stateDirectory = join(temporaryDirectory(), 'state');
  const workspaces = await openRoom(root, { stateDirectory });
  for (const run of ['plan-1', 'plan-2']) await workspaces.create(request(run, { kind: 'main' }));

  const report = await workspaces.sweep(['plan-2']);

  expect(report).toEqual({ removed: [], left: [] });
  expect(await workspaces.get('plan-1')).toBeUndefined();
  expect(await workspaces.get('plan-2')).toMatchObject({ directory: root });
  expect(readdirSync(join(stateDirectory, 'agent'))).toEqual(['plan-2.gitconfig']);
});

test('whatever a Planner changed in the main tree is named', async () => {
  const root = createPersonsRepository();
  write(root, { 'untracked.txt': 'untracked\n' });
  const workspaces = await openRoom(root);
  const workspace = await workspaces.create(request('plan-1', { kind: 'main' }));

  write(root, {
    'a.txt': 'changed\n',
    'deep/made.txt': 'made\n',
    '.worktrees/x/file': 'of another run',
    'untracked.txt': 'touched\n',
  });
  rmSync(join(root, 'src/b.txt'));
  git(root, ['add', 'deep']);
  git(root, ['symbolic-ref', 'HEAD', 'refs/heads/other']);

  expect(await workspaces.compareMain(workspace)).toEqual({
    identical: false,
    headMoved: true,
    indexChanged: true,
    files: [
      { path: 'a.txt', change: 'modified' },
      { path: 'deep/made.txt', change: 'created' },
      { path: 'src/b.txt', change: 'deleted' },
      { path: 'untracked.txt', change: 'modified' },
    ],
  });
});

test('dirty files are told apart as staged, modified and untracked', async () => {
  const root = createPersonsRepository();
  const workspaces = await openRoom(root);
  expect(await workspaces.dirtyFiles()).toEqual({ staged: [], modified: [], untracked: [] });
  write(root, { 'a.txt': 'changed\n', 'new.txt': 'new\n', 'staged.txt': 'staged\n' });
  git(root, ['add', 'staged.txt']);

  expect(await workspaces.dirtyFiles()).toEqual({ staged: ['staged.txt'], modified: ['a.txt'], untracked: ['new.txt'] });
  git(root, ['update-index', '--split-index']);
  expect((await workspaces.dirtyFiles()).modified).toEqual(['a.txt']);
});
