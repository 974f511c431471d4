import { z } from 'zod';
import { Actor, Id, ObjectId, RepositoryId, Timestamp } from './ids.ts';
import { complexities, priorities, taskStatuses } from './labels.ts';
import { failureCodes, Usage } from './run.ts';

/** implement: an issue with `task:implement`. plan: a batch of approved specs for the Planner. */
export const taskKinds = ['implement', 'plan'] as const;
export type TaskKind = (typeof taskKinds)[number];

/** What a sensor last saw of an issue. The label on the forge owns where the task stands; this is a sighting of it. */
export const IssueSighting = z.object({
  title: z.string(),
  status: z.enum(taskStatuses).nullable(),
  priority: z.enum(priorities).nullable(),
  complexity: z.enum(complexities).nullable(),
  /** All labels as they were seen: what the engine has set since shows in `status` first. */
  labels: z.array(z.string()),
  /** Login. */
  author: z.string(),
  /** As the forge writes it: ISO 8601, mostly without milliseconds. */
  createdAt: z.string(),
  url: z.string(),
  seenAt: Timestamp,
});
export type IssueSighting = z.infer<typeof IssueSighting>;

/** A spec in a plan batch: exactly the version that was handed to the Planner. */
export const SpecVersion = z.object({
  path: z.string(),
  blobSha: ObjectId,
  commitSha: ObjectId,
});
export type SpecVersion = z.infer<typeof SpecVersion>;

/** A thing to be done, by as many runs as it takes: an issue, or a batch of specs to plan. */
export const Task = z.object({
  id: Id,
  kind: z.enum(taskKinds),
  repositoryId: RepositoryId,
  correlationId: Id,
  /** The issue's title, or a line about the batch. */
  title: z.string(),
  issue: z.number().int().positive().nullable(),
  /** The batch of a `plan`; empty for an issue. */
  specs: z.array(SpecVersion),
  createdAt: Timestamp,
  closedAt: Timestamp.nullable(),
  sighting: IssueSighting.nullable(),
  /** The live run, if there is one: never more than one for a task. */
  activeRunId: Id.nullable(),
  lastRunId: Id.nullable(),
  /** How many runs each role has had on it. */
  attempts: z.object({
    planner: z.number().int(),
    implementor: z.number().int(),
    reviewer: z.number().int(),
  }),
  /** What all its runs used together. */
  usage: Usage,
  /** A run that ended and whose consequences (review, label, retry) have not been drawn yet. */
  followUpRunId: Id.nullable(),
  /** Stays visible until a run succeeds. */
  lastFailure: z
    .object({
      runId: Id,
      code: z.enum(failureCodes),
      message: z.string(),
      at: Timestamp,
    })
    .nullable(),
});
export type Task = z.infer<typeof Task>;

/** The checks of a pull request's head: any failure → failure; else any pending → pending; else success, also with none. */
export const ciStates = ['success', 'pending', 'failure'] as const;
/** What a sensor last saw of an open pull request. */
export const PullSighting = z.object({
  repositoryId: RepositoryId,
  number: z.number().int().positive(),
  title: z.string(),
  /** Login. */
  author: z.string(),
  /** Name of the branch, without `refs/heads/`; of a fork too. */
  headRef: z.string(),
  headSha: ObjectId,
  /** Name of the branch that it is to be merged into. */
  baseRef: z.string(),
  draft: z.boolean(),
  ci: z.enum(ciStates),
  /** Issues that it closes by a keyword in its body. */
  issues: z.array(z.number().int().positive()),
  /** As the forge writes it: ISO 8601, mostly without milliseconds. */
  createdAt: z.string(),
  url: z.string(),
  seenAt: Timestamp,
});
export type PullSighting = z.infer<typeof PullSighting>;

/** What a sensor last saw of a spec on the default branch, and how far the Planner got with it. */
export const SpecSighting = z.object({
  repositoryId: RepositoryId,
  /** Below the repository's root, with `/`. */
  path: z.string(),
  /** Frontmatter `status`; null when there is none, or none that can be read. */
  status: z.string().nullable(),
  blobSha: ObjectId,
  /** The last commit that changed this file. */
  commitSha: ObjectId,
  correlationId: Id,
  seenAt: Timestamp,
  /** The version that the Planner last completed; null when never. */
  plannedBlobSha: ObjectId.nullable(),
  plannedCommitSha: ObjectId.nullable(),
});
export type SpecSighting = z.infer<typeof SpecSighting>;

/** On what something outside is done; only what is known before it is done: what is yet to be made has no number. */
export const EffectTarget = z.object({
  /** Of something to be made: the API path it is made on, where its mark is looked for. */
  path: z.string().max(4096).optional(),
  /** The issue or the pull request that is changed. */
  number: z.number().int().positive().optional(),
  /** Full name, e.g. `refs/heads/issue-3-1739000000`, with the commit that it is to stand at. */
  ref: z.string().max(4096).optional(),
  sha: ObjectId.optional(),
});
export type EffectTarget = z.infer<typeof EffectTarget>;

/** One thing that the broker did outside, at most once per (scope, action). */
export const Effect = z.object({
  /**
   * `<effectScope>:<actionHash>` for a run's (with `:<grantId>` where a repeat is meant), `command:<command id>` for a person's
   * (`:comment` behind it for the comment that goes with it), `status:<run id or a new id>:<status>` for the engine's own labels.
   */
  key: z.string(),
  state: z.enum(['started', 'finished', 'refused']),
  kind: z.string(),
  runId: Id.nullable(),
  taskId: Id.nullable(),
  startedAt: Timestamp,
  /** HTTP status of the answer, once there is one. */
  status: z.number().int().nullable(),
  /** API path that shows the result, so that a repeat is answered without doing it again. */
  location: z.string().nullable(),
});
export type Effect = z.infer<typeof Effect>;

/** The sensors; each looks by itself, and fails by itself. */
export const sensors = ['issues', 'specs', 'pulls'] as const;
export type SensorName = (typeof sensors)[number];

/** What the engine knows of a repository as a whole. */
export const Repository = z.object({
  id: RepositoryId,
  /** Empty until an engine has started on it. */
  defaultBranch: z.string(),
  /** Failing sensors: since when, why, and when they try again. */
  sensorFailures: z.partialRecord(z.enum(sensors), z.object({ message: z.string(), since: Timestamp, nextTryAt: Timestamp })),
  /** The batch of specs on which the Planner keeps failing; `nextTryAt` null: it waits for a person. */
  planFailure: z
    .object({
      key: z.string(),
      count: z.number().int(),
      nextTryAt: Timestamp.nullable(),
    })
    .nullable(),
  /** Since when no agent is started, who said so, and why; null or absent: agents are started. */
  dispatchPaused: z.object({ at: Timestamp, by: Actor, reason: z.string().nullable() }).nullable().optional(),
});
export type Repository = z.infer<typeof Repository>;
