import { copyFile, lstat, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdminFiles, adminDirectoryOf, isWorktreeWhole, listAdminFiles, writeAdminFiles, writeHead } from './admin-files.ts';
import { agentEnvironment, commitGuidance, writeAgentConfig } from './agent-git.ts';
import { discardWorktree } from './discard-worktree.ts';
import { WorkspaceError } from './errors.ts';
import { checkContained, makeContained, parseBranchName, parseRunId, parseSha } from './names.ts';
import { hasCommit, keepObjects } from './objects.ts';
import type { OpenWorkspace, WorkspaceRequest, WorkspaceStrategy } from './port.ts';
import type { WorkspaceRecord } from './records.ts';
import { dropStaleLock, readRef, writeRef } from './refs.ts';
import { removeKnown } from './remove-worktree.ts';
import { restoreFiles } from './restore-files.ts';
import type { Room } from './room.ts';
import { runSetupCommand } from './setup-command.ts';

type WorktreeStrategy = Exclude<WorkspaceStrategy, { kind: 'main' }>;

/**
 * Makes a run's worktree. The record is written first, so that after a kill at any point the same call finds what was
 * half made, takes it away and makes it again (no agent was there yet), or mends and returns what was ready.
 */
export async function createWorktree(room: Room, request: WorkspaceRequest, strategy: WorktreeStrategy): Promise<OpenWorkspace> {
  const known = await room.records.read(parseRunId(request.runId));
  if (known?.state === 'ready' && (await mend(room, known.workspace))) return known.workspace;
  await room.checkIgnored();
  if (known && known.state !== 'creating') return remake(room, request, known);
  if (known) await discardWorktree(room, known);
  return build(room, request, await plan(room, request, strategy));
}

/** Undoes what an agent did to the files that tie the worktree to the repository; false if it is not there any more. */
async function mend(room: Room, workspace: OpenWorkspace): Promise<boolean> {
  const files = filesOf(room, workspace);
  if (!(await isWorktreeWhole(files))) return false;
  await writeAdminFiles(files, lockReason(workspace.runId));
  await writeAgentConfig(room.git, room.repository, workspace.paths.agentConfig);
  return true;
}

/** A run's worktree that is gone, though the run goes on: made again where its branch stands, with the files of its last salvage. */
async function remake(room: Room, request: WorkspaceRequest, known: WorkspaceRecord): Promise<OpenWorkspace> {
  await removeKnown(room, known);
  const { workspace } = known;
  const tip =
    workspace.kind === 'review' ? undefined : await readRef(room.repository.commonDirectory, `refs/heads/${workspace.branch}`);
  const made = await build(room, request, {
    ...known,
    state: 'creating',
    newBranch: false,
    start: tip ?? known.start,
    baseTree: null,
  });
  const commit = await room.salvager.commitOf(workspace.runId);
  if (commit) await restoreFiles(room, { commit, into: made.directory });
  return made;
}

async function build(room: Room, request: WorkspaceRequest, record: WorkspaceRecord): Promise<OpenWorkspace> {
  await refuseTaken(room, record.workspace);
  await room.records.write(record);
  try {
    return await make(room, record, request);
  } catch (error) {
    await discardWorktree(room, record);
    throw error;
  }
}

async function plan(room: Room, request: WorkspaceRequest, strategy: WorktreeStrategy): Promise<WorkspaceRecord> {
  const branch = strategy.kind === 'new' ? await freeBranchName(room, strategy.issue) : parseBranchName(strategy.branch);
  const base = parseSha(strategy.kind === 'new' ? strategy.base : strategy.tip);
  if (!(await hasCommit(room.git, base, 'repository'))) {
    throw new WorkspaceError('unknown_commit', `Commit ${base} is not in ${room.repository.root}. Fetch it first.`);
  }
  const local = await readRef(room.repository.commonDirectory, `refs/heads/${branch}`);
  const place =
    strategy.kind === 'resume'
      ? await placeBranch(room, { runId: request.runId, branch, tip: base, local })
      : { start: base, kept: null };
  const directory = join(room.worktreesDirectory, ...branch.split('/'));
  const adminDirectory = adminDirectoryOf(room.repository, branch);
  const agentConfig = join(adminDirectory, 'decree.gitconfig');
  return {
    version: 1,
    state: 'creating',
    start: place.start,
    newBranch: strategy.kind === 'new',
    baseTree: null,
    main: null,
    workspace: {
      runId: request.runId,
      kind: strategy.kind,
      directory,
      branch,
      base,
      correlationId: request.correlationId,
      environment: agentEnvironment({
        gitDirectory: adminDirectory,
        agentConfig,
        author: request.author,
        nodePath: room.nodePath,
        readOnly: false,
      }),
      pathPrefix: [room.helperDirectory],
      commitGuidance: commitGuidance(request.correlationId),
      kept: place.kept,
      setupOutput: null,
      paths: {
        commonDirectory: room.repository.commonDirectory,
        adminDirectory,
        agentConfig,
        helperDirectory: room.helperDirectory,
      },
    },
  };
}

/** Below it stand local commits that were in the way of a pull request's branch. */
export const keptRefs = 'refs/decree/kept/';

/** Where a resumed branch is to stand: at the forge's tip, or further on where local commits contain it. Others are kept apart. */
async function placeBranch(room: Room, at: { runId: string; branch: string; tip: string; local: string | undefined }) {
  const { local, tip } = at;
  if (!local || local === tip) return { start: tip, kept: null };
  if (await room.contains(local, tip)) return { start: local, kept: null };
  if (await room.contains(tip, local)) return { start: tip, kept: null };
  const ref = `${keptRefs}${at.branch}/${local.slice(0, 12)}`;
  await keepObjects(room.salvageGit, local, tip);
  await room.salvageGit.run(['update-ref', ref, local]);
  // In the repository as well: there a person reaches it with plain git.
  if ((await readRef(room.repository.commonDirectory, ref)) === undefined) {
    await writeRef(room.repository.commonDirectory, { name: ref, sha: local, expected: null }, room.clock);
  }
  return { start: tip, kept: { ref, sha: local } };
}

async function make(room: Room, record: WorkspaceRecord, request: WorkspaceRequest): Promise<OpenWorkspace> {
  const { workspace } = record;
  const files = filesOf(room, workspace);
  await makeContained(room.repository.root, workspace.directory);
  if (workspace.kind !== 'review') await placeRef(room, record);
  await writeAdminFiles(files, lockReason(workspace.runId));
  await writeHead(files, workspace.kind === 'review' ? { sha: record.start } : { branch: workspace.branch ?? '' });
  await writeAgentConfig(room.git, room.repository, workspace.paths.agentConfig);

  const index = room.indexOf(workspace.runId);
  await room.git.run(['read-tree', '--reset', '-u', '--no-recurse-submodules', record.start], {
    workTree: workspace.directory,
    index,
    timeoutMs: 600_000,
  });
  const agentsIndex = join(files.adminDirectory, 'index');
  await copyFile(index, `${agentsIndex}.decree-new`);
  await rename(`${agentsIndex}.decree-new`, agentsIndex);
  const baseTree = await room.salvager.begin(workspace.runId, index);

  const setupOutput = request.setup
    ? await runSetupCommand(
        request.setup,
        { directory: workspace.directory, runId: workspace.runId, env: room.env, mark: room.mark, clock: room.clock },
        room.runSetup,
      )
    : null;
  const ready: WorkspaceRecord = { ...record, state: 'ready', baseTree, workspace: { ...workspace, setupOutput } };
  await room.records.write(ready);
  return ready.workspace;
}

async function placeRef(room: Room, record: WorkspaceRecord): Promise<void> {
  const ref = `refs/heads/${record.workspace.branch}`;
  await dropStaleLock(room.repository.commonDirectory, ref, record.start);
  const expected = (await readRef(room.repository.commonDirectory, ref)) ?? null;
  if (expected === record.start && !record.newBranch) return;
  await writeRef(
    room.repository.commonDirectory,
    { name: ref, sha: record.start, expected: record.newBranch ? null : expected },
    room.clock,
  );
}

async function freeBranchName(room: Room, issue: number): Promise<string> {
  if (!Number.isSafeInteger(issue) || issue < 1) throw new WorkspaceError('bad_name', `Expected an issue number, got ${issue}.`);
  const taken = new Set((await room.records.all()).map((record) => record.workspace.branch));
  for (let second = Math.floor(room.clock.nowMs() / 1000); ; second += 1) {
    const branch = `issue-${issue}-${second}`;
    if (
      !taken.has(branch) &&
      !room.reserved.has(branch) &&
      !(await readRef(room.repository.commonDirectory, `refs/heads/${branch}`))
    ) {
      room.reserved.add(branch);
      return branch;
    }
  }
}

/** Two trees on one branch would each undo the other's commits; git refuses it too. */
async function refuseTaken(room: Room, workspace: OpenWorkspace): Promise<void> {
  for (const other of await room.records.all()) {
    if (other.workspace.directory === workspace.directory && other.workspace.runId !== workspace.runId) {
      throw new WorkspaceError(
        'workspace_taken',
        `${workspace.directory} belongs to run ${other.workspace.runId}. Wait for its end, or cancel it.`,
      );
    }
  }
  if (workspace.kind === 'resume') await refuseCheckedOut(room, workspace);
  if (!(await checkContained(room.repository.root, workspace.directory))) return;
  if ((await readdir(workspace.directory)).length > 0) {
    throw new WorkspaceError(
      'workspace_taken',
      `${workspace.directory} exists and is not ours. Move it away, or remove it with: git worktree remove`,
    );
  }
}

async function refuseCheckedOut(room: Room, workspace: OpenWorkspace): Promise<void> {
  const ref = `ref: refs/heads/${workspace.branch}`;
  if ((await room.mainHead()) === ref) {
    throw new WorkspaceError(
      'branch_checked_out',
      `Branch ${workspace.branch} is checked out in ${room.repository.root}. Check out another one there.`,
    );
  }
  for (const other of await listAdminFiles(room.repository)) {
    const isThere =
      other.worktree !== undefined &&
      other.worktree !== workspace.directory &&
      (await lstat(other.worktree).catch(() => undefined));
    if (other.head === ref && isThere) {
      throw new WorkspaceError(
        'branch_checked_out',
        `Branch ${workspace.branch} is checked out in ${other.worktree}. Check out another one there.`,
      );
    }
  }
}

const lockReason = (runId: string) => `in use by Decree, run ${runId}`;

const filesOf = (room: Room, workspace: OpenWorkspace): AdminFiles => ({
  repository: room.repository,
  adminDirectory: workspace.paths.adminDirectory ?? '',
  worktree: workspace.directory,
});
