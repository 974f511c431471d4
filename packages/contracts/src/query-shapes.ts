import { z } from 'zod';
import { Approval, approvalStates } from './approval.ts';
import { Artifact, artifactKinds } from './artifact.ts';
import { Cursor, Id, Timestamp } from './ids.ts';
import { Run, runStates, Usage } from './run.ts';
import { ciStates, PullSighting, Repository, SpecSighting, Task } from './task.ts';

const count = z.number().int().nonnegative();

/** How the engine is, in one answer. */
export const Health = z.object({
  version: z.string(),
  state: z.enum(['starting', 'ready', 'stopping']),
  startedAt: Timestamp,
  repository: Repository,
  runs: z.object({
    queued: count,
    running: count,
    waiting: count,
    /** How many may run at once. */
    limit: count,
  }),
  /** Pending approvals, failed tasks, and tasks that a person has to move. */
  needsYou: count,
  /** Place of the newest event. */
  cursor: Cursor.nullable(),
  forge: z.enum(['local', 'github']),
  store: z.enum(['sqlite', 'postgres']),
});
export type Health = z.infer<typeof Health>;

/** What was done and spent, over everything or one correlation. */
export const Summary = z.object({
  /** By state. */
  runs: z.record(z.enum(runStates), count),
  /** All runs, in whatever state. */
  attempts: count,
  /** Minutes that agents ran, waiting included. */
  minutes: z.number(),
  usage: Usage,
  decisions: z.object({
    allow: count,
    deny: count,
    require_approval: count,
  }),
  approvals: z.partialRecord(z.enum(approvalStates), count),
  artifacts: z.partialRecord(z.enum(artifactKinds), count),
  events: count,
});
export type Summary = z.infer<typeof Summary>;

/** Whether the ledger's hash chains hold. `streams`: a chain for each task, repository, and `system`. */
export const VerifyReport = z.object({
  ok: z.boolean(),
  streams: count,
  events: count,
  /** The first of each stream that does not fit; `cursor` names the event. */
  problems: z.array(
    z.object({
      stream: z.string(),
      cursor: Cursor.nullable(),
      eventId: z.string().nullable(),
      message: z.string(),
    }),
  ),
});
export type VerifyReport = z.infer<typeof VerifyReport>;

/** All that belongs to one correlation. */
export const Trace = z.object({
  correlationId: Id,
  specs: z.array(SpecSighting),
  tasks: z.array(Task),
  runs: z.array(Run),
  approvals: z.array(Approval),
  artifacts: z.array(Artifact),
  pulls: z.array(PullSighting),
});
export type Trace = z.infer<typeof Trace>;

/** An issue as the forge has it now. Times as the forge writes them. */
export const IssueDetail = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string(),
  state: z.enum(['open', 'closed']),
  labels: z.array(z.string()),
  author: z.string(),
  url: z.string(),
  comments: z.array(z.object({ author: z.string(), body: z.string(), createdAt: z.string() })),
});
export type IssueDetail = z.infer<typeof IssueDetail>;

/** A pull request as the forge has it now, with what a reviewer needs. */
export const PullDetail = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string(),
  state: z.enum(['open', 'closed']),
  merged: z.boolean(),
  draft: z.boolean(),
  headRef: z.string(),
  baseRef: z.string(),
  url: z.string(),
  ci: z.enum(ciStates),
  failedChecks: z.array(z.object({ name: z.string(), summary: z.string() })),
  files: z.array(
    z.object({
      path: z.string(),
      status: z.string(),
      additions: count,
      deletions: count,
      /** Unified diff; null where the forge gives none (binary, too large). */
      patch: z.string().nullable(),
    }),
  ),
  reviews: z.array(z.object({ author: z.string(), state: z.string(), body: z.string() })),
});
export type PullDetail = z.infer<typeof PullDetail>;

/** All that a UI needs to begin: the rows of what is open, and the place from which to fold on. */
export const Snapshot = z.object({
  cursor: Cursor.nullable(),
  repositories: z.array(Repository),
  tasks: z.array(Task),
  runs: z.array(Run),
  approvals: z.array(Approval),
  pulls: z.array(PullSighting),
  specs: z.array(SpecSighting),
});
export type Snapshot = z.infer<typeof Snapshot>;
