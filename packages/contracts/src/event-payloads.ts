import { z } from 'zod';
import { Approval } from './approval.ts';
import { Artifact } from './artifact.ts';
import { Digest, Id, ObjectId, Timestamp } from './ids.ts';
import { taskStatuses } from './labels.ts';
import { PolicyDecision, PolicyRequest, Role } from './policy.ts';
import { cancelCodes, failureCodes, runStates, runTriggers, Usage, Workspace } from './run.ts';
import { EffectTarget, IssueSighting, PullSighting, SpecSighting, SpecVersion, sensors, taskKinds } from './task.ts';
import { taskRefusalCodes } from './task-can.ts';

/** No text for a person in an event is longer than this, in UTF-16 units: what is long stands in a transcript. */
export const maxEventText = 4000;
const text = z.string().max(maxEventText);
/** What it names: `Effect.key`. */
const effectKey = z
  .string()
  .max(300)
  .regex(/^[A-Za-z0-9][A-Za-z0-9:-]*$/, 'expected letters, digits, : and -');
const issue = z.number().int().positive();
/** What may go wrong in the background, as `system.warned` says of it. */
export const warningCodes = [
  'spec_unreadable',
  'main_tree_changed',
  'cleanup_failed',
  'default_branch_diverged',
  'notify_failed',
] as const;

/**
 * What each type of event carries: past facts, `subject.happened`. The envelope names the repository, task and run that a
 * fact is about, so payloads do not repeat them. v1: only types, optional fields and enum values are ever added, so a reader
 * keeps what it does not know. docs/guide/events.md is generated from this table and the sentences in it.
 */
export const eventPayloads = {
  /** A task began: an issue with `task:implement` was seen for the first time, or a batch of specs goes to the Planner. */
  'task.created': z.object({
    kind: z.enum(taskKinds),
    title: z.string(),
    issue: issue.nullable(),
    specs: z.array(SpecVersion),
  }),
  /**
   * Nothing more is done on it. `label_removed`: the issue no longer has `task:implement`; `planned` and `plan_failed` end a batch.
   * `merged` and `canceled` are reserved: of an issue that is closed, by a merge too, the engine says `closed`.
   */
  'task.closed': z.object({
    code: z.enum(['closed', 'merged', 'label_removed', 'planned', 'plan_failed', 'canceled']),
  }),
  /** A closed issue is open again, or has its `task:implement` label back. */
  'task.reopened': z.object({}),
  /** The engine or a person changed the status label on the forge. `recovery` and `completion` are the engine's only two. */
  'task.status_set': z.object({
    issue,
    from: z.enum(taskStatuses).nullable(),
    to: z.enum(taskStatuses),
    code: z.enum(['recovery', 'completion', 'person']),
    message: text,
  }),
  /** A person asked for a dispatch that does not fit how the task stands; `message` says what to do. */
  'task.dispatch_refused': z.object({
    role: Role,
    code: z.enum(taskRefusalCodes),
    message: text,
  }),
  /** The Planner completed this batch: these versions need no planning any more. */
  'task.planned': z.object({ specs: z.array(SpecVersion) }),
  /** The Planner failed on the batch with this key `count` times in a row; `nextTryAt` null: it waits for a person now. */
  'task.plan_failed': z.object({
    key: z.string(),
    count: z.number().int().positive(),
    nextTryAt: Timestamp.nullable(),
  }),
  /** The consequences of a run's end were drawn: once for each run, also when there are none. */
  'task.followed_up': z.object({
    runId: Id,
    outcome: z.enum(['review_dispatched', 'recovered', 'planned', 'plan_failed', 'restarted', 'nothing']),
  }),

  /** A run exists and waits for a claim. `attempt` counts the role's runs on the task from 1; smaller `rank` is claimed first. */
  'run.queued': z.object({
    role: Role,
    attempt: z.number().int().positive(),
    retryOf: Id.nullable(),
    effectScope: Id,
    trigger: z.enum(runTriggers),
    agentId: z.string(),
    adapter: z.string(),
    model: z.string().nullable(),
    issue: issue.nullable(),
    pull: issue.nullable(),
    rank: z.number().int(),
  }),
  /** Claimed by `worker` under a lease: `fence` counts the claims of this run, from 1. */
  'run.started': z.object({
    fence: z.number().int().positive(),
    worker: z.string(),
  }),
  /** The directory that the agent works in exists. Nothing of the agent ran before it. */
  'run.workspace_ready': z.object({ workspace: Workspace }),
  /** The agent's program has greeted; written before anything that it asks for is answered, so that it can be resumed whatever happens. The envelope names the session; `headSha` is where the work then stood. */
  'run.session_started': z.object({
    adapter: z.string(),
    model: z.string().nullable(),
    resumed: z.boolean(),
    headSha: ObjectId.nullable(),
  }),
  /** A call of the agent waits for a person's decision. */
  'run.waiting': z.object({ approvalId: Id }),
  /** The call was decided while the agent's process still waited: it goes on. */
  'run.resumed': z.object({ approvalId: Id }),
  /** The waiting agent's process was ended to free its place; the approval still stands. */
  'run.parked': z.object({ approvalId: Id }),
  /** It waits for a claim again. `decided`: its parked approval was; `engine_lost` and `lease_lost`: whoever ran it is gone; `shutdown`: the engine stops. */
  'run.requeued': z.object({
    code: z.enum(['engine_lost', 'lease_lost', 'decided', 'shutdown']),
    message: text,
  }),
  /** Tokens and dollars since the last such event of this run, never a running total. */
  'run.used': z.object({ model: z.string(), usage: Usage }),
  /** A person gave the running agent a message; `actor` says who. */
  'run.told': z.object({ text }),
  /** Somebody wants it ended; written before anything is ended, so that the wish outlives the engine. */
  'run.cancel_requested': z.object({ code: z.enum(cancelCodes), message: text }),
  /** Ended well: its role's proof exists (a pull request, a verdict, a completed plan). */
  'run.succeeded': z.object({ summary: text }),
  /** Ended without what its role owes; `code` is stable, `message` says what happened and what to do. */
  'run.failed': z.object({ code: z.enum(failureCodes), message: text }),
  /** Ended from outside; the first `code` wins. `actor` says who. */
  'run.canceled': z.object({ code: z.enum(cancelCodes), message: text }),
  /** The repository's refs were compared after the run: these moved besides its own branch. Null: the ref did not exist. */
  'run.refs_moved': z.object({
    refs: z.array(
      z.object({
        ref: z.string(),
        from: z.string().nullable(),
        to: z.string().nullable(),
      }),
    ),
  }),
  /** Something asked for a step that the transition table does not have; nothing else changed. */
  'run.transition_refused': z.object({
    state: z.enum(runStates),
    attempted: z.string(),
    message: text,
  }),

  /** What was asked, and what the policy said of it. Written for each tool call, and before each start of an agent (`toolCallId` null). */
  'policy.decided': z.object({
    request: PolicyRequest,
    decision: PolicyDecision,
    toolCallId: z.string().nullable(),
  }),
  /** A person has to decide; the approval as it stood then, bound to the action's hash. */
  'policy.approval_requested': z.object({ approval: Approval }),
  /** A person decided; `actor` says who. An approved action is not done yet: `policy.granted` uses the approval up. */
  'policy.approval_decided': z.object({
    approvalId: Id,
    outcome: z.enum(['approved', 'denied']),
    reason: text.nullable(),
  }),
  /** The deadline passed; counts as denied. */
  'policy.approval_expired': z.object({ approvalId: Id }),
  /** The run ended, or the action changed, before the approval was used. */
  'policy.approval_voided': z.object({ approvalId: Id, reason: text }),
  /** The action may now be done once. A grant for something outside is consumed by the broker, any other as it is given (`consumed`). */
  'policy.granted': z.object({
    grantId: Id,
    actionHash: Digest,
    kind: z.string(),
    approvalId: Id.nullable(),
    consumed: z.boolean(),
  }),

  /** Something that outlives the run was left behind; only what was seen to exist is recorded. */
  'artifact.recorded': z.object({ artifact: Artifact }),

  /** The issue sensor saw an issue for the first time (`previousStatus` null) or with a sighting that differs from the last. */
  'source.issue_changed': z.object({
    issue,
    sighting: IssueSighting,
    previousStatus: z.enum(taskStatuses).nullable(),
  }),
  /** The issue is closed, or no longer has `task:implement`. */
  'source.issue_removed': z.object({
    issue,
    previousStatus: z.enum(taskStatuses).nullable(),
  }),
  /** The spec sensor saw a new version of a file under the specs directory on the default branch. */
  'source.spec_changed': z.object({
    spec: SpecSighting,
    change: z.enum(['added', 'modified']),
  }),
  /** The file is gone from the default branch. */
  'source.spec_removed': z.object({ path: z.string() }),
  /** The pull request sensor saw one that is new, or whose head, draft state, checks or links changed. */
  'source.pull_changed': z.object({ pull: PullSighting }),
  /** It is no longer open. */
  'source.pull_removed': z.object({ number: issue, merged: z.boolean() }),
  /** A sensor cannot read its source; the others go on. Written once, when it begins to fail; it tries again at `nextTryAt`. */
  'source.sensor_failed': z.object({
    sensor: z.enum(sensors),
    message: text,
    nextTryAt: Timestamp,
  }),
  /** The sensor that failed reads its source again. */
  'source.sensor_recovered': z.object({ sensor: z.enum(sensors) }),

  /** An engine holds this ledger now. */
  'system.engine_started': z.object({
    version: z.string(),
    pid: z.number().int(),
    defaultBranch: z.string(),
  }),
  /** The engine ended in order; after a kill this event is missing. */
  'system.engine_stopped': z.object({ reason: text }),
  /** Written before something is done outside: `key` finds it again when the answer was lost, `target` says on what it is done. */
  'system.effect_started': z.object({
    key: effectKey,
    kind: z.string(),
    actionHash: Digest,
    grantId: Id.nullable(),
    target: EffectTarget,
    summary: text,
  }),
  /** The answer from outside: its HTTP status, and the API path that shows the result. `refused`: nothing was done. */
  'system.effect_finished': z.object({
    key: effectKey,
    status: z.number().int(),
    location: z.string().nullable(),
    refused: z.boolean(),
  }),
  /** No agent is started any more, by a person's word; what runs goes on. `actor` says who, and `reason` why, if it was said. */
  'system.dispatch_paused': z.object({ reason: text.nullable() }),
  /** Agents are started again, those that were queued meanwhile first. */
  'system.dispatch_resumed': z.object({}),
  /** Something in the background went wrong and the engine goes on. `spec_unreadable`: a spec has no readable frontmatter; `main_tree_changed`: while the Planner ran; `cleanup_failed`: a run's worktree stayed; `default_branch_diverged`: here and on the local forge; `notify_failed`: the person's own program. */
  'system.warned': z.object({ code: z.enum(warningCodes), message: text }),
} as const satisfies Record<string, z.ZodType>;
