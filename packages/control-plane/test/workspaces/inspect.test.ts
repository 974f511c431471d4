import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentGit, createScene, git, openRoom, temporaryDirectory, write } from './fixture.ts';

test('a worktree says what of it is not committed and not pushed, also inside a nested repository whose config is not obeyed', async () => {
  const { workspaces, workspace, root } = await createScene();
  const look = (pushed: string | null = null) => workspaces.inspect(workspace.directory, pushed);
  expect(await look()).toEqual({ modified: 0, untracked: 0, unpushedCommits: 0, salvageRef: null });

  write(workspace.directory, { 'a.txt': 'changed\n', 'new.txt': 'new\n', 'staged.txt': 'staged\n', 'ignored/x': 'no\n' });
  rmSync(join(workspace.directory, 'src/b.txt'));
  agentGit(workspace, ['add', 'staged.txt']);
  write(workspace.directory, { 'nested/file': 'inside\n' });
  git(join(workspace.directory, 'nested'), ['init', '--quiet']);
  git(join(workspace.directory, 'nested'), ['config', 'core.fsmonitor', `touch ${join(root, 'ran')}`]);
  expect(await look()).toMatchObject({ modified: 2, untracked: 3, unpushedCommits: 0 });
  expect(existsSync(join(root, 'ran'))).toBe(false);

  await workspaces.salvage(workspace);
  expect((await look()).salvageRef).toBe('refs/decree/salvage/run-1');
  agentGit(workspace, ['commit', '--quiet', '-a', '-m', 'One']);
  const pushed = agentGit(workspace, ['rev-parse', 'HEAD']);
  agentGit(workspace, ['commit', '--quiet', '--allow-empty', '-m', 'Two']);
  expect(await look()).toMatchObject({ modified: 0, unpushedCommits: 2 });
  expect(await look(pushed)).toMatchObject({ unpushedCommits: 1 });
});

test('cleaning keeps the work first, removes the worktree and leaves the branch', async () => {
  const { workspaces, workspace, root } = await createScene();
  write(workspace.directory, { 'new.txt': 'new\n' });
  const { ref, commit } = await workspaces.clean(workspace.directory);
  expect(ref).toBe('refs/decree/salvage/run-1');
  expect(commit).toMatch(/^[0-9a-f]{40}$/);
  expect(existsSync(workspace.directory)).toBe(false);
  expect(git(root, ['branch', '--list', workspace.branch as string])).not.toBe('');
  const into = join(temporaryDirectory(), 'restored');
  await workspaces.restore('run-1', into);
  expect(existsSync(join(into, 'new.txt'))).toBe(true);
  expect(await workspaces.list()).toEqual([]);
});

test('a worktree whose record is lost is looked into and cleaned like any other, and one that is not ours is left alone', async () => {
  const { workspace, root } = await createScene();
  write(workspace.directory, { 'new.txt': 'new\n' });
  git(root, ['worktree', 'add', '--quiet', '.worktrees/mine', '-b', 'mine']);
  const other = await openRoom(root);
  expect((await other.list()).map(({ state }) => state).sort()).toEqual(['foreign', 'orphan']);
  expect(await other.inspect(workspace.directory, null)).toMatchObject({ untracked: 1 });
  expect(await other.inspect(join(root, '.worktrees/mine'), null)).toMatchObject({ modified: 0, untracked: 0 });
  expect((await other.clean(workspace.directory)).commit).toMatch(/^[0-9a-f]{40}$/);
  expect(existsSync(workspace.directory)).toBe(false);
  await expect(other.clean(join(root, '.worktrees/mine'))).rejects.toThrow(/not a worktree that Decree has made/);
  expect(existsSync(join(root, '.worktrees/mine'))).toBe(true);
});
