import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentGit, createPersonsRepository, createScene, git, openRoom, request, temporaryDirectory, write } from './fixture.ts';

test('a new worktree has a branch of its own at the base, and plain git works in it', async () => {
  const { root, base, workspace } = await createScene();

  expect(workspace.branch).toMatch(/^issue-7-\d{10}$/);
  expect(workspace.directory).toBe(join(root, '.worktrees', workspace.branch ?? ''));
  expect(agentGit(workspace, ['status', '--porcelain'])).toBe('');
  expect(agentGit(workspace, ['rev-parse', 'HEAD'])).toBe(base);
  write(workspace.directory, { 'a.txt': 'changed\n', 'new.txt': 'new\n' });
  expect(agentGit(workspace, ['diff', '--name-only'])).toBe('a.txt');
  agentGit(workspace, ['add', '-A']);
  agentGit(workspace, ['commit', '--quiet', '-m', 'Change']);
  expect(agentGit(workspace, ['log', '--format=%an <%ae>', '-1'])).toBe('Implementor <implementor@example.com>');
  expect(git(root, ['log', '--format=%s', workspace.branch ?? ''])).toBe('Change\nBegin');
  expect(git(root, ['status', '--porcelain'])).toBe('');
  expect(git(root, ['worktree', 'list', '--porcelain'])).toContain(`worktree ${workspace.directory}\n`);
  expect(git(root, ['fsck', '--no-dangling'])).toBe('');
});

test.each(['sha256', 'packed refs'])('a repository with %s is served like any other', async (kind) => {
  const root = createPersonsRepository(kind === 'sha256' ? { format: 'sha256' } : {});
  git(root, ['branch', 'feature/one']);
  git(root, ['pack-refs', '--all']);
  git(root, ['gc', '--quiet']);
  const workspaces = await openRoom(root);
  const tip = await workspaces.commitOf('feature/one');

  const workspace = await workspaces.create(request('run-1', { kind: 'resume', branch: 'feature/one', tip }));
  write(workspace.directory, { 'new.txt': 'new\n' });
  agentGit(workspace, ['add', '-A']);
  agentGit(workspace, ['commit', '--quiet', '-m', 'Change']);

  expect(await workspaces.headSha(workspace)).toBe(git(root, ['rev-parse', 'feature/one']));
  expect((await workspaces.salvage(workspace)).changed).toBe(true);
});

test('two worktrees made at the same moment for the same issue do not share a branch', async () => {
  const root = createPersonsRepository();
  const workspaces = await openRoom(root);
  const base = await workspaces.commitOf('main');

  const made = await Promise.all(['a', 'b', 'c'].map((id) => workspaces.create(request(id, { kind: 'new', issue: 7, base }))));

  expect(new Set(made.map((workspace) => workspace.branch)).size).toBe(3);
  for (const workspace of made) expect(agentGit(workspace, ['status', '--porcelain'])).toBe('');
});

test('creating again returns the same worktree with the work in it, and mends what an agent broke', async () => {
  const { root, base, workspaces, workspace, stateDirectory } = await createScene();
  write(workspace.directory, { 'new.txt': 'work\n', '.git': 'gitdir: /somewhere/else\n' });
  writeFileSync(join(workspace.paths.adminDirectory ?? '', 'commondir'), '/somewhere/else\n');

  const again = await workspaces.create(request('run-1', { kind: 'new', issue: 7, base }));
  const afterRestart = await (await openRoom(root, { stateDirectory })).create(request('run-1', { kind: 'new', issue: 7, base }));

  expect(again).toEqual(workspace);
  expect(afterRestart).toEqual(workspace);
  expect(agentGit(workspace, ['status', '--porcelain'])).toBe('?? new.txt');
});

test('a worktree that was deleted under a live run is made again on its branch with the salvaged files', async () => {
  const { root, base, workspaces, workspace } = await createScene();
  write(workspace.directory, { 'new.txt': 'committed\n' });
  agentGit(workspace, ['add', '-A']);
  agentGit(workspace, ['commit', '--quiet', '-m', 'Change']);
  write(workspace.directory, { 'a.txt': 'not committed\n' });
  await workspaces.salvage(workspace);
  git(root, ['worktree', 'remove', '-f', '-f', workspace.directory]);

  const again = await workspaces.create(request('run-1', { kind: 'new', issue: 7, base }));

  expect(again.branch).toBe(workspace.branch);
  expect(readFileSync(join(again.directory, 'a.txt'), 'utf8')).toBe('not committed\n');
  expect(agentGit(again, ['log', '--format=%s'])).toBe('Change\nBegin');
  expect(agentGit(again, ['status', '--porcelain'])).toBe('M a.txt');
});

test('resume stands at the tip of the forge, and moves a local branch that is behind', async () => {
  const { root, workspaces } = await scene('behind');
  const tip = git(root, ['rev-parse', 'forge']);

  const workspace = await workspaces.create(request('run-1', { kind: 'resume', branch: 'pr', tip }));

  expect(agentGit(workspace, ['rev-parse', 'HEAD', 'pr'])).toBe(`${tip}\n${tip}`);
  expect(workspace.kept).toBeNull();
});

test('resume keeps local commits that contain the tip', async () => {
  const { root, workspaces } = await scene('ahead');
  const local = git(root, ['rev-parse', 'pr']);

  const workspace = await workspaces.create(
    request('run-1', { kind: 'resume', branch: 'pr', tip: git(root, ['rev-parse', 'forge']) }),
  );

  expect(agentGit(workspace, ['rev-parse', 'HEAD'])).toBe(local);
  expect(workspace.kept).toBeNull();
});

test('resume keeps diverged local commits under a hidden ref and says so', async () => {
  const { root, workspaces } = await scene('diverged');
  const local = git(root, ['rev-parse', 'pr']);
  const tip = git(root, ['rev-parse', 'forge']);

  const workspace = await workspaces.create(request('run-1', { kind: 'resume', branch: 'pr', tip }));

  expect(agentGit(workspace, ['rev-parse', 'HEAD'])).toBe(tip);
  expect(workspace.kept?.sha).toBe(local);
  expect(git(root, ['rev-parse', workspace.kept?.ref ?? ''])).toBe(local);
});

test('review is detached at the tip, and leaves the branch where it is', async () => {
  const { root, workspaces } = await scene('behind');
  const [tip, local] = git(root, ['rev-parse', 'forge', 'pr']).split('\n');

  const workspace = await workspaces.create(request('run-1', { kind: 'review', branch: 'pr', tip: tip ?? '' }));

  expect(agentGit(workspace, ['rev-parse', 'HEAD'])).toBe(tip);
  expect(agentGit(workspace, ['branch', '--show-current'])).toBe('');
  expect(git(root, ['rev-parse', 'pr'])).toBe(local);
});

test('a tip of the local forge is brought in from its bare repository, whose config says nothing', async () => {
  const root = createPersonsRepository();
  const bare = join(temporaryDirectory(), 'forge.git');
  git(root, ['clone', '--quiet', '--bare', root, bare]);
  const clone = join(temporaryDirectory(), 'clone');
  git(root, ['clone', '--quiet', bare, clone]);
  write(clone, { 'a.txt': 'from elsewhere\n' });
  git(clone, ['commit', '--quiet', '-am', 'Elsewhere']);
  git(clone, ['push', '--quiet', 'origin', 'HEAD:refs/heads/pr']);
  const touched = join(temporaryDirectory(), 'touched');
  git(bare, ['config', 'uploadpack.packObjectsHook', `touch ${touched}; git`]);
  const workspaces = await openRoom(root);

  const tip = await workspaces.fetchBranch({ kind: 'bare', directory: bare }, 'pr');
  const workspace = await workspaces.create(request('run-1', { kind: 'resume', branch: 'pr', tip }));

  expect(readFileSync(join(workspace.directory, 'a.txt'), 'utf8')).toBe('from elsewhere\n');
  expect(agentGit(workspace, ['log', '--format=%s'])).toBe('Elsewhere\nBegin');
  expect(git(root, ['fsck', '--no-dangling'])).toBe('');
  expect(existsSync(touched)).toBe(false);
  await expect(workspaces.fetchBranch({ kind: 'bare', directory: bare }, 'nothing')).rejects.toMatchObject({
    code: 'unknown_commit',
  });
});

test('a hostile branch name is refused with a clear error and nothing is run', async () => {
  const root = createPersonsRepository();
  const workspaces = await openRoom(root);
  const tip = await workspaces.commitOf('main');
  for (const branch of [
    'x;$(touch y)',
    '-x',
    '../x',
    'a/../b',
    'a..b',
    'a b',
    'a/.git/x',
    'x.lock',
    'a//b',
    'HEAD',
    'refs/heads/x',
    `${'a'.repeat(40)}`,
    '',
  ]) {
    await expect(workspaces.create(request('run-1', { kind: 'resume', branch, tip }))).rejects.toMatchObject({
      code: 'bad_name',
    });
  }
  expect(existsSync(join(root, 'y'))).toBe(false);
  expect(readdirSync(root).sort()).toEqual(['.git', '.gitignore', 'a.txt', 'src']);
});

test('a symbolic link in place of .worktrees is refused', async () => {
  const root = createPersonsRepository();
  const elsewhere = temporaryDirectory();
  symlinkSync(elsewhere, join(root, '.worktrees'));
  const workspaces = await openRoom(root);

  const made = workspaces.create(request('run-1', { kind: 'new', issue: 1, base: await workspaces.commitOf('main') }));

  await expect(made).rejects.toMatchObject({ code: 'unsafe_path' });
  expect(readdirSync(elsewhere)).toEqual([]);
});

test('where git does not ignore .worktrees, the refusal names init; info/exclude counts as well', async () => {
  const root = createPersonsRepository({ files: { '.gitignore': 'node_modules\n' } });
  const workspaces = await openRoom(root);
  const wanted = request('run-1', { kind: 'new', issue: 1, base: await workspaces.commitOf('main') });

  await expect(workspaces.create(wanted)).rejects.toMatchObject({
    code: 'not_ignored',
    message: expect.stringContaining('control-plane init'),
  });
  writeFileSync(join(root, '.git/info/exclude'), '/.worktrees/\n');
  await expect(workspaces.create(wanted)).resolves.toMatchObject({ kind: 'new' });
});

test('a branch that is checked out elsewhere, a name inside another, and a directory of somebody else are refused', async () => {
  const root = createPersonsRepository();
  const workspaces = await openRoom(root);
  const tip = await workspaces.commitOf('main');

  await expect(workspaces.create(request('a', { kind: 'resume', branch: 'main', tip }))).rejects.toMatchObject({
    code: 'branch_checked_out',
  });
  await expect(workspaces.create(request('b', { kind: 'resume', branch: 'main/x', tip }))).rejects.toMatchObject({
    code: 'branch_conflict',
  });
  mkdirSync(join(root, '.worktrees/mine'), { recursive: true });
  writeFileSync(join(root, '.worktrees/mine/file'), 'precious');
  await expect(workspaces.create(request('c', { kind: 'review', branch: 'mine', tip }))).rejects.toMatchObject({
    code: 'workspace_taken',
  });
  await expect(workspaces.create(request('d', { kind: 'review', branch: 'x', tip: '0'.repeat(40) }))).rejects.toMatchObject({
    code: 'unknown_commit',
  });
  expect(readFileSync(join(root, '.worktrees/mine/file'), 'utf8')).toBe('precious');
  expect(readdirSync(join(root, '.worktrees'))).toEqual(['mine']);
});

test("the set-up command runs in the new worktree, without the engine's environment", async () => {
  const root = createPersonsRepository({ files: { '.gitignore': '.worktrees/\nmade\n' } });
  const workspaces = await openRoom(root, { env: { PATH: process.env.PATH, SECRET: 'x' } });
  const setup = {
    command: ['sh', '-c', 'echo "secret=$SECRET own=$OWN"; touch made'] as const,
    timeoutMs: 60_000,
    env: { OWN: 'yes' },
  };

  const workspace = await workspaces.create(
    request('run-1', { kind: 'new', issue: 1, base: await workspaces.commitOf('main') }, { setup }),
  );

  expect(workspace.setupOutput).toBe('secret= own=yes\n');
  expect(existsSync(join(workspace.directory, 'made'))).toBe(true);
});

test.each([
  ['fails', ['sh', '-c', 'echo no network; exit 3'], 60_000, 'exit code 3'],
  ['does not end', ['sh', '-c', 'echo waiting; sleep 60 & wait'], 400, 'within 400 ms'],
  ['does not exist', ['no-such-program'], 60_000, 'exit code'],
] as const)('where the set-up command %s, the worktree and its branch go', async (_title, command, timeoutMs, message) => {
  const root = createPersonsRepository();
  const workspaces = await openRoom(root);
  const base = await workspaces.commitOf('main');

  const made = workspaces.create(request('run-1', { kind: 'new', issue: 1, base }, { setup: { command, timeoutMs } }));

  await expect(made).rejects.toMatchObject({ code: 'setup_failed', message: expect.stringContaining(message) });
  expect(await workspaces.list()).toEqual([]);
  expect(git(root, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main');
  expect(git(root, ['worktree', 'list']).split('\n')).toHaveLength(1);
});

/** `pr` is local, `forge` is where the forge's tip is. */
async function scene(kind: 'behind' | 'ahead' | 'diverged') {
  const root = createPersonsRepository();
  const commit = (name: string) => {
    write(root, { [name]: name });
    git(root, ['add', '-A']);
    git(root, ['commit', '--quiet', '-m', name]);
  };
  git(root, ['checkout', '--quiet', '-b', kind === 'ahead' ? 'forge' : 'pr']);
  commit('first');
  git(root, ['checkout', '--quiet', '-b', kind === 'ahead' ? 'pr' : 'forge']);
  commit('second');
  if (kind === 'diverged') {
    git(root, ['checkout', '--quiet', 'pr']);
    commit('third');
  }
  git(root, ['checkout', '--quiet', 'main']);
  return { root, workspaces: await openRoom(root) };
}
