import { z } from 'zod';
import { Digest, Id, RepositoryId } from './ids.ts';

/**
 * What can be done, as the policy sees it. `run.dispatch` is the engine's own, before an agent is started; `agent.internal`
 * stays inside the agent (todo lists, its structured answer); `agent.question` asks a person, and is always theirs to answer.
 */
export const actionKinds = [
  'run.dispatch',
  'file.read',
  'file.search',
  'file.write',
  'command.run',
  'git.push',
  'forge.read',
  'forge.issue.create',
  'forge.issue.update',
  'forge.issue.close',
  'forge.label.set',
  'forge.comment.create',
  'forge.pull.create',
  'forge.pull.update',
  'forge.pull.merge',
  'forge.review.create',
  'forge.other',
  'network.fetch',
  'agent.spawn',
  'agent.internal',
  'agent.question',
  'unknown',
] as const;
export type ActionKind = (typeof actionKinds)[number];

/** Kinds that change something outside the machine: the broker carries them, against a grant. */
export const outsideKinds: readonly ActionKind[] = [
  'git.push',
  'forge.issue.create',
  'forge.issue.update',
  'forge.issue.close',
  'forge.label.set',
  'forge.comment.create',
  'forge.pull.create',
  'forge.pull.update',
  'forge.pull.merge',
  'forge.review.create',
  'forge.other',
];

/**
 * One thing that an agent asks to do, normalised, so that the same action has the same hash however it was spelled.
 * File contents are given as digest and size, never whole: events stay small.
 */
export const Action = z.object({
  kind: z.enum(actionKinds),
  /** The path, repository, ref, program or URL that it is done to. */
  resource: z.string().max(4096),
  /** JSON values only: their canonical form is hashed. */
  arguments: z.record(z.string(), z.unknown()),
  /** One line for a person, e.g. `open a pull request from issue-3-1739000000 into main`. */
  summary: z.string().max(500),
});
export type Action = z.infer<typeof Action>;

/** The three workflow roles: plans, implements, reviews. */
export const roles = ['planner', 'implementor', 'reviewer'] as const;
/** One of them. */
export const Role = z.enum(roles);
export type Role = z.infer<typeof Role>;

/** none: the agent has the engine's own rights on this machine. Recorded in each decision. */
export const sandboxLevels = ['none'] as const;
export type SandboxLevel = (typeof sandboxLevels)[number];

/** Who asks to do what, and in which circumstances: all that a decision may depend on. */
export const PolicyRequest = z.object({
  /** The run that asks, in its role; `agentId` is the name of its definition. */
  subject: z.object({ role: Role, agentId: z.string(), runId: Id, taskId: Id }),
  action: Action,
  context: z.object({
    repositoryId: RepositoryId,
    /** The issue that the run is about; null for the Planner. */
    issue: z.number().int().nullable(),
    /** The only branch that the run may push; null for roles that never push. */
    ownBranch: z.string().nullable(),
    /** Of the role on the task, from 1. */
    attempt: z.number().int(),
    /** True when text from outside (an issue, a comment) stands in the agent's prompt. */
    tainted: z.boolean(),
    sandbox: z.enum(sandboxLevels),
  }),
});
export type PolicyRequest = z.infer<typeof PolicyRequest>;

/** What a decision does with the action: it runs, it does not, or a person is asked first. */
export const policyOutcomes = ['allow', 'deny', 'require_approval'] as const;
export type PolicyOutcome = (typeof policyOutcomes)[number];

/**
 * What the analysis of a shell command saw. simple: one program with literal arguments, given as `argv`; only this can be
 * allowed. compound: several, or redirects. opaque: cannot be read.
 */
export const CommandAnalysis = z.object({
  verdict: z.enum(['simple', 'compound', 'opaque']),
  argv: z.array(z.string()).optional(),
  /** Why it is not simple, e.g. `operator &&`. */
  because: z.string().optional(),
});
export type CommandAnalysis = z.infer<typeof CommandAnalysis>;

/** What the policy said of one action, and why: enough to explain it, and to run another policy over it, later. */
export const PolicyDecision = z.object({
  outcome: z.enum(policyOutcomes),
  /** Stable, for programs: `floor.protected_path`, `cedar.forbid`, `cedar.no_permit`, … */
  code: z.string(),
  /** For the agent and the person: why, and what to do instead. */
  reason: z.string(),
  /** Names of the rules that determined it. */
  determinedBy: z.array(z.string()),
  /** `floor` or the policy engine's name. */
  engine: z.string(),
  /** Digest of the policy texts that were in force. */
  policyDigest: Digest,
  /** Digest of the canonical {kind, resource, arguments}: what an approval is bound to. */
  actionHash: Digest,
  sandbox: z.enum(sandboxLevels),
  /** Only for commands. */
  analysis: CommandAnalysis.optional(),
});
export type PolicyDecision = z.infer<typeof PolicyDecision>;
