import { z } from 'zod';
import { Approval, approvalStates } from './approval.ts';
import { Artifact } from './artifact.ts';
import { TaskReference } from './command.ts';
import { EventEnvelope, type StoredEvent } from './event.ts';
import { Cursor, Id, type Page, pageOf } from './ids.ts';
import { Operation } from './operation.ts';
import { PolicyDecision, Role } from './policy.ts';
import { Health, IssueDetail, PullDetail, Snapshot, Summary, Trace, VerifyReport } from './query-shapes.ts';
import { Run, runStates } from './run.ts';
import { Day, Spend } from './spend.ts';
import { PullSighting, Task, taskKinds } from './task.ts';
import { Worktree } from './worktree.ts';

const limit = z.coerce.number().int().min(1).max(500).default(50);
const page = { after: Cursor.optional(), limit };
const flag = z.stringbool().or(z.boolean()).default(false);
const StoredEventShape = EventEnvelope.extend({ cursor: Cursor });

/**
 * What each query takes and gives, and its path below `/v1`. Lists are keyset pages of 1 to 500 items (default 50). Wrong input
 * is refused with `invalid`. docs/guide/api.md is generated from this table and the sentences in it.
 */
export const queries = {
  /** How the engine is, and how much waits for a person. */
  health: { path: '/health', input: z.object({}), output: Health },
  /** All that a UI needs to begin, with the cursor to follow events from. */
  snapshot: { path: '/snapshot', input: z.object({}), output: Snapshot },
  /** Tasks, newest first. */
  listTasks: {
    path: '/tasks',
    input: z.object({
      ...page,
      kind: z.enum(taskKinds).optional(),
      state: z.enum(['open', 'closed', 'all']).default('open'),
    }),
    output: pageOf(Task),
  },
  /** One task with its runs, approvals and linked pull requests. `not_found` when there is none. */
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
  /** Runs, newest first. */
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
  /** One run with its task, approvals and artifacts. `not_found` when there is none. */
  getRun: {
    path: '/run',
    input: z.object({ runId: Id }),
    output: z.object({
      run: Run,
      task: Task,
      approvals: z.array(Approval),
      artifacts: z.array(Artifact),
      /** The file of its session's transcript, on the engine's machine; null before it has a session. */
      transcriptPath: z.string().nullable(),
    }),
  },
  /** Approvals, oldest first: the one that has waited longest is on top. With `newest` the other way round, as a history is read. */
  listApprovals: {
    path: '/approvals',
    input: z.object({
      ...page,
      newest: flag,
      state: z.enum([...approvalStates, 'all']).default('pending'),
    }),
    output: pageOf(Approval),
  },
  /** One approval. `not_found` when there is none. */
  getApproval: {
    path: '/approval',
    input: z.object({ approvalId: Id }),
    output: Approval,
  },
  /** Artifacts, oldest first. */
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
  /** Events in the ledger's order. `after` reads on from a cursor, `before` back from one; without either, `newest` begins with the latest page and otherwise the oldest. Both together are `invalid`. A page that was read back says in `previous` where to read back from. */
  listEvents: {
    path: '/events',
    input: z.object({
      ...page,
      before: Cursor.optional(),
      newest: flag,
      type: z.string().optional(),
      taskId: Id.optional(),
      runId: Id.optional(),
      correlationId: Id.optional(),
    }),
    output: pageOf(StoredEventShape).extend({ previous: Cursor.optional() }),
  },
  /** From a spec's path, an issue or pull request (`#12`), a commit, or the id of a task, run, approval, artifact, session or event, to all that belongs to it. `not_found` when nothing is known by it. */
  trace: {
    path: '/trace',
    input: z.object({ reference: z.string().min(1).max(500) }),
    output: Trace,
  },
  /** What was done and spent, over everything or one correlation. */
  summary: {
    path: '/summary',
    input: z.object({ correlationId: Id.optional() }),
    output: Summary,
  },
  /** What was spent, by day, role and model: newest day first, from `since` on. */
  listSpend: {
    path: '/spend',
    input: z.object({ ...page, since: Day.optional() }),
    output: pageOf(Spend),
  },
  /** Worktrees below `.worktrees/`, by branch, with what is not committed, not pushed and kept of each. Looks at the files: not for a fast loop. */
  listWorktrees: {
    path: '/worktrees',
    input: z.object(page),
    output: pageOf(Worktree),
  },
  /** What the engine itself carried out since it started, newest first: programs, and writes to the forge. It remembers the last 2,000. */
  listOperations: {
    path: '/operations',
    input: z.object({ ...page, runId: Id.optional() }),
    output: pageOf(Operation),
  },
  /** Reads the whole ledger and checks its hash chains. Takes time in proportion to the number of events. */
  verify: { path: '/verify', input: z.object({}), output: VerifyReport },
  /** An issue, from the forge. `unavailable` when it does not answer. */
  getIssue: {
    path: '/issue',
    input: z.object({ issue: z.coerce.number().int().positive() }),
    output: IssueDetail,
  },
  /** A pull request with its files, checks and reviews, from the forge. `unavailable` when it does not answer. */
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

/** The name of a query. */
export type QueryName = keyof typeof queries;
/** All queries of this version. */
export const queryNames = Object.keys(queries) as readonly QueryName[];
/** What a caller gives: what has a default may be left out. */
export type QueryInput<N extends QueryName> = z.input<(typeof queries)[N]['input']>;
/** The same after parsing, with the defaults filled in. */
export type ParsedQueryInput<N extends QueryName> = z.output<(typeof queries)[N]['input']>;
/** Events in the ledger's order, and where to read on. */
export interface EventPage extends Page<StoredEvent> {
  /** Of a page read backwards: given as `before`, it gives the page that comes before this one. Absent when there is none. */
  previous?: Cursor | undefined;
}
/** What the query gives back. */
export type QueryOutput<N extends QueryName> = N extends 'listEvents' ? EventPage : z.output<(typeof queries)[N]['output']>;
