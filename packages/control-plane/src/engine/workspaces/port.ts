import type { RefChange } from './refs.ts';
import type { Repository } from './repository.ts';

export type { RefChange } from './refs.ts';
export type { Repository } from './repository.ts';

/** Where a run's files are, and how its agent's git behaves there. */
export interface Workspaces {
  readonly repository: Repository;
  /** The objects of the repository: what a push reads from (`headSha` says which commit). */
  readonly objectsDirectory: string;

  /** Makes the workspace of a run, or finishes and repairs one that a crash interrupted. */
  create(request: WorkspaceRequest): Promise<OpenWorkspace>;
  /** The workspace of a run as it was made, if it is still there. */
  get(runId: string): Promise<OpenWorkspace | undefined>;
  /** Writes the files as they are to the run's hidden ref. Calls during a running one share one more turn. */
  salvage(workspace: OpenWorkspace): Promise<Salvage>;
  /** Salvages, then removes. Branches stay. Throws `salvage_failed`, and removes nothing, where work could not be kept. */
  remove(workspace: OpenWorkspace): Promise<Removal>;
  /** Rebuilds the files of a run's last salvage (or of a given one) in an empty or new directory, or in a run's worktree. */
  restore(runId: string, into: string, commit?: string): Promise<Salvage>;
  list(): Promise<WorkspaceListing[]>;
  /** What of a worktree is neither committed nor at `pushed`, the forge's tip of its branch. Zeros for what is not ours. */
  inspect(directory: string, pushed: string | null): Promise<WorktreeInspection>;
  /** Salvages, then removes a worktree in which nobody works; `commit` null: nothing had to be kept in `ref`. */
  clean(directory: string): Promise<{ ref: string; commit: string | null }>;
  /** Removes (after salvage) every workspace, and forgets each look at the main tree, whose run is not in `liveRuns`; leaves what is not ours. */
  sweep(liveRuns: readonly string[]): Promise<SweepReport>;

  /** The commit that the workspace's HEAD names, read from files; undefined where the agent broke it. */
  headSha(workspace: OpenWorkspace): Promise<string | undefined>;
  /** Commits made since the workspace's base, each with what its correlation trailer says. */
  commits(workspace: OpenWorkspace, head: string): Promise<WorkspaceCommit[]>;
  /** How the main tree differs from what it was when the Planner's workspace was made. */
  compareMain(workspace: OpenWorkspace): Promise<MainTreeReport>;

  /** Brings a forge's branch into the repository's objects and returns its commit. */
  fetchBranch(source: ForgeSource, branch: string): Promise<string>;
  snapshotRefs(): Promise<ReadonlyMap<string, string>>;
  /** Refs that changed since `before`, other than those of `branches` (the run's own, and those of runs beside it). */
  compareRefs(before: ReadonlyMap<string, string>, branches: readonly string[]): Promise<RefChange[]>;

  commitOf(branch: string): Promise<string>;
  /** A file at a commit, each object on the way checked against its id; undefined if there is none. */
  readAtCommit(commit: string, path: string): Promise<string | undefined>;
  /** All files below a directory at a commit. */
  listAtCommit(commit: string, directory: string): Promise<TreeFile[]>;
  /** What is not committed in the main tree. */
  dirtyFiles(): Promise<{ staged: string[]; modified: string[]; untracked: string[] }>;
  /** Throws `not_ignored` unless git ignores `.worktrees/`. */
  checkIgnored(): Promise<void>;
}

export type WorkspaceStrategy =
  /** A new branch `issue-<issue>-<unix seconds>` at `base`. */
  | { kind: 'new'; issue: number; base: string }
  /** A pull request's branch at the forge's tip; local commits that the tip lacks are kept. */
  | { kind: 'resume'; branch: string; tip: string }
  /** The forge's tip, detached. */
  | { kind: 'review'; branch: string; tip: string }
  /** The main tree as it is; nothing is made. */
  | { kind: 'main' };

export interface WorkspaceRequest {
  runId: string;
  strategy: WorkspaceStrategy;
  author: { name: string; email: string };
  correlationId: string;
  setup?: { command: readonly [string, ...string[]]; timeoutMs: number; env?: Record<string, string> };
}

/** The directory of a run, with what the engine alone knows of it; contracts' `Workspace` is what is recorded. */
export interface OpenWorkspace {
  readonly runId: string;
  readonly kind: WorkspaceStrategy['kind'];
  readonly directory: string;
  /** The branch pushed to; null in the main tree. A review knows its branch, but is detached. */
  readonly branch: string | null;
  /** The commit at which the workspace began. */
  readonly base: string;
  readonly correlationId: string;
  /** For the agent's process: identity, and the way of `git push` to the door. The caller adds DECREE_SOCKET and GH_TOKEN. */
  readonly environment: Readonly<Record<string, string>>;
  /** Put before PATH, so that git finds its remote helper. */
  readonly pathPrefix: readonly string[];
  /** A line for the prompt; the trailer cannot be enforced by environment. */
  readonly commitGuidance: string;
  /** Local commits that stood in the way of the forge's tip, and the hidden ref that keeps them. */
  readonly kept: { ref: string; sha: string } | null;
  /** What the set-up command printed last. */
  readonly setupOutput: string | null;
  /** For the sandbox: which paths there are besides `directory`. `adminDirectory` is null in the main tree. */
  readonly paths: { commonDirectory: string; adminDirectory: string | null; agentConfig: string; helperDirectory: string };
}

export interface Salvage {
  /** The hidden ref's commit; null while nothing was ever changed. */
  commit: string | null;
  tree: string;
  /** Whether this call wrote a new commit. */
  changed: boolean;
}

export interface Removal {
  salvage: Salvage | null;
  /** For the main tree. */
  main: MainTreeReport | null;
}

export interface MainTreeReport {
  identical: boolean;
  /** Files other than ignored ones, against the state when the workspace was made. */
  files: { path: string; change: 'created' | 'modified' | 'deleted' }[];
  headMoved: boolean;
  indexChanged: boolean;
}

export interface WorkspaceListing {
  directory: string;
  branch: string;
  /** The run that it was made for; null where no record of ours is left. */
  runId: string | null;
  state: 'creating' | 'ready' | 'removing' | 'orphan' | 'foreign';
}

export interface WorktreeInspection {
  /** Files of its commit that were changed or deleted. */
  modified: number;
  /** Files that its commit does not have, and that are not ignored. */
  untracked: number;
  /** At most 1,000 are counted. */
  unpushedCommits: number;
  salvageRef: string | null;
}

export interface SweepReport {
  removed: { directory: string; runId: string; salvage: Salvage | null }[];
  left: { directory: string; reason: string }[];
}

export interface WorkspaceCommit {
  sha: string;
  subject: string;
  correlationId: string | null;
}

export interface TreeFile {
  path: string;
  kind: 'file' | 'link' | 'submodule';
  sha: string;
}

/** A bare repository on disk (the local forge), or a URL with a token that is used once. */
export type ForgeSource =
  | { kind: 'bare'; directory: string }
  | { kind: 'remote'; url: string; token?: string; timeoutMs?: number };
