import { readdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { isOurAdminDirectory, listAdminFiles, removeAdminFiles } from './admin-files.ts';
import { discardWorktree, removeWorktree } from './discard-worktree.ts';
import { WorkspaceError } from './errors.ts';
import { checkContained } from './names.ts';
import { leaveMainTree } from './open-main-tree.ts';
import type { OpenWorkspace, Salvage, SweepReport, WorkspaceListing } from './port.ts';
import type { WorkspaceRecord } from './records.ts';
import { readHead } from './refs.ts';
import { commitOf } from './repository.ts';
import type { Room } from './room.ts';
import type { SalvageSource } from './salvage.ts';

/** Keeps the work, then removes the worktree. A kill in the middle leaves state `removing`: then half of the files are gone, and they are not salvaged again. */
export async function removeKnown(room: Room, record: WorkspaceRecord): Promise<Salvage | null> {
  if (record.state === 'creating') {
    await discardWorktree(room, record);
    return null;
  }
  const kept = await keepWork(room, record);
  await discardWorktree(room, { ...record, state: 'removing' });
  return kept;
}

async function keepWork(room: Room, record: WorkspaceRecord): Promise<Salvage | null> {
  if (record.state === 'removing') {
    const commit = await room.salvager.commitOf(record.workspace.runId);
    return commit
      ? { commit, tree: (await room.salvageGit.run(['rev-parse', `${commit}^{tree}`])).trim(), changed: false }
      : null;
  }
  const source = sourceOf(room, record);
  const salvage = await room.salvager.salvage(source);
  await room.salvager.seal(source);
  await room.records.write({ ...record, state: 'removing' });
  return salvage;
}

export const sourceOf = (room: Room, record: WorkspaceRecord): SalvageSource => ({
  runId: record.workspace.runId,
  directory: record.workspace.directory,
  start: record.start,
  base: record.workspace.base,
  baseTree: record.baseTree,
  head: () => headOf(room, record.workspace),
});

/** The host's own knowledge says where HEAD lies; the worktree's pointer is an agent's to rewrite. */
export async function headOf(room: Room, workspace: OpenWorkspace): Promise<string | undefined> {
  const directory = workspace.paths.adminDirectory ?? workspace.paths.commonDirectory;
  return (await readHead(room.repository.commonDirectory, join(directory, 'HEAD'))).sha;
}

export async function listWorkspaces(room: Room): Promise<WorkspaceListing[]> {
  const records = new Map(
    (await room.records.all()).flatMap((record) =>
      record.workspace.kind === 'main' ? [] : [[record.workspace.directory, record] as const],
    ),
  );
  const ours = new Set(
    (await listAdminFiles(room.repository)).flatMap((files) =>
      isOurAdminDirectory(files.adminDirectory) && files.worktree ? [files.worktree] : [],
    ),
  );
  const found = new Set([...(await findWorktrees(room)), ...records.keys()]);
  return [...found].sort().map((directory) => {
    const record = records.get(directory);
    const branch = relative(room.worktreesDirectory, directory);
    if (record) return { directory, branch, runId: record.workspace.runId, state: record.state };
    return { directory, branch, runId: null, state: ours.has(directory) ? 'orphan' : 'foreign' };
  });
}

export async function sweepWorkspaces(room: Room, liveRuns: readonly string[]): Promise<SweepReport> {
  const live = new Set(liveRuns);
  const report: SweepReport = { removed: [], left: [] };
  const leave = (directory: string, error: unknown) =>
    void report.left.push({ directory, reason: error instanceof Error ? error.message : String(error) });
  const attempt = async (directory: string, runId: string, remove: () => Promise<Salvage | null>) => {
    try {
      report.removed.push({ directory, runId, salvage: await remove() });
    } catch (error) {
      if (!(error instanceof WorkspaceError)) throw error;
      leave(directory, error);
    }
  };
  for (const record of await room.records.all()) {
    const { runId, directory, kind } = record.workspace;
    if (live.has(runId)) continue;
    // Whether it changed the tree nobody can say any more: others have worked there since.
    if (kind === 'main') await leaveMainTree(room, record).catch((error: unknown) => leave(directory, error));
    else await attempt(directory, runId, () => removeKnown(room, record));
  }
  const listed = await listWorkspaces(room).catch((error: unknown) => {
    if (!(error instanceof WorkspaceError)) throw error;
    report.left.push({ directory: room.worktreesDirectory, reason: error.message });
    return [];
  });
  for (const listing of listed) {
    if (listing.state === 'foreign') report.left.push({ directory: listing.directory, reason: 'not made by Decree' });
    if (listing.state === 'orphan') {
      const runId = orphanName(listing.directory);
      await attempt(listing.directory, runId, () => removeOrphan(room, listing.directory, runId));
    }
  }
  await removeStrayAdminFiles(room);
  return report;
}

/** What stands in place of a run's id where the record is lost. */
export const orphanName = (directory: string): string => `orphan-${basename(directory).replace(/[^A-Za-z0-9_-]/g, '_')}`;

/** A worktree of ours whose record is lost (another state directory, say): kept like any other before it goes. */
export async function removeOrphan(room: Room, directory: string, runId: string): Promise<Salvage | null> {
  const files = (await listAdminFiles(room.repository)).find(
    (admin) => admin.worktree === directory && isOurAdminDirectory(admin.adminDirectory),
  );
  if (!files) return null;
  const head = async () => (await readHead(room.repository.commonDirectory, join(files.adminDirectory, 'HEAD'))).sha;
  const start = await head();
  if (!start)
    throw new WorkspaceError(
      'salvage_failed',
      `${directory} has a broken HEAD; look at it, then remove it with: git worktree remove`,
    );
  const source: SalvageSource = {
    runId,
    directory,
    start,
    base: await commitOf(room.repository, room.repository.defaultBranch),
    baseTree: null,
    head,
  };
  const salvage = await room.salvager.salvage(source);
  await room.salvager.seal(source);
  await removeWorktree(room, directory, files.adminDirectory);
  await room.salvager.forget(runId);
  return salvage;
}

/** Admin files whose worktree somebody deleted hold the branch checked out for ever. */
async function removeStrayAdminFiles(room: Room): Promise<void> {
  const known = new Set((await room.records.all()).map((record) => record.workspace.paths.adminDirectory));
  for (const { adminDirectory, worktree } of await listAdminFiles(room.repository)) {
    if (!isOurAdminDirectory(adminDirectory) || known.has(adminDirectory) || !worktree?.startsWith(`${room.worktreesDirectory}/`))
      continue;
    if (!(await checkContained(room.repository.root, worktree))) await removeAdminFiles(room.repository, adminDirectory);
  }
}

/** Directories below `.worktrees` that hold a `.git`; a branch's name may have several parts. */
async function findWorktrees(room: Room): Promise<string[]> {
  const found: string[] = [];
  const walk = async (directory: string, depth: number): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true });
    if (depth > 0 && (entries.length === 0 || entries.some((entry) => !entry.isDirectory()))) found.push(directory);
    else if (depth < 20) for (const entry of entries) await walk(join(directory, entry.name), depth + 1);
  };
  if (await checkContained(room.repository.root, room.worktreesDirectory)) await walk(room.worktreesDirectory, 0);
  return found;
}
