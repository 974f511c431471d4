import { invalid } from './answers.ts';
import type { Place } from './context.ts';
import { branchHead } from './git/refs.ts';
import { wholePull } from './pull-life.ts';

/** Closes or reopens the pull half; a merged one stays merged, and a head branch has one open pull request into a base. */
export async function changePullState(place: Place, number: number, state: 'open' | 'closed'): Promise<void> {
  const { pull } = wholePull(place, number);
  const refuse = (message: string) =>
    invalid({ resource: 'PullRequest', code: 'custom', field: 'state', message: `state cannot be changed. ${message}` });
  if (pull.merged_at && state === 'open') throw refuse('The pull request has been merged.');
  if (state === 'closed') {
    if (pull.is_open) place.pulls.update({ ...pull, is_open: 0 });
    return;
  }
  if (pull.is_open) return;
  const head = await branchHead(place.git, pull.head_ref);
  if (!head) throw refuse(`The ${pull.head_ref} branch has been deleted.`);
  if (place.pulls.openFor(pull.head_ref, pull.base_ref)) {
    throw refuse(
      `There is already an open pull request from ${place.repository.owner}:${pull.head_ref} to ${place.repository.owner}:${pull.base_ref}.`,
    );
  }
  place.pulls.update({ ...pull, is_open: 1, head_sha: head });
}
