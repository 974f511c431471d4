import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../system/clock.ts';
import type { Env } from '../system/env.ts';
import type { Exec } from '../system/operations.ts';
import { exec, killByMark } from '../system/process.ts';
import { correlationTrailer } from './agent-git.ts';
import { createWorktree, keptRefs } from './create-worktree.ts';
import { WorkspaceError } from './errors.ts';
import { readSmallFile, writeWhole } from './files.ts';
import { createHostGit } from './host-git.ts';
import { cleanWorktree, inspectWorktree } from './inspect-worktree.ts';
import { compareMainTree, readDirtyFiles, snapshotMainTree } from './main-tree.ts';
import { checkContained, parseRunId, parseSha } from './names.ts';
import { fetchBranch } from './objects.ts';
import { leaveMainTree, openMainTree } from './open-main-tree.ts';
import type { MainTreeReport, OpenWorkspace, WorkspaceCommit, Workspaces } from './port.ts';
import { listAtCommit, readAtCommit } from './read-at-commit.ts';
import { createRecords } from './records.ts';
import { compareRefs, type RefChange, readRefs } from './refs.ts';
import { headOf, listWorkspaces, removeKnown, sourceOf, sweepWorkspaces } from './remove-worktree.ts';
import { commitOf, type Repository } from './repository.ts';
import { restoreFiles } from './restore-files.ts';
import type { Room } from './room.ts';
import { createSalvager } from './salvage.ts';
import type { RunSetup } from './setup-command.ts';

export interface WorkspacesOptions {
  repository: Repository;
  /** Of this repository alone, outside of it, and held by one engine. */
  stateDirectory: string;
  clock: Clock;
  env: Env;
  /** The Node that runs the push helper. */
  nodePath: string;
  /** Runs programs; default: the system's own. */
  exec?: Exec;
  /** Where the set-up command runs; default: on the host. */
  runSetup?: RunSetup;
}

export async function createWorkspaces(options: WorkspacesOptions): Promise<Workspaces> {
  const room = await openRoom(options);
  const { repository, records, salvageGit: git } = room;
  const creating = new Map<string, Promise<OpenWorkspace>>();
  const scratch = (name: string) => join(options.stateDirectory, 'index', name);

  const recordOf = async (workspace: OpenWorkspace) => {
    const record = await records.read(workspace.runId);
    if (record) return record;
    throw new WorkspaceError('no_salvage', `Run ${workspace.runId} has no workspace any more.`);
  };

  async function compareMain(workspace: OpenWorkspace): Promise<MainTreeReport> {
    const record = await recordOf(workspace);
    if (!record.main || !record.baseTree)
      throw new WorkspaceError(
        'workspace_taken',
        `Run ${workspace.runId} works in ${workspace.directory}, not in the main tree.`,
      );
    const after = await snapshotMainTree(git, repository, scratch(`${workspace.runId}.main`));
    return compareMainTree(git, { tree: record.baseTree, ...record.main }, after);
  }

  return {
    repository,
    objectsDirectory: repository.objectsDirectory,
    create(request) {
      const known = creating.get(request.runId);
      if (known !== undefined) return known;
      const made = (
        request.strategy.kind === 'main' ? openMainTree(room, request) : createWorktree(room, request, request.strategy)
      ).finally(() => creating.delete(request.runId));
      creating.set(request.runId, made);
      return made;
    },
    async get(runId) {
      const record = await records.read(runId);
      return record?.state === 'ready' ? record.workspace : undefined;
    },
    async salvage(workspace) {
      const record = await recordOf(workspace);
      if (workspace.kind !== 'main' && record.state === 'ready') return room.salvager.salvage(sourceOf(room, record));
      return { commit: (await room.salvager.commitOf(workspace.runId)) ?? null, tree: record.baseTree ?? '', changed: false };
    },
    async remove(workspace) {
      const record = await records.read(workspace.runId);
      if (!record) return { salvage: null, main: null };
      if (record.workspace.kind !== 'main') return { salvage: await removeKnown(room, record), main: null };
      const main = await compareMain(workspace);
      await leaveMainTree(room, record);
      return { salvage: null, main };
    },
    async restore(runId, into, commit) {
      const wanted = commit ?? (await room.salvager.commitOf(runId));
      if (!wanted)
        throw new WorkspaceError('no_salvage', `Run ${runId} has no salvaged files: nothing was changed in its workspace.`);
      return { commit: wanted, tree: await restoreFiles(room, { commit: wanted, into }), changed: false };
    },
    list: () => listWorkspaces(room),
    inspect: (directory, pushed) => inspectWorktree(room, directory, pushed),
    clean: (directory) => cleanWorktree(room, directory),
    sweep: (liveRuns) => sweepWorkspaces(room, liveRuns),
    headSha: (workspace) => headOf(room, workspace),
    commits: (workspace, head) => readCommits(room, workspace, head),
    compareMain,
    fetchBranch: (source, branch) => fetchBranch(room.git, repository, { source, branch }),
    snapshotRefs: () => readRefs(repository.commonDirectory),
    compareRefs: (before, branches) => compareWithNow(room, before, branches),
    commitOf: (branch) => commitOf(repository, branch),
    readAtCommit: (commit, path) => readAtCommit(git, commit, path),
    listAtCommit: (commit, directory) => listAtCommit(git, commit, directory),
    dirtyFiles: () => readDirtyFiles(git, repository, scratch('dirty')),
    checkIgnored: room.checkIgnored,
  };
}

async function openRoom(options: WorkspacesOptions): Promise<Room> {
  const { repository, stateDirectory, clock, env } = options;
  const mark = { name: 'DECREE_WORKSPACES', value: stateDirectory };
  const directory = (...names: string[]) => join(stateDirectory, ...names);
  for (const name of ['git', 'index', 'agent']) await mkdir(directory(name), { recursive: true, mode: 0o700 });
  // One engine holds the directory, so whatever git or set-up command still runs was left by a dead one, and so were its locks.
  await killByMark(mark.name, mark.value);
  for (const name of await readdir(directory('index'))) if (name.endsWith('.lock')) await rm(directory('index', name));
  const shared = { repository, env, mark, exec: options.exec ?? exec };
  const git = await createHostGit({ ...shared, directory: directory('git', 'checkout.git') });
  const salvageGit = await createHostGit({ ...shared, directory: directory('git', 'salvage.git'), exactBytes: true });
  await removeLocks(directory('git'));
  // Two at once would write the same temporary file.
  let copying = Promise.resolve();
  const ignored = () => {
    const turn = copying.then(() => checkIgnored(room));
    copying = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  };
  const contains = async (commit: string, ancestor: string) => {
    const result = await salvageGit.attempt(['merge-base', '--is-ancestor', parseSha(ancestor), parseSha(commit)]);
    if (result.exitCode === 0 || result.exitCode === 1) return result.exitCode === 0;
    throw new WorkspaceError('unknown_commit', `git could not compare ${ancestor} with ${commit}: ${result.stderr.trim()}`);
  };
  const room: Room = {
    repository,
    worktreesDirectory: join(repository.root, '.worktrees'),
    clock,
    env,
    nodePath: options.nodePath,
    helperDirectory: fileURLToPath(new URL('../../../bin/agent', import.meta.url)),
    git,
    salvageGit,
    salvager: createSalvager({ git: salvageGit, repository, indexes: directory('index'), clock }),
    records: await createRecords(directory('workspaces')),
    runSetup: options.runSetup ?? options.exec ?? exec,
    mark,
    reserved: new Set(),
    agentConfigs: directory('agent'),
    indexOf: (runId) => directory('index', `${parseRunId(runId)}.checkout`),
    mainHead: async () => (await readSmallFile(join(repository.commonDirectory, 'HEAD')))?.trim() ?? '',
    contains,
    checkIgnored: ignored,
  };
  await copyExcludes(room);
  return room;
}

/** The person's own ignore rules, as data, for both of the host's directories. */
async function copyExcludes(room: Room): Promise<void> {
  const rules = (await readSmallFile(join(room.repository.commonDirectory, 'info/exclude'))) ?? '';
  for (const git of [room.git, room.salvageGit]) {
    const path = join(git.directory, 'info/exclude');
    if ((await readSmallFile(path)) !== rules) await writeWhole(path, rules);
  }
}

async function checkIgnored(room: Room): Promise<void> {
  await checkContained(room.repository.root, room.worktreesDirectory);
  await copyExcludes(room);
  const index = join(room.git.directory, 'no-index');
  const result = await room.git.attempt(['check-ignore', '--quiet', '--no-index', '--', '.worktrees/any/file'], {
    workTree: room.repository.root,
    index,
  });
  if (result.exitCode === 0) return;
  throw new WorkspaceError(
    'not_ignored',
    `${room.repository.root}: .worktrees/ is not ignored by git, so worktrees would show up as changes. Run: control-plane init`,
  );
}

/**
 * What the host wrote for a worktree that is there or being made counts as nobody's: its record is there before its branch is. So do
 * commits that it keeps apart, which is before the record.
 */
async function compareWithNow(
  room: Room,
  before: ReadonlyMap<string, string>,
  branches: readonly string[],
): Promise<RefChange[]> {
  const after = await readRefs(room.repository.commonDirectory);
  const made = await room.records.all();
  const ours = made.flatMap(({ workspace }) => workspace.branch ?? []);
  const isKept = ({ ref, change }: RefChange) => change === 'created' && ref.startsWith(keptRefs);
  return compareRefs(before, after, [...branches, ...ours]).filter((change) => !isKept(change));
}

async function readCommits(room: Room, workspace: OpenWorkspace, head: string): Promise<WorkspaceCommit[]> {
  const format = `--format=%H%x1f%s%x1f%(trailers:key=${correlationTrailer},valueonly,separator=%x2c)%x1e`;
  const output = await room.git.run([
    'log',
    '--no-show-signature',
    '--no-mailmap',
    '--max-count=10000',
    format,
    `${parseSha(workspace.base)}..${parseSha(head)}`,
  ]);
  return output
    .split('\x1e')
    .map((line) => line.trimStart().split('\x1f'))
    .filter((fields) => fields.length === 3)
    .map(([sha = '', subject = '', correlationId = '']) => ({ sha, subject, correlationId: correlationId.trim() || null }));
}

async function removeLocks(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name.endsWith('.lock')) await rm(join(entry.parentPath, entry.name));
  }
}
