/**
 * What the engine asks of a code forge, in GitHub's own terms: numbers are issue and pull numbers, ids are GitHub's ids,
 * times are ISO 8601 in UTC. Every call throws one of the classes of `errors.ts`, or the signal's reason when it is aborted.
 */
import type {
  CheckDetail,
  CheckSummary,
  Comment,
  Commit,
  DirectoryTree,
  FullPull,
  InlineComment,
  Issue,
  IssueQuery,
  IssueUpdate,
  Label,
  LabelOutcome,
  MergeMethod,
  MergeResult,
  NewIssue,
  NewPull,
  NewReview,
  Pull,
  PullFile,
  RateLimit,
  RepositoryInfo,
  RepositoryName,
  Review,
} from './shapes.ts';

export interface CallOptions {
  signal?: AbortSignal;
  /** Who acts, for a forge that knows us by login only (the local one). On GitHub the credential says who acts. */
  actor?: string;
}

export interface ConditionalOptions extends CallOptions {
  /** The `version` of the last answer this caller has seen; `changed` is then told against it. */
  known?: string;
}

/**
 * An answer that may be the one of the last time. `value` is always there (the last known one when nothing changed).
 * Without `known`, `changed` is told against the adapter's own last answer to the same question.
 */
export interface Conditional<T> {
  changed: boolean;
  version: string;
  value: T;
}

export interface RawOptions extends CallOptions {
  headers?: Record<string, string>;
}

/** An answer of the forge as it came, refusals included. `body` is the parsed JSON, or text where it is none. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

export interface Forge {
  readonly repository: RepositoryName;
  /** The REST root that this forge answers for, without a slash at the end. */
  readonly apiUrl: string;

  repositoryInfo(options?: CallOptions): Promise<RepositoryInfo>;

  /** All matching issues, pull requests left out, read to the end; unchanged pages cost no rate limit. */
  listIssues(query: IssueQuery, options?: ConditionalOptions): Promise<Conditional<Issue[]>>;
  getIssue(number: number, options?: CallOptions): Promise<Issue>;
  createIssue(issue: NewIssue, options?: CallOptions): Promise<Issue>;
  updateIssue(number: number, update: IssueUpdate, options?: CallOptions): Promise<Issue>;

  listLabels(options?: CallOptions): Promise<Label[]>;
  /** Creates what is missing and corrects colour and description; touches no other label. */
  ensureLabels(labels: readonly Label[], options?: CallOptions): Promise<LabelOutcome[]>;
  setLabels(number: number, labels: readonly string[], options?: CallOptions): Promise<string[]>;
  addLabels(number: number, labels: readonly string[], options?: CallOptions): Promise<string[]>;
  /** A label that is not on the issue is no error. Resolves to the labels that are left. */
  removeLabel(number: number, label: string, options?: CallOptions): Promise<string[]>;
  /** Leaves exactly one label of `to`'s category (the part before the colon), in one write. Resolves to all labels. */
  replaceStatusLabel(number: number, to: string, options?: CallOptions): Promise<string[]>;

  listComments(number: number, options?: CallOptions): Promise<Comment[]>;
  createComment(number: number, body: string, options?: CallOptions): Promise<Comment>;

  /** All open pull requests, drafts too, read to the end; conditional like `listIssues`. */
  listPulls(options?: ConditionalOptions): Promise<Conditional<Pull[]>>;
  getPull(number: number, options?: CallOptions): Promise<FullPull>;
  createPull(pull: NewPull, options?: CallOptions): Promise<Pull>;
  pullFiles(number: number, options?: CallOptions): Promise<PullFile[]>;
  listReviews(number: number, options?: CallOptions): Promise<Review[]>;
  listInlineComments(number: number, options?: CallOptions): Promise<InlineComment[]>;
  createReview(number: number, review: NewReview, options?: CallOptions): Promise<Review>;
  /** Refused (405) when it does not merge, (409) when the head is no longer `sha`. */
  mergePull(
    number: number,
    merge: {
      method: MergeMethod;
      sha?: string;
      title?: string;
      message?: string;
    },
    options?: CallOptions,
  ): Promise<MergeResult>;

  /** Check runs and combined commit status of one commit: any failure → failure, else any pending → pending, else success. */
  checks(sha: string, options?: CallOptions): Promise<CheckSummary>;
  /** Each of them, with the end of the log of those that failed, where the forge gives it. */
  checkDetails(sha: string, options?: CallOptions): Promise<CheckDetail[]>;

  /** The files below a directory at a branch's tip. A branch that did not move costs no rate limit. */
  directoryTree(directory: string, branch: string, options?: ConditionalOptions): Promise<Conditional<DirectoryTree>>;
  /** A blob as text; null where it is no UTF-8. Blobs never change, so a caller may keep them by sha. */
  readBlob(sha: string, options?: CallOptions): Promise<{ sha: string; size: number; text: string | null }>;
  /** The newest commit on `branch` that touched `path`; null when none did. */
  lastCommit(path: string, branch: string, options?: CallOptions): Promise<Commit | null>;
  /** The commit a branch points at; null when there is no such branch. */
  branchHead(branch: string, options?: CallOptions): Promise<string | null>;

  /** What the newest answer said about the rate limit; null before the first one. */
  rateLimit(): RateLimit | null;

  /**
   * Carries one REST call as it is and hands its answer back unchanged, 4xx included: the broker's way for an agent's call.
   * Never repeated by itself. `path` starts with a slash and may hold a query. Throws only when there was no answer.
   */
  request(method: string, path: string, body?: unknown, options?: RawOptions): Promise<RawAnswer>;
}
