import { z } from 'zod';
import { Actor, Id, ObjectId, RepositoryId, Timestamp } from './ids.ts';
import { Role } from './policy.ts';

/** ADR-0001's six. A run is one execution attempt; a retry is a new run. */
export const runStates = ['queued', 'running', 'waiting_approval', 'success', 'failure', 'canceled'] as const;
export type RunState = (typeof runStates)[number];

/**
 * Why a run exists. spec: the Planner on changed specs; person: dispatched by hand; completion: the Reviewer after an
 * Implementor; restart: the engine's own, what a dead engine left could not be resumed.
 */
export const runTriggers = ['spec', 'person', 'completion', 'restart'] as const;
export type RunTrigger = (typeof runTriggers)[number];

/**
 * Why a run failed; stable, for programs.
 * - approval_denied, approval_expired: a person, or the deadline, said no, and the agent ended without what it owes
 * - preparation_failed: context, definition or workspace could not be made; setup_failed: the project's own set-up command
 * - agent_error, agent_limit: the agent ended by itself with an error, or at its turns or another limit of its runtime; agent_crashed: its process died
 * - protocol_error: it spoke something other than the agent protocol, or said that a call ran which was not allowed
 * - no_pull_request, nothing_delivered, no_verdict: it ended well without what its role owes; nothing new is on its pull request
 * - forge_unavailable: the forge did not answer when the end was to be checked
 * - session_lost: the native session of a run to be resumed is gone; requeued_too_often: it lost its engine again and again
 */
export const failureCodes = [
  'approval_denied',
  'approval_expired',
  'preparation_failed',
  'setup_failed',
  'agent_error',
  'agent_limit',
  'forge_unavailable',
  'agent_crashed',
  'protocol_error',
  'no_pull_request',
  'nothing_delivered',
  'no_verdict',
  'session_lost',
  'requeued_too_often',
] as const;
export type FailureCode = (typeof failureCodes)[number];

/** Who or what ended a run from outside: a person, the issue's end, `agents.maxDurationSeconds`, or the engine's own end. */
export const cancelCodes = ['person', 'issue_removed', 'max_duration', 'shutdown'] as const;
export type CancelCode = (typeof cancelCodes)[number];

/** reported: by the provider; table: priced from a table of ours (there is none yet); unknown: tokens only. The weakest of what was added up. */
export const costBases = ['reported', 'table', 'unknown'] as const;
export type CostBasis = (typeof costBases)[number];

/** Tokens and US dollars. In an event always what was used since the last one, never a running total. */
export const Usage = z.object({
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
  cacheReadTokens: z.number().int().nonnegative(),
  cacheWriteTokens: z.number().int().nonnegative(),
  costUsd: z.number().nonnegative(),
  costBasis: z.enum(costBases),
});
export type Usage = z.infer<typeof Usage>;

/**
 * main: the repository's main tree, read only (Planner). The others are worktrees: new from the default branch, resume on the
 * pull request's branch, review at its remote tip.
 */
export const workspaceStrategies = ['main', 'new', 'resume', 'review'] as const;
/** The directory that a run works in. */
export const Workspace = z.object({
  /** Absolute path on the worker's machine. */
  path: z.string(),
  strategy: z.enum(workspaceStrategies),
  /** Null in the main tree. */
  branch: z.string().nullable(),
  /** The commit that it started from. */
  baseSha: ObjectId,
});
export type Workspace = z.infer<typeof Workspace>;

const base = z.object({
  id: Id,
  taskId: Id,
  repositoryId: RepositoryId,
  correlationId: Id,
  role: Role,
  /** 1 for the first run of this role on this task. */
  attempt: z.number().int().positive(),
  /** The run of the same role before it on this task, when that one did not succeed. */
  retryOf: Id.nullable(),
  /** Outside effects are done once per scope: a run the engine restarts inherits the scope of the one it stands in for. */
  effectScope: Id,
  trigger: z.enum(runTriggers),
  /** The agent definition's name, as everywhere. */
  agentId: z.string(),
  /** Name of the agent adapter, `claude`, or a name in `agents.adapters`. */
  adapter: z.string(),
  /** The model that was asked for, then the one that the session named; null: the definition's or the adapter's own. */
  model: z.string().nullable(),
  issue: z.number().int().positive().nullable(),
  pull: z.number().int().positive().nullable(),
  /** Smaller is claimed first. */
  rank: z.number().int(),
  queuedAt: Timestamp,
  /** The first claim; later claims do not move it. */
  startedAt: Timestamp.nullable(),
  /** Counts the claims of this run; what comes from an older claim is refused. */
  fence: z.number().int().nonnegative(),
  /** How often it lost its engine or its lease; parking and shutdown do not count. */
  requeues: z.number().int().nonnegative(),
  sessionId: Id.nullable(),
  workspace: Workspace.nullable(),
  usage: Usage,
  /** Calls that the policy denied. */
  denials: z.number().int().nonnegative(),
  /** It is to be ended, by this actor, and will not be resumed. */
  cancelRequested: z.object({ code: z.enum(cancelCodes), message: z.string(), by: Actor }).optional(),
});

const queued = base.extend({
  state: z.literal('queued'),
  /** Null when it never ran; else why it is queued again. */
  requeueCode: z.string().nullable(),
});
const running = base.extend({
  state: z.literal('running'),
  startedAt: Timestamp,
});
const waiting = base.extend({
  state: z.literal('waiting_approval'),
  startedAt: Timestamp,
  approvalId: Id,
  waitingSince: Timestamp,
  /** True once its process was ended; it holds no admission slot and is queued again when decided. */
  parked: z.boolean(),
});
const success = base.extend({
  state: z.literal('success'),
  endedAt: Timestamp,
  summary: z.string(),
});
const failure = base.extend({
  state: z.literal('failure'),
  endedAt: Timestamp,
  code: z.enum(failureCodes),
  message: z.string(),
});
const canceled = base.extend({
  state: z.literal('canceled'),
  endedAt: Timestamp,
  code: z.enum(cancelCodes),
  canceledBy: Actor,
});

/** One execution attempt: a union by state, so that a field exists only where it means something. */
export const Run = z.discriminatedUnion('state', [queued, running, waiting, success, failure, canceled]);
export type Run = z.infer<typeof Run>;
/** A run in one of these states. */
export type RunIn<S extends RunState> = Extract<Run, { state: S }>;

/** The states in which something may still follow. */
export const liveStates = ['queued', 'running', 'waiting_approval'] as const satisfies readonly RunState[];
/** Whether the run has not ended. */
export const isLive = (run: Run): run is RunIn<(typeof liveStates)[number]> =>
  run.state === 'queued' || run.state === 'running' || run.state === 'waiting_approval';

/**
 * The one transition table: state × event → state. The engine's checks, the ledger's guard, the UIs' keys and the
 * diagram in docs/guide/runs.md are derived from it. What is not in it is refused and recorded.
 *
 * - queued: waits for a claim. A run comes back here when its engine died, or when its parked approval was decided.
 * - running: claimed under a lease; the workspace is made, and the agent works, here.
 * - waiting_approval: a person has to decide; the process waits, or is parked.
 * - success, failure, canceled: ended. Nothing follows.
 */
export const runTransitions = {
  queued: {
    'run.started': 'running',
    'run.failed': 'failure',
    'run.canceled': 'canceled',
  },
  running: {
    'run.waiting': 'waiting_approval',
    'run.requeued': 'queued',
    'run.succeeded': 'success',
    'run.failed': 'failure',
    'run.canceled': 'canceled',
  },
  waiting_approval: {
    'run.resumed': 'running',
    'run.parked': 'waiting_approval',
    'run.requeued': 'queued',
    'run.failed': 'failure',
    'run.canceled': 'canceled',
  },
  success: {},
  failure: {},
  canceled: {},
} as const satisfies Record<RunState, Record<string, RunState>>;

/** The events that move a run from state to state; no other does. */
export const transitionTypes = [
  'run.started',
  'run.waiting',
  'run.resumed',
  'run.parked',
  'run.requeued',
  'run.succeeded',
  'run.failed',
  'run.canceled',
] as const;
export type TransitionType = (typeof transitionTypes)[number];

/** Whether an event type moves a run. */
export const isTransition = (type: string): type is TransitionType => (transitionTypes as readonly string[]).includes(type);

/** The state that follows, or null where the table has no such transition. */
export function nextRunState(state: RunState, type: TransitionType): RunState | null {
  return (runTransitions[state] as Partial<Record<TransitionType, RunState>>)[type] ?? null;
}

/** What can be done to a run now; null means yes, a string is the reason why not. Engine and UIs ask here. */
export const runCan = {
  cancel: (run: Run): string | null => (isLive(run) ? null : `the run has ended (${run.state})`),
  say: (run: Run): string | null =>
    run.state === 'running' ? null : `only a running agent can be told something; this run is ${run.state}`,
  retry: (run: Run): string | null => (isLive(run) ? `the run is still ${run.state}` : null),
};
