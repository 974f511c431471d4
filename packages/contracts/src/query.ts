import { z } from 'zod';
import { Approval, approvalStates } from './approval.ts';
import { Artifact, artifactKinds } from './artifact.ts';
import { TaskReference } from './command.ts';
import { EventEnvelope, type StoredEvent } from './event.ts';
import { Cursor, Id, type Page, pageOf, Timestamp } from './ids.ts';
import { PolicyDecision, Role } from './policy.ts';
import { Run, runStates, Usage } from './run.ts';
import { PullSighting, Repository, SpecSighting, Task, taskKinds } from './task.ts';

const limit = z.coerce.number().int().min(1).max(500).default(50);
const page = { after: Cursor.optional(), limit };
const StoredEventShape = EventEnvelope.extend({ cursor: Cursor });

export const Health = z.object({
  version: z.string(),
  state: z.enum(['starting', 'ready', 'stopping']),
  startedAt: Timestamp,
  repository: Repository,
  runs: z.object({
    queued: z.number(),
    running: z.number(),
    waiting: z.number(),
    limit: z.number(),
  }),
  /** Pending approvals, failed tasks, and tasks that a person has to move. */
  needsYou: z.number(),
  /** Place of the newest event. */
  cursor: Cursor.nullable(),
  forge: z.enum(['local', 'github']),
  store: z.enum(['sqlite', 'postgres']),
});
export type Health = z.infer<typeof Health>;

export const Summary = z.object({
  runs: z.record(z.enum(runStates), z.number()),
  attempts: z.number(),
  /** Minutes that agents ran, waiting included. */
  minutes: z.number(),
  usage: Usage,
  decisions: z.object({
    allow: z.number(),
    deny: z.number(),
    require_approval: z.number(),
  }),
  approvals: z.partialRecord(z.enum(approvalStates), z.number()),
  artifacts: z.partialRecord(z.enum(artifactKinds), z.number()),
  events: z.number(),
});
export type Summary = z.infer<typeof Summary>;

export const VerifyReport = z.object({
  ok: z.boolean(),
  streams: z.number(),
  events: z.number(),
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
  ci: z.enum(['success', 'pending', 'failure']),
  failedChecks: z.array(z.object({ name: z.string(), summary: z.string() })),
  files: z.array(
    z.object({
      path: z.string(),
      status: z.string(),
      additions: z.number(),
      deletions: z.number(),
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

/** What each query takes and gives, and its path below `/v1`. All lists are keyset pages, oldest first unless said. */
export const queries = {
  health: { path: '/health', input: z.object({}), output: Health },
  snapshot: { path: '/snapshot', input: z.object({}), output: Snapshot },
  /** Newest first. */
  listTasks: {
    path: '/tasks',
    input: z.object({
      ...page,
      kind: z.enum(taskKinds).optional(),
      state: z.enum(['open', 'closed', 'all']).default('open'),
    }),
    output: pageOf(Task),
  },
  getTask: {
    path: '/task',
    input: z.object({ task: TaskReference }),
    output: z.object({
      task: Task,
      runs: z.array(Run),
      approvals: z.array(Approval),
      pulls: z.array(PullSighting),
    }),
  },
  /** Newest first. */
  listRuns: {
    path: '/runs',
    input: z.object({
      ...page,
      taskId: Id.optional(),
      state: z.enum(runStates).optional(),
      role: Role.optional(),
    }),
    output: pageOf(Run),
  },
  getRun: {
    path: '/run',
    input: z.object({ runId: Id }),
    output: z.object({
      run: Run,
      task: Task,
      approvals: z.array(Approval),
      artifacts: z.array(Artifact),
    }),
  },
  /** Oldest first: the one that has waited longest is on top. */
  listApprovals: {
    path: '/approvals',
    input: z.object({
      ...page,
      state: z.enum([...approvalStates, 'all']).default('pending'),
    }),
    output: pageOf(Approval),
  },
  getApproval: {
    path: '/approval',
    input: z.object({ approvalId: Id }),
    output: Approval,
  },
  listArtifacts: {
    path: '/artifacts',
    input: z.object({
      ...page,
      runId: Id.optional(),
      taskId: Id.optional(),
      correlationId: Id.optional(),
    }),
    output: pageOf(Artifact),
  },
  /** `after` reads on from a cursor; without one, `newest` begins with the latest page and otherwise the oldest. */
  listEvents: {
    path: '/events',
    input: z.object({
      ...page,
      newest: z.stringbool().or(z.boolean()).default(false),
      type: z.string().optional(),
      taskId: Id.optional(),
      runId: Id.optional(),
      correlationId: Id.optional(),
    }),
    output: pageOf(StoredEventShape),
  },
  /** From a spec's path, `#12`, a task, run, approval, session or artifact id, or a commit, to all that belongs to it. */
  trace: {
    path: '/trace',
    input: z.object({ reference: z.string().min(1).max(500) }),
    output: Trace,
  },
  summary: {
    path: '/summary',
    input: z.object({ correlationId: Id.optional() }),
    output: Summary,
  },
  verify: { path: '/verify', input: z.object({}), output: VerifyReport },
  getIssue: {
    path: '/issue',
    input: z.object({ issue: z.coerce.number().int().positive() }),
    output: IssueDetail,
  },
  getPull: {
    path: '/pull',
    input: z.object({ pull: z.coerce.number().int().positive() }),
    output: PullDetail,
  },
  /** What the policy would say of a tool call by an agent in this role; nothing is recorded or done. */
  decide: {
    path: '/decide',
    input: z.object({
      role: Role,
      tool: z.string().max(200),
      input: z.string().max(60_000).describe('the tool input as JSON'),
      issue: z.coerce.number().int().positive().optional(),
    }),
    output: PolicyDecision,
  },
} as const satisfies Record<string, { path: string; input: z.ZodType; output: z.ZodType }>;

export type QueryName = keyof typeof queries;
export const queryNames = Object.keys(queries) as readonly QueryName[];
export type QueryInput<N extends QueryName> = z.input<(typeof queries)[N]['input']>;
export type ParsedQueryInput<N extends QueryName> = z.output<(typeof queries)[N]['input']>;
export type QueryOutput<N extends QueryName> = N extends 'listEvents'
  ? Page<StoredEvent>
  : z.output<(typeof queries)[N]['output']>;
