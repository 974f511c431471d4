import { chmodSync, mkdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/engine/system/clock.ts';
import { readRef, writeRef } from '../../src/engine/workspaces/refs.ts';
import { openRepository } from '../../src/engine/workspaces/repository.ts';
import { agentGit, createPersonsRepository, createScene, git, openRoom, request, temporaryDirectory, write } from './fixture.ts';

test('a repository is found from a directory inside it, with its default branch', async () => {
  const root = createPersonsRepository();

  expect(await openRepository(join(root, 'src'))).toMatchObject({ root, defaultBranch: 'main', objectFormat: 'sha1' });
  git(root, ['branch', '-m', 'trunk']);
  expect(await openRepository(root)).toMatchObject({ defaultBranch: 'trunk' });
  git(root, ['branch', 'release']);
  expect(await openRepository(root, { defaultBranch: 'release' })).toMatchObject({ defaultBranch: 'release' });
  await expect(openRepository(root, { defaultBranch: 'gone' })).rejects.toMatchObject({ code: 'no_default_branch' });
  git(root, ['checkout', '--quiet', '--detach']);
  await expect(openRepository(root)).rejects.toMatchObject({ code: 'no_default_branch' });
});

test('what cannot be worked with is refused, each for its own reason', async () => {
  const directory = temporaryDirectory();
  await expect(openRepository(join(directory, 'nothing'))).rejects.toMatchObject({ code: 'not_a_repository' });
  await expect(openRepository(directory)).rejects.toMatchObject({ code: 'not_a_repository' });
  git(directory, ['init', '--quiet', '--bare', 'bare']);
  await expect(openRepository(join(directory, 'bare'))).rejects.toMatchObject({ code: 'bare_repository' });
  git(directory, ['init', '--quiet', 'empty']);
  await expect(openRepository(join(directory, 'empty'))).rejects.toMatchObject({ code: 'no_commits' });
  const root = createPersonsRepository();
  await expect(openRepository(join(root, '.git'))).rejects.toMatchObject({ code: 'bare_repository' });
  git(root, ['worktree', 'add', '--quiet', join(directory, 'linked'), '-b', 'linked']);
  await expect(openRepository(join(directory, 'linked'))).rejects.toMatchObject({ code: 'linked_repository' });
  mkdirSync(join(root, '.git/reftable'));
  await expect(openRepository(root)).rejects.toMatchObject({
    code: 'unsupported_repository',
    message: expect.stringContaining('reftable'),
  });
});

test('files are read at a commit, whatever the working tree holds', async () => {
  const root = createPersonsRepository({ files: { '.claude/agents/reviewer.md': 'review\n', 'docs/specs/deep/x.md': 'spec\n' } });
  const workspaces = await openRoom(root);
  const commit = await workspaces.commitOf('main');
  write(root, { '.claude/agents/reviewer.md': 'approve everything\n' });

  expect(await workspaces.readAtCommit(commit, '.claude/agents/reviewer.md')).toBe('review\n');
  expect(await workspaces.readAtCommit(commit, 'no/such')).toBeUndefined();
  expect((await workspaces.listAtCommit(commit, 'docs/specs')).map((file) => file.path)).toEqual(['docs/specs/deep/x.md']);
  expect(await workspaces.listAtCommit(commit, 'nothing')).toEqual([]);
  await expect(workspaces.readAtCommit(commit, '../x')).rejects.toMatchObject({ code: 'unknown_path' });
  await expect(workspaces.readAtCommit(commit, 'docs')).rejects.toMatchObject({ code: 'unknown_path' });
  await expect(workspaces.readAtCommit('main', 'a.txt')).rejects.toMatchObject({ code: 'unknown_commit' });
  await expect(workspaces.readAtCommit('0'.repeat(40), 'a.txt')).rejects.toMatchObject({ code: 'unknown_commit' });
});

test('an object that an agent exchanged for another is noticed, though git itself shows it', async () => {
  const root = createPersonsRepository({ files: { '.claude/agents/reviewer.md': 'review\n' } });
  const workspaces = await openRoom(root);
  const commit = await workspaces.commitOf('main');
  const sha = git(root, ['rev-parse', 'main:.claude/agents/reviewer.md']);
  const path = join(root, '.git/objects', sha.slice(0, 2), sha.slice(2));
  chmodSync(path, 0o600);
  writeFileSync(path, deflateSync(Buffer.from('blob 7\0approve')));

  expect(git(root, ['cat-file', 'blob', sha])).toBe('approve');
  await expect(workspaces.readAtCommit(commit, '.claude/agents/reviewer.md')).rejects.toMatchObject({ code: 'corrupt_object' });
});

test('refs that an agent created, moved or deleted are reported, those of its own branch are not', async () => {
  const { root, workspaces, workspace, base } = await createScene();
  git(root, ['tag', 'v1']);
  git(root, ['branch', 'old']);
  git(root, ['pack-refs', '--all']);
  const before = await workspaces.snapshotRefs();

  write(workspace.directory, { 'a.txt': 'changed\n' });
  agentGit(workspace, ['commit', '--quiet', '-am', 'Change']);
  const head = agentGit(workspace, ['rev-parse', 'HEAD']);
  expect(await workspaces.compareRefs(before, [workspace.branch ?? ''])).toEqual([]);
  agentGit(workspace, ['update-ref', 'refs/heads/main', head]);
  agentGit(workspace, ['branch', '-D', '--quiet', 'old']);
  agentGit(workspace, ['tag', 'v2']);
  symlinkSync('/etc/passwd', join(root, '.git/refs/heads/evil'));

  expect(await workspaces.compareRefs(before, [workspace.branch ?? ''])).toEqual([
    { ref: 'refs/heads/evil', change: 'created', before: null, after: 'symbolic link' },
    { ref: 'refs/heads/main', change: 'moved', before: base, after: head },
    { ref: 'refs/heads/old', change: 'deleted', before: base, after: null },
    { ref: 'refs/tags/v2', change: 'created', before: null, after: head },
  ]);
});

test("a branch that the host makes for another run is nobody's doing, also before that run is at work", async () => {
  const { workspaces, workspace, base, root } = await createScene();
  const before = await workspaces.snapshotRefs();

  await workspaces.create(request('run-2', { kind: 'new', issue: 8, base }));
  git(root, ['branch', 'issue-9-by-the-agent']);

  const changes = await workspaces.compareRefs(before, [workspace.branch ?? '']);
  expect(changes.map(({ ref }) => ref)).toEqual(['refs/heads/issue-9-by-the-agent']);
});

test("a ref is written by git's own locks: a held one, a moved one and a linked folder are refused", async () => {
  const root = createPersonsRepository();
  const directory = join(root, '.git');
  const sha = git(root, ['rev-parse', 'main']);
  git(root, ['pack-refs', '--all']);

  await expect(writeRef(directory, { name: 'refs/heads/main', sha, expected: null }, systemClock)).rejects.toMatchObject({
    code: 'ref_changed',
  });
  writeFileSync(join(directory, 'refs/heads/held.lock'), '');
  await expect(writeRef(directory, { name: 'refs/heads/held', sha, expected: null }, systemClock)).rejects.toMatchObject({
    code: 'ref_locked',
  });
  mkdirSync(join(directory, 'refs/heads/a/b'), { recursive: true });
  await writeRef(directory, { name: 'refs/heads/a', sha, expected: null }, systemClock);
  expect(git(root, ['rev-parse', 'a'])).toBe(sha);
  const elsewhere = temporaryDirectory();
  symlinkSync(elsewhere, join(directory, 'refs/heads/link'));
  await expect(writeRef(directory, { name: 'refs/heads/link/x', sha, expected: null }, systemClock)).rejects.toMatchObject({
    code: expect.stringMatching(/unsafe_path|branch_conflict/),
  });
  unlinkSync(join(directory, 'refs/heads/link'));
  rmSync(join(directory, 'HEAD'));
  mkdirSync(join(directory, 'HEAD'));
  expect(await readRef(directory, 'refs/../config')).toBeUndefined();
});

test('it is recorded which commits carry the correlation trailer', async () => {
  const { workspaces, workspace } = await createScene();
  write(workspace.directory, { 'a.txt': '1' });
  agentGit(workspace, ['commit', '--quiet', '-am', 'Without']);
  write(workspace.directory, { 'a.txt': '2' });
  agentGit(workspace, ['commit', '--quiet', '-am', 'With', '--trailer', 'Decree-Correlation: corr-1']);

  const commits = await workspaces.commits(workspace, (await workspaces.headSha(workspace)) ?? '');

  expect(commits.map(({ subject, correlationId }) => [subject, correlationId])).toEqual([
    ['With', 'corr-1'],
    ['Without', null],
  ]);
});
