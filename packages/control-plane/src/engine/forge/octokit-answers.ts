/**
 * What we read of GitHub's answers, checked, in our own words. Fields that we do not read may come and go.
 * One file, because it is one table: every shape of the port stands beside the answer it is read from.
 */
import { z } from 'zod';
import type {
  Comment,
  Commit,
  FullPull,
  InlineComment,
  Issue,
  Label,
  Pull,
  PullFile,
  RepositoryInfo,
  Review,
  ReviewState,
} from './shapes.ts';

const text = z.string();
const login = z
  .object({ login: text })
  .nullish()
  .transform((user) => user?.login ?? 'ghost');
const words = text.nullish().transform((value) => value ?? '');
const time = text.nullish().transform((value) => value ?? null);
const labelNames = z
  .array(z.union([text, z.object({ name: text.nullish() })]))
  .transform((labels) => labels.map((label) => (typeof label === 'string' ? label : (label.name ?? ''))).filter(Boolean));

export const repositoryAnswer = z
  .object({
    id: z.number(),
    name: text,
    owner: z.object({ login: text }),
    default_branch: text,
    private: z.boolean(),
    html_url: text,
  })
  .transform(
    (r): RepositoryInfo => ({
      id: r.id,
      owner: r.owner.login,
      name: r.name,
      defaultBranch: r.default_branch,
      private: r.private,
      url: r.html_url,
    }),
  );

export const issueAnswer = z
  .object({
    id: z.number(),
    number: z.number(),
    title: text,
    body: words,
    state: z.enum(['open', 'closed']),
    state_reason: z.enum(['completed', 'not_planned', 'reopened', 'duplicate']).nullish().catch(null),
    labels: labelNames,
    user: login,
    comments: z.number(),
    created_at: text,
    updated_at: text,
    closed_at: time,
    html_url: text,
    pull_request: z.unknown().optional(),
  })
  .transform(
    (i): Issue => ({
      id: i.id,
      number: i.number,
      title: i.title,
      body: i.body,
      state: i.state,
      stateReason: i.state_reason ?? null,
      labels: i.labels,
      author: i.user,
      comments: i.comments,
      createdAt: i.created_at,
      updatedAt: i.updated_at,
      closedAt: i.closed_at,
      url: i.html_url,
      isPull: i.pull_request !== undefined && i.pull_request !== null,
    }),
  );

export const labelAnswer = z.object({ name: text, color: text, description: words }).transform((label): Label => label);

export const commentAnswer = z
  .object({ id: z.number(), user: login, body: words, created_at: text, updated_at: text, html_url: text })
  .transform(
    (c): Comment => ({
      id: c.id,
      author: c.user,
      body: c.body,
      createdAt: c.created_at,
      updatedAt: c.updated_at,
      url: c.html_url,
    }),
  );

const side = z.object({ ref: text, sha: text, repo: z.object({ id: z.number() }).nullish() });

const pullFields = z.object({
  id: z.number(),
  number: z.number(),
  title: text,
  body: words,
  state: z.enum(['open', 'closed']),
  draft: z.boolean().nullish(),
  head: side,
  base: side,
  user: login,
  labels: labelNames.nullish(),
  created_at: text,
  updated_at: text,
  closed_at: time,
  merged_at: time,
  merge_commit_sha: time,
  html_url: text,
});

const toPull = (p: z.infer<typeof pullFields>): Pull => ({
  id: p.id,
  number: p.number,
  title: p.title,
  body: p.body,
  state: p.state,
  draft: p.draft ?? false,
  head: { ref: p.head.ref, sha: p.head.sha },
  base: { ref: p.base.ref, sha: p.base.sha },
  sameRepository: p.head.repo?.id !== undefined && p.head.repo.id === p.base.repo?.id,
  author: p.user,
  labels: p.labels ?? [],
  createdAt: p.created_at,
  updatedAt: p.updated_at,
  closedAt: p.closed_at,
  mergedAt: p.merged_at,
  // GitHub fills this with a test merge while the pull request is open.
  mergeCommitSha: p.merged_at === null ? null : p.merge_commit_sha,
  url: p.html_url,
});

export const pullAnswer = pullFields.transform(toPull);

export const pullDetailAnswer = pullFields
  .extend({
    merged: z.boolean(),
    mergeable: z.boolean().nullish(),
    additions: z.number(),
    deletions: z.number(),
    changed_files: z.number(),
    commits: z.number(),
  })
  .transform(
    (p): FullPull => ({
      ...toPull(p),
      merged: p.merged,
      mergeable: p.mergeable ?? null,
      additions: p.additions,
      deletions: p.deletions,
      changedFiles: p.changed_files,
      commits: p.commits,
    }),
  );

export const fileAnswer = z
  .object({
    filename: text,
    previous_filename: text.nullish(),
    status: z.enum(['added', 'removed', 'modified', 'renamed', 'copied', 'changed', 'unchanged']),
    additions: z.number(),
    deletions: z.number(),
    patch: text.nullish(),
    sha: text.nullish(),
  })
  .transform(
    (f): PullFile => ({
      path: f.filename,
      previousPath: f.previous_filename ?? null,
      status: f.status,
      additions: f.additions,
      deletions: f.deletions,
      patch: f.patch ?? null,
      sha: f.sha ?? null,
    }),
  );

export const reviewAnswer = z
  .object({ id: z.number(), user: login, state: text, body: words, commit_id: time, submitted_at: time })
  .transform(
    (r): Review => ({
      id: r.id,
      author: r.user,
      state: r.state.toLowerCase() as ReviewState,
      body: r.body,
      commitSha: r.commit_id,
      submittedAt: r.submitted_at,
    }),
  );

export const inlineAnswer = z
  .object({
    id: z.number(),
    pull_request_review_id: z.number().nullish(),
    user: login,
    path: text,
    line: z.number().nullish(),
    body: words,
    diff_hunk: words,
    in_reply_to_id: z.number().nullish(),
    created_at: text,
  })
  .transform(
    (c): InlineComment => ({
      id: c.id,
      reviewId: c.pull_request_review_id ?? null,
      author: c.user,
      path: c.path,
      line: c.line ?? null,
      body: c.body,
      diffHunk: c.diff_hunk,
      inReplyTo: c.in_reply_to_id ?? null,
      createdAt: c.created_at,
    }),
  );

const signature = z.object({ name: words, date: words }).nullish();

export const commitAnswer = z
  .object({ sha: text, html_url: words, commit: z.object({ message: text, author: signature, committer: signature }) })
  .transform(
    ({ sha, html_url, commit }): Commit => ({
      sha,
      message: commit.message,
      authorName: commit.author?.name ?? '',
      authoredAt: commit.author?.date ?? '',
      committedAt: commit.committer?.date ?? '',
      url: html_url,
    }),
  );

export const mergeAnswer = z.object({ sha: text, message: words });
export const blobAnswer = z.object({ sha: text, size: z.number(), content: text, encoding: z.enum(['base64', 'utf-8']) });
export const refAnswer = z.object({ object: z.object({ sha: text }) });
export const gitCommitAnswer = z.object({ tree: z.object({ sha: text }) });
export const treeAnswer = z.object({
  sha: text,
  truncated: z.boolean().nullish(),
  tree: z.array(z.object({ path: text, mode: text, type: text, sha: text, size: z.number().nullish() })),
});
export const checkRunsAnswer = z.object({
  check_runs: z.array(
    z.object({
      id: z.number(),
      name: text,
      status: text,
      conclusion: text.nullish(),
      html_url: time,
      details_url: time,
      output: z.object({ title: words, summary: words, text: words, annotations_count: z.number().nullish() }).nullish(),
    }),
  ),
});
export const annotationsAnswer = z.array(
  z.object({ path: text, start_line: z.number(), annotation_level: text.nullish(), title: words, message: words }),
);
export const statusAnswer = z.object({
  statuses: z.array(z.object({ context: text, state: text, description: words, target_url: time })),
});
