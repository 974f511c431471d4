import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isOurAdminDirectory, listAdminFiles } from './admin-files.ts';
import { captureTree } from './capture-tree.ts';
import { errno, WorkspaceError } from './errors.ts';
import { checkContained } from './names.ts';
import { hasCommit } from './objects.ts';
import type { WorktreeInspection } from './port.ts';
import { readHead } from './refs.ts';
import { orphanName, removeKnown, removeOrphan } from './remove-worktree.ts';
import { commitOf } from './repository.ts';
import type { Room } from './room.ts';
import { salvageRef } from './salvage.ts';

/** How many commits are counted at most. */
const mostCommits = 1_000;

/**
 * What of a worktree is not committed, and not at `pushed` (the forge's tip of its branch; null: it has none). Read like a
 * salvage reads: by the host's own index, a copy of it, and never with the agent's config or inside a repository in it.
 */
export async function inspectWorktree(room: Room, directory: string, pushed: string | null): Promise<WorktreeInspection> {
  const { salvageGit: git, repository } = room;
  const record = (await room.records.all()).find(({ workspace }) => workspace.directory === directory);
  const admin =
    record?.workspace.paths.adminDirectory ??
    (await listAdminFiles(repository)).find(
      ({ adminDirectory, worktree }) => worktree === directory && isOurAdminDirectory(adminDirectory),
    )?.adminDirectory;
  const runId = record?.workspace.runId ?? orphanName(directory);
  const kept = await room.salvager.commitOf(runId);
  const salvage = kept ? salvageRef(runId) : null;
  const nothing = { modified: 0, untracked: 0, unpushedCommits: 0, salvageRef: salvage };
  // Of what is not ours nothing is read: whose HEAD, index and rules count there is not known.
  if (!admin || !(await checkContained(repository.root, directory))) return nothing;
  const head = (await readHead(repository.commonDirectory, join(admin, 'HEAD'))).sha;
  if (!head || !(await hasCommit(git, head))) return nothing;
  const tree = await captureBeside(room, runId, { directory, head });
  const listed = await git.bytes([
    ...['diff-tree', '-r', '-z', '--no-renames', '--no-ext-diff', '--ignore-submodules=all', '--name-status'],
    ...['--end-of-options', head, tree],
  ]);
  const changes = listed
    .toString('latin1')
    .split('\0')
    .filter((_part, at) => at % 2 === 0);
  const untracked = changes.filter((change) => change === 'A').length;
  const known = [pushed, record?.workspace.base, await commitOf(repository, repository.defaultBranch)];
  const unpushedCommits = await countCommits(
    room,
    head,
    known.filter((sha): sha is string => typeof sha === 'string'),
  );
  return {
    modified: changes.filter((change) => change !== '' && change !== 'A').length,
    untracked,
    unpushedCommits,
    salvageRef: salvage,
  };
}

/** Salvages, then removes; what is kept is named. */
export async function cleanWorktree(room: Room, directory: string): Promise<{ ref: string; commit: string | null }> {
  const record = (await room.records.all()).find(({ workspace }) => workspace.directory === directory);
  const runId = record?.workspace.runId ?? orphanName(directory);
  const salvage = record ? await removeKnown(room, record) : await removeOrphan(room, directory, runId);
  if (!record && salvage === null)
    throw new WorkspaceError('workspace_taken', `${directory} is not a worktree that Decree has made.`);
  return { ref: salvageRef(runId), commit: salvage?.commit ?? null };
}

/** With a copy of the run's index, for its stat cache: a salvage that runs meanwhile has its own. */
async function captureBeside(
  room: Room,
  runId: string,
  { directory, head }: { directory: string; head: string },
): Promise<string> {
  const index = `${room.indexOf(runId)}.look`;
  await rm(index, { force: true });
  try {
    await copyFile(room.salvager.indexOf(runId), index);
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
  }
  try {
    return await captureTree(room.salvageGit, { workTree: directory, index, seed: head });
  } finally {
    for (const suffix of ['', '.lock']) await rm(`${index}${suffix}`, { force: true });
  }
}

async function countCommits(room: Room, head: string, known: readonly string[]): Promise<number> {
  const there: string[] = [];
  for (const sha of new Set(known)) if (await hasCommit(room.salvageGit, sha)) there.push(`^${sha}`);
  const count = await room.salvageGit.run(['rev-list', '--count', `--max-count=${mostCommits}`, head, ...there]);
  return Number(count.trim());
}
