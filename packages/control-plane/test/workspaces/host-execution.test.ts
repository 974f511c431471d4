import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentGit, createScene, git, openRoom, request, temporaryDirectory, write } from './fixture.ts';

const hooks = [
  'applypatch-msg',
  'pre-applypatch',
  'post-applypatch',
  'pre-commit',
  'pre-merge-commit',
  'prepare-commit-msg',
  'commit-msg',
  'post-commit',
  'pre-rebase',
  'post-checkout',
  'post-merge',
  'pre-push',
  'pre-receive',
  'update',
  'proc-receive',
  'post-receive',
  'post-update',
  'reference-transaction',
  'push-to-checkout',
  'pre-auto-gc',
  'post-rewrite',
  'sendemail-validate',
  'fsmonitor-watchman',
  'post-index-change',
];

/** Config by which git runs programs; `CMD` leaves a trace. */
const config = (evil: string) => `
[core]
\tfsmonitor = ${evil}
\tsshCommand = ${evil}
\tpager = ${evil}
\teditor = ${evil}
\tgitProxy = ${evil}
\taskPass = ${evil}
\talternateRefsCommand = ${evil}
\thooksPath = HOOKS
\tattributesFile = ATTRIBUTES
[filter "evil"]
\tclean = ${evil}
\tsmudge = ${evil}
\tprocess = ${evil}
\trequired = true
[diff]
\texternal = ${evil}
[diff "evil"]
\ttextconv = ${evil}
\tcommand = ${evil}
[merge "evil"]
\tdriver = ${evil}
[gpg]
\tprogram = ${evil}
[commit]
\tgpgSign = true
[log]
\tshowSignature = true
[alias]
\tadd = !${evil}
\tls-files = !${evil}
\tread-tree = !${evil}
[uploadpack]
\tpackObjectsHook = ${evil}
[credential]
\thelper = !${evil}
[interactive]
\tdiffFilter = ${evil}
[trailer "Decree-Correlation"]
\tcommand = ${evil}
\tcmd = ${evil}
[submodule "nested"]
\tupdate = !${evil}
\turl = ext::${evil}
[remote "origin"]
\turl = ext::${evil}
\tuploadpack = ${evil}
\treceivepack = ${evil}
[protocol "ext"]
\tallow = always
[extensions]
\tworktreeConfig = true
[pager]
\tlog = ${evil}
[sequence]
\teditor = ${evil}
[gc]
\tauto = 1
`;

/** Everything that an agent with write access to its worktree and the whole .git can plant. Returns what was executed so far. */
function plant(root: string, worktree: string, admin: string): () => string[] {
  const place = temporaryDirectory();
  const traces = join(place, 'traces');
  mkdirSync(traces);
  const evil = join(place, 'evil');
  writeFileSync(evil, `#!/bin/sh\necho "$0 $*" > ${traces}/$$\n`);
  const hooksPath = join(place, 'hooks');
  const attributes = join(place, 'attributes');
  const lines = '* filter=evil diff=evil merge=evil\n';
  writeFileSync(attributes, lines);
  const text = config(evil).replace('HOOKS', hooksPath).replace('ATTRIBUTES', attributes);
  const included = join(place, 'included');
  writeFileSync(included, text);
  const plantHooks = (directory: string) => {
    mkdirSync(directory, { recursive: true });
    for (const hook of hooks) {
      execFileSync('cp', [evil, join(directory, hook)]);
      chmodSync(join(directory, hook), 0o755);
    }
  };
  chmodSync(evil, 0o755);
  for (const directory of [hooksPath, join(root, '.git/hooks'), join(admin, 'hooks')]) plantHooks(directory);
  const nested = join(worktree, 'nested');
  write(nested, { file: 'nested\n', '.gitattributes': lines });
  git(nested, ['init', '--quiet']);
  git(nested, ['add', 'file']);
  git(nested, ['commit', '--quiet', '-m', 'Nested']);
  plantHooks(join(nested, '.git/hooks'));
  // A rewritten commondir and pointer lead to a directory where everything is the agent's.
  const fake = join(worktree, '.fake');
  execFileSync('cp', ['-r', join(root, '.git'), fake]);
  const configs = ['.git/config', '.git/config.worktree'].map((name) => join(root, name));
  for (const path of [...configs, join(admin, 'config.worktree'), join(nested, '.git/config'), join(fake, 'config')]) {
    writeFileSync(path, `[core]\n\trepositoryformatversion = 1\n\tbare = false\n[include]\n\tpath = ${included}\n${text}`);
  }
  write(worktree, {
    '.gitattributes': lines,
    '.gitmodules': `[submodule "nested"]\n\tpath = nested\n\turl = ext::${evil}\n\tupdate = !${evil}\n`,
    '.gitconfig': text,
    '.mailmap': 'X <x@example.com> <implementor@example.com>\n',
    '.git': `gitdir: ${fake}\n`,
  });
  write(root, { '.gitattributes': lines });
  mkdirSync(join(root, '.git/info'), { recursive: true });
  for (const directory of [join(root, '.git/info'), join(fake, 'info')]) writeFileSync(join(directory, 'attributes'), lines);
  writeFileSync(join(admin, 'commondir'), `${fake}\n`);
  return () => readdirSync(traces);
}

test('nothing that an agent plants in its worktree and repository is ever executed by the host, whichever verb runs', async () => {
  const { root, workspaces, workspace, base, stateDirectory } = await createScene({ files: { 'nested/placeholder': '' } });
  const bare = join(temporaryDirectory(), 'forge.git');
  git(root, ['clone', '--quiet', '--bare', root, bare]);
  const clone = join(temporaryDirectory(), 'clone');
  git(root, ['clone', '--quiet', bare, clone]);
  write(clone, { '.gitattributes': '* filter=evil diff=evil\n', 'pr.txt': 'pr\n' });
  git(clone, ['add', '-A']);
  git(clone, ['commit', '--quiet', '-m', 'Elsewhere']);
  git(clone, ['push', '--quiet', 'origin', 'HEAD:refs/heads/pr']);
  // A submodule entry in the agent's own commit, so that every comparison meets a nested repository.
  write(workspace.directory, { 'sub/file': 'sub\n' });
  git(join(workspace.directory, 'sub'), ['init', '--quiet']);
  git(join(workspace.directory, 'sub'), ['add', '-A']);
  git(join(workspace.directory, 'sub'), ['commit', '--quiet', '-m', 'Sub']);
  agentGit(workspace, ['add', '-A']);
  agentGit(workspace, ['commit', '--quiet', '-m', 'Change']);
  const head = (await workspaces.headSha(workspace)) ?? '';
  const executed = plant(root, workspace.directory, workspace.paths.adminDirectory ?? '');
  write(join(workspace.directory, 'sub/.git'), {
    config: `[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch ${join(root, 'fsmonitor-ran')}\n`,
  });
  write(workspace.directory, { 'a.txt': 'changed\n', 'new.txt': 'new\n', 'sub/file': 'changed\n' });
  // A later engine, which knows nothing of the first: every verb, over what was planted.
  const room = await openRoom(root, { stateDirectory });

  const salvage = await room.salvage(workspace);
  write(workspace.directory, { 'new.txt': 'newer\n' });
  await room.salvage(workspace);
  await room.restore('run-1', join(temporaryDirectory(), 'restored'));
  await room.restore('run-1', workspace.directory, salvage.commit ?? '');
  await room.commits(workspace, head);
  await room.readAtCommit(base, 'a.txt');
  await room.listAtCommit(base, '');
  await room.dirtyFiles();
  await room.checkIgnored();
  await room.compareRefs(await room.snapshotRefs(), []);
  const tip = await room.fetchBranch({ kind: 'bare', directory: bare }, 'pr');
  const planner = await room.create(request('plan', { kind: 'main' }));
  const resumed = await room.create(request('resumed', { kind: 'resume', branch: 'pr', tip }));
  const review = await room.create(request('review', { kind: 'review', branch: 'other', tip }));
  const fresh = await room.create(request('fresh', { kind: 'new', issue: 9, base: tip }));
  for (const other of [planner, resumed, review, fresh]) {
    await room.salvage(other);
    await room.remove(other);
  }
  await room.create(request('run-1', { kind: 'new', issue: 7, base }));
  await room.list();
  await room.remove(workspace);
  await room.sweep([]);

  expect(executed()).toEqual([]);
  expect(existsSync(join(root, 'fsmonitor-ran'))).toBe(false);
  // The plant itself works: a person's git would have run it.
  expect(() => git(root, ['-c', 'core.bare=false', 'status'])).not.toThrow(/ENOENT/);
  expect(executed().length).toBeGreaterThan(0);
});
