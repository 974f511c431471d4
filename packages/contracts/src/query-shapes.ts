import { z } from 'zod';
import { Approval, approvalStates } from './approval.ts';
import { Artifact, artifactKinds } from './artifact.ts';
import { Cursor, Id, Timestamp } from './ids.ts';
import { sandboxLevels } from './policy.ts';
import { Run, runStates, Usage } from './run.ts';
import { Spend } from './spend.ts';
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
  }),
  /** How much needs a person: approvals, failures, and tasks that a person has to move on. As many as the list `needsYou` makes. */
  needsYou: count,
  /** Place of the newest event. */
  cursor: Cursor.nullable(),
  forge: z.enum(['local', 'github']),
  store: z.enum(['sqlite', 'postgres']),
  /** What the config says, as it is in force. */
  settings: z.object({
    /** How many agents may be at work at once. */
    maxAgents: count,
    /** An agent that works longer is canceled. */
    maxDurationSeconds: z.number(),
    /** How long a stop waits for agents before it cancels them. */
    shutdownTimeoutSeconds: z.number(),
    /** A waiting agent's process is ended after this long. */
    parkAfterSeconds: z.number(),
    /** What stands around an agent's process. */
    sandbox: z.enum(sandboxLevels),
  }),
  /** How many requests the forge still answers until `resetAt`, as its newest answer said; null where it counts none, or has not answered yet. */
  rateLimit: z.object({ limit: count, remaining: count, resetAt: Timestamp }).nullable(),
  /** Of the engine's machine: below the minimum no further agent is started. Null where it is not known. */
  memory: z.object({ freeBytes: count, minimumFreeBytes: count }).nullable(),
  /** The engine's own log, on its machine; null when it writes none. */
  logFile: z.string().nullable(),
});
export type Health = z.infer<typeof Health>;

/** What was done and spent, over everything or one correlation. */
export const Summary = z.object({
  /** By state. */
  runs: z.record(z.enum(runStates), count),
  /** All runs, in whatever state. */
  totalRuns: count,
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

/** What became of one check; neutral: skipped, or without a verdict. */
export const checkStates = ['success', 'pending', 'failure', 'neutral'] as const;

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
  checks: z.array(
    z.object({
      name: z.string(),
      state: z.enum(checkStates),
      /** What the check says of itself; may be empty. */
      summary: z.string(),
      /** Of a failed one the end of its log, at most 200 lines, where the forge gives it; else null. */
      logTail: z.string().nullable(),
      url: z.string().nullable(),
    }),
  ),
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
  reviews: z.array(
    z.object({
      author: z.string(),
      /** `approved`, `changes_requested`, `commented`, `dismissed` or `pending`. */
      state: z.string(),
      body: z.string(),
      /** As the forge writes it; null for one that is not submitted. */
      submittedAt: z.string().nullable(),
      /** What it says of single lines; `line` null: of the file, or of a line that is gone since. */
      comments: z.array(z.object({ path: z.string(), line: z.number().int().nullable(), body: z.string(), author: z.string() })),
    }),
  ),
});
export type PullDetail = z.infer<typeof PullDetail>;

/**
 * All that a UI needs to begin, and the place from which to fold on: open tasks, and those with a live run; live runs, and the
 * last run of each open task; pending approvals; all that is open of the forge; spend of the last 7 days. Closed tasks are not
 * in it: `needsSnapshot` says when an event is about something that a snapshot left out.
 */
export const Snapshot = z.object({
  cursor: Cursor.nullable(),
  repositories: z.array(Repository),
  tasks: z.array(Task),
  runs: z.array(Run),
  approvals: z.array(Approval),
  pulls: z.array(PullSighting),
  specs: z.array(SpecSighting),
  spend: z.array(Spend),
});
export type Snapshot = z.infer<typeof Snapshot>;
