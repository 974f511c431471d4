import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/engine/system/clock.ts';
import { createWorkspaces, type WorkspacesOptions } from '../../src/engine/workspaces/create-workspaces.ts';
import type { OpenWorkspace, WorkspaceRequest } from '../../src/engine/workspaces/port.ts';
import { openRepository } from '../../src/engine/workspaces/repository.ts';

/** A directory that goes when the test ends. */
export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'decree-ws-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const identity = {
  GIT_AUTHOR_NAME: 'Person',
  GIT_AUTHOR_EMAIL: 'person@example.com',
  GIT_COMMITTER_NAME: 'Person',
  GIT_COMMITTER_EMAIL: 'person@example.com',
};

/** Plain git as a person (or an agent) runs it, obeying the repository's config. */
export function git(directory: string, args: readonly string[], env: Record<string, string> = {}): string {
  const PATH = process.env.PATH ?? '';
  return execFileSync('git', args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { PATH, HOME: '/nonexistent', ...identity, ...env },
  }).trim();
}

/** As `git`, with what a workspace hands to its agent. */
export const agentGit = (workspace: OpenWorkspace, args: readonly string[], env: Record<string, string> = {}) =>
  git(workspace.directory, args, {
    ...workspace.environment,
    PATH: [...workspace.pathPrefix, process.env.PATH].join(':'),
    ...env,
  });

export function write(directory: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
}

/** A person's repository with one commit, `.worktrees/` ignored. */
export function createPersonsRepository(
  options: { root?: string; files?: Record<string, string>; format?: 'sha1' | 'sha256' } = {},
): string {
  const root = options.root ?? join(temporaryDirectory(), 'repo');
  mkdirSync(root, { recursive: true });
  git(root, ['init', '--quiet', '--initial-branch=main', `--object-format=${options.format ?? 'sha1'}`]);
  write(root, { '.gitignore': '.worktrees/\nignored/\n', 'a.txt': 'one\n', 'src/b.txt': 'two\n', ...options.files });
  const fast = ['-c', 'core.fsync=none'];
  git(root, [...fast, 'add', '-A']);
  git(root, [...fast, 'commit', '--quiet', '-m', 'Begin']);
  return root;
}

export async function openRoom(root: string, options: Partial<WorkspacesOptions> & { stateDirectory?: string } = {}) {
  const stateDirectory = options.stateDirectory ?? join(temporaryDirectory(), 'state');
  const env = { PATH: process.env.PATH };
  return createWorkspaces({
    repository: await openRepository(root),
    clock: systemClock,
    env,
    nodePath: process.execPath,
    ...options,
    stateDirectory,
  });
}

export const request = (
  runId: string,
  strategy: WorkspaceRequest['strategy'],
  more: Partial<WorkspaceRequest> = {},
): WorkspaceRequest => ({
  runId,
  strategy,
  author: { name: 'Implementor', email: 'implementor@example.com' },
  correlationId: 'corr-1',
  ...more,
});

/** A room over a fresh repository with one new worktree in it. */
export async function createScene(options: Parameters<typeof createPersonsRepository>[0] = {}) {
  const root = createPersonsRepository(options);
  const stateDirectory = join(temporaryDirectory(), 'state');
  const workspaces = await openRoom(root, { stateDirectory });
  const base = git(root, ['rev-parse', 'main']);
  const workspace = await workspaces.create(request('run-1', { kind: 'new', issue: 7, base }));
  return { root, stateDirectory, workspaces, base, workspace };
}
