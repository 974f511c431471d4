import { ApiError, notFound } from './answers.ts';
import type { Place } from './context.ts';
import { listCommits } from './git/commits.ts';
import { mergeTree, writeCommit } from './git/merge.ts';
import { isAncestor, listBranches, mergeBase, moveRef } from './git/refs.ts';
import { changeIssue, closeLinkedIssues } from './issue-life.ts';
import type { IssueRow } from './store/issue-store.ts';
import type { PullRow } from './store/pull-store.ts';

export interface PullWhole {
  issue: IssueRow;
  pull: PullRow;
}

/** One pull request, its head and base read from the branches as long as it is open. */
export async function readPull(place: Place, number: number): Promise<PullWhole> {
  const pull = place.pulls.get(number);
  if (!pull) throw notFound();
  if (!pull.is_open) return wholePull(place, number);
  const branches = await listBranches(place.git);
  followHeads(place, [pull], branches);
  return wholePull(place, number, branches);
}

/** The two halves from the file. With `branches`, an open one's base is the base branch's tip. */
export function wholePull(place: Place, number: number, branches?: ReadonlyMap<string, string>): PullWhole {
  const pull = place.pulls.get(number);
  const issue = place.issues.get(number);
  if (!pull || !issue) throw notFound();
  const base = pull.is_open ? branches?.get(pull.base_ref) : undefined;
  return { issue, pull: base ? { ...pull, base_sha: base } : pull };
}

/** A push to a head branch is a change of its pull request; a branch that is gone leaves what was last seen. */
export function followHeads(place: Place, pulls: readonly PullRow[], branches: ReadonlyMap<string, string>): void {
  for (const pull of pulls) {
    const head = branches.get(pull.head_ref) ?? pull.head_sha;
    if (head === pull.head_sha) continue;
    place.issues.transaction(() => {
      const now = place.pulls.get(pull.number);
      if (!now?.is_open) return;
      place.pulls.update({ ...now, head_sha: head });
      place.issues.touch(pull.number, place.now());
    });
  }
}

/** Where the pull request's own changes start. */
export async function forkPoint(place: Place, pull: PullRow): Promise<string> {
  const base = pull.merging_from ?? pull.base_sha;
  return (await mergeBase(place.git, base, pull.head_sha)) ?? base;
}

/**
 * Merges for good. Before the base branch moves, the merge is written down, so that a crash between the branch and our
 * own record is finished by `finishMerges` and a merge is never done twice.
 */
export async function mergePull(
  place: Place,
  number: number,
  merge: { method: string; sha: string | null; title: string | null; message: string | null; actor: string },
): Promise<string> {
  return place.exclusive(async () => {
    await finishMerges(place);
    const { issue, pull } = await readPull(place, number);
    if (!pull.is_open) throw new ApiError(405, 'Pull Request is not mergeable');
    if (pull.draft) throw new ApiError(405, 'Pull Request is still a draft');
    if (merge.method === 'rebase') throw new ApiError(405, 'Rebase merges are not allowed on this repository.');
    if (merge.sha !== null && merge.sha !== pull.head_sha)
      throw new ApiError(409, 'Head branch was modified. Review and try the merge again.');
    const tree = (await isAncestor(place.git, pull.head_sha, pull.base_sha))
      ? null
      : await mergeTree(place.git, pull.base_sha, pull.head_sha);
    if (tree === null) throw new ApiError(405, 'Pull Request is not mergeable');

    const squash = merge.method === 'squash';
    const words = squash ? await squashMessage(place, { issue, pull }) : mergeMessage(place, { issue, pull });
    const person = (login: string) => ({
      name: login,
      email: `${place.users.of(login, place.now()).id}+${login}@users.noreply.localhost`,
    });
    const sha = await writeCommit(place.git, {
      tree,
      parents: squash ? [pull.base_sha] : [pull.base_sha, pull.head_sha],
      message: `${merge.title ?? words.title}\n\n${merge.message ?? words.message}`.trim(),
      author: person(squash ? issue.author : merge.actor),
      committer: person(merge.actor),
      date: place.now(),
    });
    place.pulls.setMerging(number, { sha, from: pull.base_sha, by: merge.actor });
    if (!(await moveRef(place.git, `refs/heads/${pull.base_ref}`, { to: sha, from: pull.base_sha }))) {
      place.pulls.setMerging(number, null);
      throw new ApiError(409, 'Base branch was modified. Review and try the merge again.');
    }
    await settlePulls(place, merge.actor);
    return sha;
  });
}

/** Records the merges whose branch has moved, and forgets those whose branch has not. Callers hold the lock. */
async function finishMerges(place: Place): Promise<void> {
  const waiting = place.pulls.merging();
  if (waiting.length === 0) return;
  const branches = await listBranches(place.git);
  for (const pull of waiting) {
    const base = branches.get(pull.base_ref);
    const happened = base && pull.merging_sha && (await isAncestor(place.git, pull.merging_sha, base));
    if (happened && pull.merging_sha)
      recordMerge(place, pull.number, { sha: pull.merging_sha, by: pull.merging_by ?? pull.head_ref });
    else place.pulls.setMerging(pull.number, null);
  }
}

/** Open pull requests whose head came into the base by another way (a push, a person's own merge) are merged, as on GitHub. */
export async function settlePulls(place: Place, by: string): Promise<void> {
  await finishMerges(place);
  const open = place.pulls.open();
  if (open.length === 0) return;
  const branches = await listBranches(place.git);
  followHeads(place, open, branches);
  for (const { number } of open) {
    const pull = place.pulls.get(number);
    const base = pull && branches.get(pull.base_ref);
    if (!pull?.is_open || !base || base === pull.base_sha) continue;
    // The base from before the merge stays with a merged one: its changes are counted from there.
    if (await isAncestor(place.git, pull.head_sha, base)) recordMerge(place, number, { sha: pull.head_sha, by });
    else place.pulls.update({ ...pull, base_sha: base });
  }
}

function recordMerge(place: Place, number: number, merge: { sha: string; by: string }): void {
  place.issues.transaction(() => {
    const { issue, pull } = wholePull(place, number);
    place.pulls.update({
      ...pull,
      base_sha: pull.merging_from ?? pull.base_sha,
      is_open: 0,
      draft: 0,
      merged_at: place.now(),
      merged_by: merge.by,
      merge_commit_sha: merge.sha,
    });
    changeIssue(place, issue, { state: 'closed' }, merge.by);
    if (pull.base_ref === place.defaultBranch) closeLinkedIssues(place, issue.body, merge.by);
  });
}

const mergeMessage = (place: Place, { issue, pull }: PullWhole) => ({
  title: `Merge pull request #${pull.number} from ${place.repository.owner}/${pull.head_ref}`,
  message: issue.title,
});

/** GitHub's default: the one commit's own words, or the pull request's title over all of theirs. */
async function squashMessage(place: Place, { issue, pull }: PullWhole) {
  const commits = await listCommits(place.git, {
    from: pull.head_sha,
    except: pull.base_sha,
    skip: 0,
    limit: 250,
    reverse: true,
  });
  const [only] = commits;
  if (commits.length === 1 && only) {
    const [title = issue.title, ...rest] = only.message.split('\n');
    return { title: `${title} (#${pull.number})`, message: rest.join('\n').trim() };
  }
  return { title: `${issue.title} (#${pull.number})`, message: commits.map(({ message }) => `* ${message}`).join('\n\n') };
}
