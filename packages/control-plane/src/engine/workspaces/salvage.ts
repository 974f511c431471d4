import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../system/clock.ts';
import { type Capture, captureTree, dropSubmodules, updateIndex, writeTree } from './capture-tree.ts';
import { WorkspaceError } from './errors.ts';
import type { HostGit } from './host-git.ts';
import { checkContained, parseRunId } from './names.ts';
import { hasCommit, keepObjects } from './objects.ts';
import type { Salvage } from './port.ts';
import { readRef } from './refs.ts';
import type { Repository } from './repository.ts';

/** What salvage must know of a worktree; a record has it, and for an orphan it is put together. */
export interface SalvageSource {
  runId: string;
  directory: string;
  /** HEAD when the workspace was ready. */
  start: string;
  /** A commit that is safe without us: what it reaches is not kept a second time. */
  base: string;
  /** The files' tree when the workspace was ready; null if that is not known. */
  baseTree: string | null;
  head(): Promise<string | undefined>;
}

export interface Salvager {
  /** Takes over the index of a fresh checkout with its stat cache; returns the tree that counts as unchanged. */
  begin(runId: string, index: string): Promise<string>;
  salvage(source: SalvageSource): Promise<Salvage>;
  /** Makes the last salvage independent of the repository's objects. */
  seal(source: SalvageSource): Promise<void>;
  commitOf(runId: string): Promise<string | undefined>;
  /** The run's index, for who wants a copy of its stat cache. */
  indexOf(runId: string): string;
  /** The worktree's files as a tree, now. */
  capture(runId: string, directory: string): Promise<string>;
  forget(runId: string): Promise<void>;
}

interface Turn {
  running: Promise<Salvage>;
  next?: Promise<Salvage>;
}

export const salvageRef = (runId: string) => `refs/decree/salvage/${parseRunId(runId)}`;

export function createSalvager(options: { git: HostGit; repository: Repository; indexes: string; clock: Clock }): Salvager {
  const { git } = options;
  const turns = new Map<string, Turn>();
  /** Runs of which this process knows that the index holds the last salvage's tree. */
  const current = new Set<string>();
  const indexOf = (runId: string) => join(options.indexes, `${parseRunId(runId)}.salvage`);
  const captureOf = (runId: string, directory: string): Capture => ({ workTree: directory, index: indexOf(runId) });
  const commitOf = (runId: string) => readRef(git.directory, salvageRef(runId));

  async function salvageOnce(source: SalvageSource): Promise<Salvage> {
    const previous = await commitOf(source.runId);
    const last = previous === undefined ? { tree: source.baseTree, head: source.start } : await describe(git, previous);
    const there = await checkContained(options.repository.root, source.directory);
    // Without a directory there is nothing to keep: the last salvage must not be hidden by an empty one.
    if (!there) return { commit: previous ?? null, tree: last.tree ?? '', changed: false };
    const capture = captureOf(source.runId, source.directory);
    const head = (await source.head()) ?? last.head;
    const touched = await updateIndex(git, { ...capture, seed: head });
    if (!touched && head === last.head && last.tree !== null && current.has(source.runId)) {
      return { commit: previous ?? null, tree: last.tree, changed: false };
    }
    current.delete(source.runId);
    const tree = await writeTree(git, capture);
    const changed = tree !== last.tree || head !== last.head;
    const commit = changed ? await writeCommit(source.runId, { tree, head, previous }) : (previous ?? null);
    current.add(source.runId);
    return { commit, tree, changed };
  }

  async function writeCommit(runId: string, made: { tree: string; head: string; previous: string | undefined }): Promise<string> {
    // First parent: the agent's commit. Second: the salvage before, so that each state of the files can be shown again.
    const parents = [];
    if (await hasCommit(git, made.head)) parents.push('-p', made.head);
    if (made.previous) parents.push('-p', made.previous);
    const date = `${Math.floor(options.clock.nowMs() / 1000)} +0000`;
    const who = {
      GIT_AUTHOR_NAME: 'Decree',
      GIT_AUTHOR_EMAIL: 'decree@localhost',
      GIT_COMMITTER_NAME: 'Decree',
      GIT_COMMITTER_EMAIL: 'decree@localhost',
    };
    const commit = await git.run(['commit-tree', made.tree, ...parents, '-m', `Files of run ${runId}`], {
      env: { ...who, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
    });
    await git.run(['update-ref', salvageRef(runId), commit.trim(), made.previous ?? '']);
    return commit.trim();
  }

  function salvage(source: SalvageSource): Promise<Salvage> {
    const turn = turns.get(source.runId);
    if (!turn) return start(source);
    // Whoever comes while one runs may have written after it looked: one more turn serves all of them.
    turn.next ??= turn.running.then(
      () => start(source),
      () => start(source),
    );
    return turn.next;
  }

  function start(source: SalvageSource): Promise<Salvage> {
    const running = salvageOnce(source)
      .catch((cause: unknown) => {
        throw new WorkspaceError(
          'salvage_failed',
          `The files of run ${source.runId} in ${source.directory} could not be kept: ${cause instanceof Error ? cause.message : cause}`,
          { cause },
        );
      })
      .finally(() => {
        if (turns.get(source.runId) === turn && !turn.next) turns.delete(source.runId);
      });
    const turn: Turn = { running };
    turns.set(source.runId, turn);
    return running;
  }

  return {
    salvage,
    commitOf,
    indexOf,
    async begin(runId, index) {
      await copyFile(index, indexOf(runId));
      await dropSubmodules(git, indexOf(runId));
      current.add(runId);
      return writeTree(git, { index: indexOf(runId) });
    },
    async seal(source) {
      const commit = await commitOf(source.runId);
      if (commit && (await hasCommit(git, source.base))) await keepObjects(git, commit, source.base);
    },
    capture: (runId, directory) => captureTree(git, captureOf(runId, directory)),
    async forget(runId) {
      current.delete(runId);
      for (const suffix of ['', '.lock']) await rm(`${indexOf(runId)}${suffix}`, { force: true });
    },
  };
}

/** The tree of a salvage commit and the agent's commit that it stands on. */
async function describe(git: HostGit, commit: string): Promise<{ tree: string; head: string }> {
  const [tree = '', parents = ''] = (await git.run(['log', '-1', '--no-show-signature', '--format=%T%n%P', commit])).split('\n');
  return { tree, head: parents.split(' ')[0] ?? '' };
}
