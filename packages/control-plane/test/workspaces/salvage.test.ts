import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentGit, createScene, git, openRoom, request, temporaryDirectory, write } from './fixture.ts';

test('salvage keeps tracked, untracked and deleted files, and says whether anything changed', async () => {
  const { root, workspaces, workspace, base } = await createScene();
  expect(await workspaces.salvage(workspace)).toMatchObject({ commit: null, changed: false });
  write(workspace.directory, { 'a.txt': 'changed\r\nbytes\n', 'deep/new.txt': 'new\n', 'ignored/x': 'no\n' });
  rmSync(join(workspace.directory, 'src/b.txt'));
  symlinkSync('/etc/passwd', join(workspace.directory, 'link'));

  const first = await workspaces.salvage(workspace);
  const second = await workspaces.salvage(workspace);
  write(workspace.directory, { 'deep/new.txt': 'newer\n' });
  const third = await workspaces.salvage(workspace);

  expect([first.changed, second.changed, third.changed]).toEqual([true, false, true]);
  expect(second.commit).toBe(first.commit);
  const into = join(temporaryDirectory(), 'restored');
  await workspaces.restore('run-1', into);
  expect(readFileSync(join(into, 'a.txt'), 'utf8')).toBe('changed\r\nbytes\n');
  expect(readFileSync(join(into, 'deep/new.txt'), 'utf8')).toBe('newer\n');
  expect(existsSync(join(into, 'src/b.txt'))).toBe(false);
  expect(existsSync(join(into, 'ignored'))).toBe(false);
  const earlier = join(temporaryDirectory(), 'earlier');
  await workspaces.restore('run-1', earlier, first.commit ?? '');
  expect(readFileSync(join(earlier, 'deep/new.txt'), 'utf8')).toBe('new\n');
  expect(git(root, ['for-each-ref', '--format=%(refname)', 'refs/decree'])).toBe('');
  expect(agentGit(workspace, ['rev-parse', 'HEAD'])).toBe(base);
});

test('file names that are no UTF-8, files in nested repositories and line ends under attributes are kept byte for byte', async () => {
  const { workspaces, workspace } = await createScene({
    files: { '.gitattributes': '*.txt text eol=crlf\n*.odd working-tree-encoding=UTF-99\n' },
  });
  const odd = Buffer.concat([Buffer.from(`${workspace.directory}/`), Buffer.from([0x66, 0xff, 0xfe, 0x0a])]);
  writeFileSync(odd, 'odd name');
  write(workspace.directory, { 'mixed.txt': 'a\r\nb\n', 'x.odd': 'odd', 'nested/inner/file': 'inside' });
  git(join(workspace.directory, 'nested'), ['init', '--quiet']);
  git(join(workspace.directory, 'nested'), ['add', '-A']);
  git(join(workspace.directory, 'nested'), ['commit', '--quiet', '-m', 'Nested']);

  await workspaces.salvage(workspace);
  write(workspace.directory, { 'nested/inner/later': 'later' });
  await workspaces.salvage(workspace);

  const into = join(temporaryDirectory(), 'restored');
  await workspaces.restore('run-1', into);
  expect(readFileSync(Buffer.concat([Buffer.from(`${into}/`), Buffer.from([0x66, 0xff, 0xfe, 0x0a])]), 'utf8')).toBe('odd name');
  expect(readFileSync(join(into, 'mixed.txt'), 'utf8')).toBe('a\r\nb\n');
  expect(readFileSync(join(into, 'x.odd'), 'utf8')).toBe('odd');
  expect(readFileSync(join(into, 'nested/inner/file'), 'utf8')).toBe('inside');
  expect(readFileSync(join(into, 'nested/inner/later'), 'utf8')).toBe('later');
});

test('calls during a running salvage share one more turn', async () => {
  const { workspaces, workspace } = await createScene();
  write(workspace.directory, { 'new.txt': 'new\n' });

  const results = await Promise.all([1, 2, 3, 4, 5].map(() => workspaces.salvage(workspace)));

  expect([...new Set(results)].map((result) => result.changed).sort()).toEqual([false, true]);
  expect(new Set(results.map((result) => result.commit)).size).toBe(1);
});

test('salvage goes on after a restart of the engine, and after its index is lost', async () => {
  const { root, workspaces, workspace, stateDirectory } = await createScene({
    files: { 'ignored/forced': 'tracked though ignored\n' },
  });
  write(workspace.directory, { 'new.txt': 'new\n' });
  const first = await workspaces.salvage(workspace);

  const restarted = await openRoom(root, { stateDirectory });
  expect(await restarted.salvage(workspace)).toEqual({ ...first, changed: false });
  rmSync(join(stateDirectory, 'index'), { recursive: true });
  mkdirSync(join(stateDirectory, 'index'));
  const again = await openRoom(root, { stateDirectory });

  expect(await again.salvage(workspace)).toEqual({ ...first, changed: false });
});

test('commits that the agent makes are kept too, also when it drops its branch', async () => {
  const { root, stateDirectory, workspaces, workspace } = await createScene();
  write(workspace.directory, { 'new.txt': 'new\n' });
  agentGit(workspace, ['add', '-A']);
  agentGit(workspace, ['commit', '--quiet', '-m', 'Change']);
  const head = await workspaces.headSha(workspace);
  const { commit } = await workspaces.salvage(workspace);

  agentGit(workspace, ['update-ref', '-d', `refs/heads/${workspace.branch}`]);
  expect(await workspaces.headSha(workspace)).toBeUndefined();
  await workspaces.remove(workspace);
  git(root, ['reflog', 'expire', '--expire=now', '--all']);
  git(root, ['gc', '--quiet', '--prune=now']);

  const kept = ['--git-dir', join(stateDirectory, 'git/salvage.git'), 'rev-list', commit ?? ''];
  expect(git(root, kept, { GIT_ALTERNATE_OBJECT_DIRECTORIES: join(root, '.git/objects') })).toContain(head);
  const into = join(temporaryDirectory(), 'restored');
  await workspaces.restore('run-1', into);
  expect(readFileSync(join(into, 'new.txt'), 'utf8')).toBe('new\n');
});

test('removing keeps uncommitted work and the branch, and nothing else is left', async () => {
  const { root, workspaces, workspace } = await createScene();
  write(workspace.directory, { 'a.txt': 'changed\n', 'new/file.txt': 'new\n' });
  execFileSync('chmod', ['0', join(workspace.directory, 'src')]);
  execFileSync('chmod', ['700', join(workspace.directory, 'src')]);

  const { salvage } = await workspaces.remove(workspace);
  const again = await workspaces.remove(workspace);

  expect(salvage?.changed).toBe(true);
  expect(again).toEqual({ salvage: null, main: null });
  expect(existsSync(workspace.directory)).toBe(false);
  expect(existsSync(join(root, '.git/worktrees'))).toBe(false);
  expect(git(root, ['branch', '--list', 'issue-*'])).not.toBe('');
  expect(await workspaces.list()).toEqual([]);
  git(root, ['gc', '--quiet', '--prune=now']);
  const into = join(temporaryDirectory(), 'restored');
  await workspaces.restore('run-1', into);
  expect(readFileSync(join(into, 'new/file.txt'), 'utf8')).toBe('new\n');
  await expect(workspaces.restore('run-1', into)).rejects.toMatchObject({ code: 'workspace_taken' });
  await expect(workspaces.restore('run-2', into)).rejects.toMatchObject({ code: 'no_salvage' });
});

test('a worktree whose work cannot be kept is not removed', async () => {
  const { workspaces, workspace, root } = await createScene();
  write(workspace.directory, { 'new.txt': 'precious\n' });
  rmSync(join(root, '.worktrees'), { recursive: true });
  const elsewhere = temporaryDirectory();
  write(elsewhere, { [`${workspace.branch}/precious`]: 'precious\n' });
  symlinkSync(elsewhere, join(root, '.worktrees'));

  await expect(workspaces.remove(workspace)).rejects.toMatchObject({ code: 'salvage_failed' });
  expect((await workspaces.sweep([])).left.map((left) => left.directory)).toEqual([
    workspace.directory,
    join(root, '.worktrees'),
  ]);
  expect(existsSync(join(elsewhere, workspace.branch ?? '', 'precious'))).toBe(true);
});

test('a salvage is restored into the live worktree, files that it lacks going away', async () => {
  const { workspaces, workspace } = await createScene();
  write(workspace.directory, { 'kept.txt': 'kept\n' });
  const { commit } = await workspaces.salvage(workspace);
  write(workspace.directory, { 'later/file.txt': 'later\n', 'kept.txt': 'spoilt\n' });

  await workspaces.restore('run-1', workspace.directory, commit ?? '');

  expect(readFileSync(join(workspace.directory, 'kept.txt'), 'utf8')).toBe('kept\n');
  expect(existsSync(join(workspace.directory, 'later'))).toBe(false);
  expect(statSync(join(workspace.directory, '.git')).isFile()).toBe(true);
  expect(agentGit(workspace, ['status', '--porcelain'])).toBe('?? kept.txt');
});

test('sweep salvages and removes what no live run uses, and leaves the worktrees of others alone', async () => {
  const { root, workspaces, workspace, base, stateDirectory } = await createScene();
  const live = await workspaces.create(request('run-2', { kind: 'new', issue: 8, base }));
  const orphan = await workspaces.create(request('run-3', { kind: 'review', branch: 'feature/x', tip: base }));
  git(root, ['worktree', 'add', '--quiet', '.worktrees/mine', '-b', 'mine']);
  write(workspace.directory, { 'one.txt': '1' });
  write(orphan.directory, { 'three.txt': '3' });
  rmSync(join(stateDirectory, 'workspaces/run-3.json'));
  const restarted = await openRoom(root, { stateDirectory });

  expect((await restarted.list()).map(({ branch, runId, state }) => ({ branch, runId, state }))).toEqual([
    { branch: 'feature/x', runId: null, state: 'orphan' },
    { branch: workspace.branch, runId: 'run-1', state: 'ready' },
    { branch: live.branch, runId: 'run-2', state: 'ready' },
    { branch: 'mine', runId: null, state: 'foreign' },
  ]);
  const report = await restarted.sweep(['run-2']);

  expect(report.removed.map(({ runId, salvage }) => [runId, salvage?.changed])).toEqual([
    ['run-1', true],
    ['orphan-x', true],
  ]);
  expect(report.left).toMatchObject([{ directory: join(root, '.worktrees/mine') }]);
  expect((await restarted.list()).map((listing) => listing.branch)).toEqual([live.branch, 'mine']);
  const into = join(temporaryDirectory(), 'restored');
  await restarted.restore('orphan-x', into);
  expect(readFileSync(join(into, 'three.txt'), 'utf8')).toBe('3');
  expect(git(root, ['worktree', 'list']).split('\n')).toHaveLength(3);
});
