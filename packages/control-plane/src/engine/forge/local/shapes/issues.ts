import type { Place } from '../context.ts';
import type { CommentRow, IssueRow, LabelRow } from '../store/issue-store.ts';
import { association, nodeId, simpleUser } from './people.ts';
import { pageUrl, repositoryUrl } from './repository.ts';

export function labelShape(place: Place, api: string, label: LabelRow) {
  return {
    id: label.id,
    node_id: nodeId('Label', label.id),
    url: `${repositoryUrl(place, api)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    description: label.description,
    color: label.color,
    default: false,
  };
}

export function issueShape(place: Place, api: string, issue: IssueRow) {
  const url = `${repositoryUrl(place, api)}/issues/${issue.number}`;
  const page = `${pageUrl(place)}/${issue.is_pull ? 'pull' : 'issues'}/${issue.number}`;
  const pull = issue.is_pull ? place.pulls.get(issue.number) : null;
  return {
    id: 1_000_000 + issue.number,
    node_id: nodeId(issue.is_pull ? 'PullRequest' : 'Issue', issue.number),
    url,
    repository_url: repositoryUrl(place, api),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: page,
    number: issue.number,
    state: issue.state,
    state_reason: issue.state_reason,
    title: issue.title,
    body: issue.body,
    user: simpleUser(place, api, issue.author),
    labels: issue.labels.map((label) => labelShape(place, api, label)),
    assignee: null,
    assignees: [],
    milestone: null,
    locked: false,
    active_lock_reason: null,
    comments: issue.comments,
    closed_at: issue.closed_at,
    closed_by: issue.closed_by ? simpleUser(place, api, issue.closed_by) : null,
    created_at: issue.created_at,
    updated_at: issue.updated_at,
    author_association: association(place, issue.author),
    ...(pull && {
      draft: pull.draft === 1,
      pull_request: {
        url: `${repositoryUrl(place, api)}/pulls/${issue.number}`,
        html_url: page,
        diff_url: `${page}.diff`,
        patch_url: `${page}.patch`,
        merged_at: pull.merged_at,
      },
    }),
  };
}

export function commentShape(place: Place, api: string, comment: CommentRow) {
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url: `${repositoryUrl(place, api)}/issues/comments/${comment.id}`,
    html_url: `${pageUrl(place)}/issues/${comment.issue}#issuecomment-${comment.id}`,
    issue_url: `${repositoryUrl(place, api)}/issues/${comment.issue}`,
    body: comment.body,
    user: simpleUser(place, api, comment.author),
    created_at: comment.created_at,
    updated_at: comment.updated_at,
    author_association: association(place, comment.author),
    performed_via_github_app: null,
  };
}
