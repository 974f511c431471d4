import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errno, WorkspaceError } from './errors.ts';
import { parseSha } from './names.ts';
import type { Room } from './room.ts';

/**
 * Makes the files below `into` those of a salvage commit, byte for byte. A run's worktree is brought there from what it
 * holds now (files that the salvage lacks go); any other directory must be new or empty, for nothing is overwritten.
 * Returns the tree.
 */
export async function restoreFiles(room: Room, restore: { commit: string; into: string }): Promise<string> {
  const git = room.salvageGit;
  const tree = (await git.run(['rev-parse', '--verify', '--end-of-options', `${parseSha(restore.commit)}^{tree}`])).trim();
  const index = join(git.directory, `restore-${tree}.index`);
  const owner = (await room.records.all()).find(
    (record) => record.workspace.directory === restore.into && record.workspace.kind !== 'main',
  );
  await rm(index, { force: true });
  try {
    await git.run(['read-tree', tree], { index });
    if (owner) await replaceFiles(room, { tree, index, into: restore.into, runId: owner.workspace.runId });
    else {
      await makeEmpty(restore.into);
      await git.run(['checkout-index', '--all', '--quiet'], { index, workTree: restore.into });
    }
  } finally {
    await rm(index, { force: true });
  }
  return tree;
}

async function replaceFiles(room: Room, restore: { tree: string; index: string; into: string; runId: string }): Promise<void> {
  const git = room.salvageGit;
  const now = await room.salvager.capture(restore.runId, restore.into);
  const listed = (await git.bytes(['diff-tree', '-r', '-z', '--no-renames', '--name-status', now, restore.tree]))
    .toString('latin1')
    .split('\0');
  const wanted: string[] = [];
  for (let at = 0; at + 1 < listed.length; at += 2) {
    const path = listed[at + 1] ?? '';
    if (listed[at] === 'D') await removeFile(restore.into, path);
    else wanted.push(path);
  }
  if (wanted.length === 0) return;
  const input = Buffer.from(wanted.map((path) => `${path}\0`).join(''), 'latin1');
  await git.run(['checkout-index', '--force', '--quiet', '-z', '--stdin'], {
    index: restore.index,
    workTree: restore.into,
    input,
  });
}

async function removeFile(root: string, path: string): Promise<void> {
  const full = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
  await rm(full, { force: true });
  for (let at = dirname(join(root, path)); at !== root; at = dirname(at)) {
    try {
      await rmdir(at);
    } catch (error) {
      if (errno(error) === 'ENOENT') continue;
      return;
    }
  }
}

async function makeEmpty(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length === 0) return;
  throw new WorkspaceError('workspace_taken', `${directory} is not empty; files are restored to a new or empty directory only.`);
}
