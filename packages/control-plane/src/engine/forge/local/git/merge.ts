import type { Git } from './git.ts';
import { GitFailure } from './git.ts';

/** The tree that merging `head` into `base` gives; null when they conflict. Nothing but objects is written. */
export async function mergeTree(git: Git, base: string, head: string): Promise<string | null> {
  const args = ['merge-tree', '--write-tree', '--no-messages', '-z', base, head];
  const result = await git.attempt(args);
  if (result.exitCode === 1) return null;
  if (result.exitCode !== 0) throw new GitFailure(args, result);
  return result.stdout.slice(0, 40);
}

export interface CommitDraft {
  tree: string;
  parents: readonly string[];
  message: string;
  author: { name: string; email: string };
  committer: { name: string; email: string };
  /** ISO 8601. */
  date: string;
}

/** Writes a commit object; no ref moves. The same draft always gives the same sha. */
export async function writeCommit(git: Git, draft: CommitDraft): Promise<string> {
  const output = await git.run(['commit-tree', ...draft.parents.flatMap((parent) => ['-p', parent]), draft.tree], {
    input: draft.message,
    env: {
      GIT_AUTHOR_NAME: draft.author.name,
      GIT_AUTHOR_EMAIL: draft.author.email,
      GIT_AUTHOR_DATE: draft.date,
      GIT_COMMITTER_NAME: draft.committer.name,
      GIT_COMMITTER_EMAIL: draft.committer.email,
      GIT_COMMITTER_DATE: draft.date,
    },
  });
  return output.trim();
}
