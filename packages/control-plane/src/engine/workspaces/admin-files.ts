import { createHash } from 'node:crypto';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errno } from './errors.ts';
import { readSmallFile, removeTree, writeWhole } from './files.ts';
import { checkContained, makeContained } from './names.ts';
import type { Repository } from './repository.ts';

/**
 * The files that make a directory a linked worktree (gitrepository-layout(5), "worktrees/"). They are written by hand:
 * `git worktree add` would have to run with the repository's own config and hooks.
 */
export interface AdminFiles {
  repository: Repository;
  adminDirectory: string;
  worktree: string;
}

/** Readable, and different for `a/b` and `a-b`. */
export function adminDirectoryOf(repository: Repository, branch: string): string {
  const flat = branch.replaceAll('/', '-');
  const id = flat === branch ? flat : `${flat}-${createHash('sha256').update(branch).digest('hex').slice(0, 8)}`;
  return join(repository.commonDirectory, 'worktrees', `decree-${id}`);
}

/** Writes, or after an agent's tampering rewrites, everything but HEAD and index. */
export async function writeAdminFiles(files: AdminFiles, reason: string): Promise<void> {
  const { adminDirectory, worktree } = files;
  await makeContained(files.repository.commonDirectory, adminDirectory);
  // `locked` keeps git worktree prune, and a person's git worktree remove, away from a live run.
  await writeWhole(join(adminDirectory, 'locked'), `${reason}\n`);
  await writeWhole(join(adminDirectory, 'commondir'), '../..\n');
  await writeWhole(join(adminDirectory, 'gitdir'), `${join(worktree, '.git')}\n`);
  await writeWhole(join(worktree, '.git'), `gitdir: ${adminDirectory}\n`);
}

export async function writeHead(files: AdminFiles, head: { branch: string } | { sha: string }): Promise<void> {
  await mkdir(join(files.adminDirectory, 'logs'), { recursive: true });
  await writeWhole(join(files.adminDirectory, 'HEAD'), 'branch' in head ? `ref: refs/heads/${head.branch}\n` : `${head.sha}\n`);
}

/** Whether both ends are there and HEAD and index exist; `writeAdminFiles` mends the rest. */
export async function isWorktreeWhole(files: AdminFiles): Promise<boolean> {
  const head = await readSmallFile(join(files.adminDirectory, 'HEAD'));
  return /^(?:ref: |[0-9a-f]{40})/.test(head ?? '') && (await checkContained(files.repository.root, files.worktree));
}

export async function removeAdminFiles(repository: Repository, adminDirectory: string): Promise<void> {
  if (await checkContained(repository.commonDirectory, adminDirectory)) await removeTree(adminDirectory);
  await rmdir(join(repository.commonDirectory, 'worktrees')).catch((error: unknown) => {
    if (!['ENOTEMPTY', 'ENOENT', 'EEXIST', 'ENOTDIR'].includes(errno(error) ?? '')) throw error;
  });
}

/** Every linked worktree of the repository: where it says it is, and what its HEAD says. */
export async function listAdminFiles(
  repository: Repository,
): Promise<{ adminDirectory: string; worktree: string | undefined; head: string }[]> {
  const directory = join(repository.commonDirectory, 'worktrees');
  if (!(await checkContained(repository.commonDirectory, directory))) return [];
  const entries = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  return Promise.all(
    entries.map(async ({ name }) => {
      const adminDirectory = join(directory, name);
      const pointer = (await readSmallFile(join(adminDirectory, 'gitdir')))?.trim();
      return {
        adminDirectory,
        worktree: pointer?.endsWith('/.git') ? pointer.slice(0, -'/.git'.length) : undefined,
        head: (await readSmallFile(join(adminDirectory, 'HEAD')))?.trim() ?? '',
      };
    }),
  );
}

export const isOurAdminDirectory = (adminDirectory: string) => basename(adminDirectory).startsWith('decree-');
