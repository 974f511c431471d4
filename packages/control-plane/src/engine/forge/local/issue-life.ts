import { linkedIssues } from '../linked-issues.ts';
import { invalid } from './answers.ts';
import type { Place } from './context.ts';
import type { IssueRow, LabelRow } from './store/issue-store.ts';

/** What changes an issue or the issue half of a pull request. Each call belongs in one transaction of the caller's. */

export function changeIssue(
  place: Place,
  issue: IssueRow,
  change: { title?: string; body?: string | null; state?: 'open' | 'closed'; stateReason?: string | null },
  actor: string,
): IssueRow {
  const now = place.now();
  const next: IssueRow = { ...issue, updated_at: now };
  if (change.title !== undefined) next.title = change.title;
  if (change.body !== undefined) next.body = change.body;
  if (change.state === 'closed') {
    next.state = 'closed';
    if (issue.state === 'open') Object.assign(next, { closed_at: now, closed_by: actor });
    if (!issue.is_pull) next.state_reason = change.stateReason ?? issue.state_reason ?? 'completed';
  } else if (change.state === 'open' && issue.state === 'closed') {
    Object.assign(next, { state: 'open', closed_at: null, closed_by: null, state_reason: issue.is_pull ? null : 'reopened' });
  }
  place.issues.update(next);
  return next;
}

/** The label of that name, made on the fly when there is none, as GitHub does for people who may write. */
function labelNamed(place: Place, name: unknown): LabelRow {
  const wanted = typeof name === 'object' && name !== null && 'name' in name ? name.name : name;
  if (typeof wanted !== 'string' || wanted.trim() === '')
    throw invalid({ resource: 'Label', code: 'missing_field', field: 'name' });
  if (wanted.length > 50)
    throw invalid({ resource: 'Label', code: 'custom', field: 'name', message: 'name is too long (maximum is 50 characters)' });
  const known = place.issues.label(wanted);
  if (known) return known;
  place.issues.insertLabel({ name: wanted, color: 'ededed', description: null });
  return place.issues.label(wanted) as LabelRow;
}

/** Changes the labels of an issue; its time changes only when they do. */
export function changeLabels(
  place: Place,
  issue: IssueRow,
  change: { add?: readonly unknown[]; set?: readonly unknown[]; remove?: LabelRow },
): LabelRow[] {
  const before = issue.labels.map(({ id }) => id).join();
  if (change.set) {
    const wanted = change.set.map((name) => labelNamed(place, name));
    place.issues.detachAll(issue.number);
    for (const label of wanted) place.issues.attach(issue.number, label.id);
  }
  for (const name of change.add ?? []) place.issues.attach(issue.number, labelNamed(place, name).id);
  if (change.remove) place.issues.detach(issue.number, change.remove.id);
  const labels = place.issues.get(issue.number)?.labels ?? [];
  if (labels.map(({ id }) => id).join() !== before) place.issues.touch(issue.number, place.now());
  return labels;
}

/** What a merged pull request's body says it closes. */
export function closeLinkedIssues(place: Place, body: string | null, actor: string): void {
  for (const number of linkedIssues(body ?? '', place.repository)) {
    const issue = place.issues.get(number);
    if (issue && !issue.is_pull && issue.state === 'open')
      changeIssue(place, issue, { state: 'closed', stateReason: 'completed' }, actor);
  }
}
