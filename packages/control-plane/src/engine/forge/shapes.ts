/** The forge's things as the engine sees them. */

export interface RepositoryName {
  owner: string;
  name: string;
}

export interface RepositoryInfo extends RepositoryName {
  id: number;
  defaultBranch: string;
  private: boolean;
  url: string;
}

export type StateReason = 'completed' | 'not_planned' | 'reopened' | 'duplicate';

export interface Issue {
  id: number;
  number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  stateReason: StateReason | null;
  labels: string[];
  author: string;
  comments: number;
  createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  /** Where a person reads it. */
  url: string;
  /** True when the number belongs to a pull request. */
  isPull: boolean;
}

export interface IssueQuery {
  label?: string;
  /** Default open. */
  state?: 'open' | 'closed' | 'all';
}

export interface NewIssue {
  title: string;
  body?: string;
  labels?: readonly string[];
}

export interface IssueUpdate {
  title?: string;
  body?: string;
  state?: 'open' | 'closed';
  stateReason?: StateReason;
}

export interface Label {
  name: string;
  /** Six hex digits, no hash. */
  color: string;
  description: string;
}

export interface LabelOutcome {
  name: string;
  outcome: 'created' | 'updated' | 'up-to-date';
}

export interface Comment {
  id: number;
  author: string;
  body: string;
  createdAt: string;
  updatedAt: string;
  url: string;
}

export interface Pull {
  id: number;
  number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  draft: boolean;
  head: { ref: string; sha: string };
  base: { ref: string; sha: string };
  /** False for a fork's pull request: its head branch is not in this repository. */
  sameRepository: boolean;
  author: string;
  labels: string[];
  createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  mergedAt: string | null;
  mergeCommitSha: string | null;
  url: string;
}

export interface FullPull extends Pull {
  merged: boolean;
  /** Null while the forge has not worked it out. */
  mergeable: boolean | null;
  additions: number;
  deletions: number;
  changedFiles: number;
  commits: number;
}

export interface NewPull {
  title: string;
  head: string;
  base: string;
  body?: string;
  draft?: boolean;
}

export interface PullFile {
  path: string;
  previousPath: string | null;
  status: 'added' | 'removed' | 'modified' | 'renamed' | 'copied' | 'changed' | 'unchanged';
  additions: number;
  deletions: number;
  /** Null for binary and very large files. */
  patch: string | null;
  sha: string | null;
}

export type ReviewState = 'approved' | 'changes_requested' | 'commented' | 'dismissed' | 'pending';

export interface Review {
  id: number;
  author: string;
  state: ReviewState;
  body: string;
  commitSha: string | null;
  submittedAt: string | null;
}

export interface NewReview {
  event: 'approve' | 'request_changes' | 'comment';
  body: string;
  commitSha?: string;
  comments?: readonly {
    path: string;
    line: number;
    body: string;
    side?: 'LEFT' | 'RIGHT';
  }[];
}

export interface InlineComment {
  id: number;
  reviewId: number | null;
  author: string;
  path: string;
  /** Null when the line is gone from the diff. */
  line: number | null;
  body: string;
  diffHunk: string;
  inReplyTo: number | null;
  createdAt: string;
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface MergeResult {
  sha: string;
  message: string;
}

export interface CheckSummary {
  state: 'success' | 'failure' | 'pending';
  /** Check runs and status contexts counted; 0 means that nothing reports on this commit. */
  total: number;
  failed: { name: string; summary: string; url: string | null }[];
  pending: string[];
}

export interface CheckDetail {
  name: string;
  state: 'success' | 'pending' | 'failure' | 'neutral';
  summary: string;
  /** Of a failed one: at most 200 lines. Null where the forge has none. */
  logTail: string | null;
  url: string | null;
}

export interface DirectoryTree {
  /** The commit the branch points at; null when there is no such branch. */
  commitSha: string | null;
  /** Null when the directory does not exist there. */
  treeSha: string | null;
  /** Paths from the repository's root. */
  files: { path: string; sha: string; size: number; executable: boolean }[];
}

export interface Commit {
  sha: string;
  message: string;
  authorName: string;
  authoredAt: string;
  committedAt: string;
  url: string;
}

export interface RateLimit {
  limit: number;
  remaining: number;
  used: number;
  resetAt: string;
}
