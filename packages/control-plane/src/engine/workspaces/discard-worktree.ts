import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { removeAdminFiles } from './admin-files.ts';
import { errno } from './errors.ts';
import { removeTree } from './files.ts';
import { checkContained } from './names.ts';
import type { WorkspaceRecord } from './records.ts';
import { deleteNewRef, dropStaleLock } from './refs.ts';
import type { Room } from './room.ts';

/** Takes away a worktree in which no agent ever was, or whose work is kept already. A branch that was made for it and stands where it was put goes too. */
export async function discardWorktree(room: Room, record: WorkspaceRecord): Promise<void> {
  const { workspace } = record;
  await removeWorktree(room, workspace.directory, workspace.paths.adminDirectory);
  if (record.state === 'creating' && record.newBranch && workspace.branch !== null) {
    const ref = `refs/heads/${workspace.branch}`;
    await dropStaleLock(room.repository.commonDirectory, ref, record.start);
    await deleteNewRef(room.repository.commonDirectory, ref, record.start);
  }
  await room.salvager.forget(workspace.runId);
  for (const suffix of ['', '.lock']) await rm(`${room.indexOf(workspace.runId)}${suffix}`, { force: true });
  await room.records.remove(workspace.runId);
}

/** Removes the directory, its admin files, and folders of the branch's name that became empty. */
export async function removeWorktree(room: Room, directory: string, adminDirectory: string | null): Promise<void> {
  if (await checkContained(room.repository.root, directory)) await removeTree(directory);
  if (adminDirectory !== null) await removeAdminFiles(room.repository, adminDirectory);
  for (let at = dirname(directory); at !== room.worktreesDirectory && at.startsWith(room.worktreesDirectory); at = dirname(at)) {
    const gone = await rmdir(at).then(
      () => true,
      (error: unknown) => {
        if (['ENOTEMPTY', 'EEXIST'].includes(errno(error) ?? '')) return false;
        if (errno(error) === 'ENOENT') return true;
        throw error;
      },
    );
    if (!gone) break;
  }
}
