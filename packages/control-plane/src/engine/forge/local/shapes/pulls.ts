import type { Place } from '../context.ts';
import type { IssueRow } from '../store/issue-store.ts';
import type { PullRow, ReviewCommentRow, ReviewRow } from '../store/pull-store.ts';
import { labelShape } from './issues.ts';
import { association, nodeId, simpleUser } from './people.ts';
import { fullRepository, pageUrl, repositoryUrl } from './repository.ts';

/** A pull request as lists show it. */
export function pullShape(place: Place, api: string, { issue, pull }: { issue: IssueRow; pull: PullRow }) {
  const url = `${repositoryUrl(place, api)}/pulls/${pull.number}`;
  const issueUrl = `${repositoryUrl(place, api)}/issues/${pull.number}`;
  const statuses = `${repositoryUrl(place, api)}/statuses/${pull.head_sha}`;
  const page = `${pageUrl(place)}/pull/${pull.number}`;
  const { owner } = place.repository;
  const repo = fullRepository(place, api);
  const side = (ref: string, sha: string) => ({ label: `${owner}:${ref}`, ref, sha, user: simpleUser(place, api, owner), repo });
  return {
    id: 2_000_000 + pull.number,
    node_id: nodeId('PullRequest', pull.number),
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issueUrl,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repositoryUrl(place, api)}/pulls/comments{/number}`,
    comments_url: `${issueUrl}/comments`,
    statuses_url: statuses,
    number: pull.number,
    state: issue.state,
    locked: false,
    active_lock_reason: null,
    title: issue.title,
    body: issue.body,
    user: simpleUser(place, api, issue.author),
    labels: issue.labels.map((label) => ({ ...labelShape(place, api, label), description: label.description ?? '' })),
    milestone: null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    created_at: issue.created_at,
    updated_at: issue.updated_at,
    closed_at: issue.closed_at,
    merged_at: pull.merged_at,
    merge_commit_sha: pull.merge_commit_sha,
    head: side(pull.head_ref, pull.head_sha),
    base: side(pull.base_ref, pull.base_sha),
    author_association: association(place, issue.author),
    auto_merge: null,
    draft: pull.draft === 1,
    _links: {
      self: { href: url },
      html: { href: page },
      issue: { href: issueUrl },
      comments: { href: `${issueUrl}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${repositoryUrl(place, api)}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
  };
}

export function reviewShape(place: Place, api: string, review: ReviewRow) {
  const html = `${pageUrl(place)}/pull/${review.pull}#pullrequestreview-${review.id}`;
  const pull = `${repositoryUrl(place, api)}/pulls/${review.pull}`;
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: simpleUser(place, api, review.author),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: pull,
    author_association: association(place, review.author),
    _links: { html: { href: html }, pull_request: { href: pull } },
    submitted_at: review.submitted_at,
    commit_id: review.commit_id,
  };
}

export function reviewCommentShape(place: Place, api: string, comment: ReviewCommentRow) {
  const html = `${pageUrl(place)}/pull/${comment.pull}#discussion_r${comment.id}`;
  const pull = `${repositoryUrl(place, api)}/pulls/${comment.pull}`;
  const url = `${repositoryUrl(place, api)}/pulls/comments/${comment.id}`;
  return {
    id: comment.id,
    node_id: nodeId('PullRequestReviewComment', comment.id),
    pull_request_review_id: comment.review,
    url,
    html_url: html,
    pull_request_url: pull,
    diff_hunk: comment.diff_hunk,
    path: comment.path,
    commit_id: comment.commit_id,
    original_commit_id: comment.commit_id,
    user: simpleUser(place, api, comment.author),
    body: comment.body,
    created_at: comment.created_at,
    updated_at: comment.updated_at,
    author_association: association(place, comment.author),
    ...(comment.line !== null && { line: comment.line, original_line: comment.line }),
    side: comment.side,
    start_line: comment.start_line,
    original_start_line: comment.start_line,
    start_side: comment.start_side,
    subject_type: comment.line === null ? 'file' : 'line',
    ...(comment.in_reply_to !== null && { in_reply_to_id: comment.in_reply_to }),
    _links: { self: { href: url }, html: { href: html }, pull_request: { href: pull } },
  };
}
