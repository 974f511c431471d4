import { z } from 'zod';
import { Actor, Digest, Id, RepositoryId, Timestamp } from './ids.ts';
import { Action, Role } from './policy.ts';

/**
 * Where an approval stands:
 * - pending: a person has to decide, until `deadline`
 * - approved: decided; may be used once, by the run that asked, for the action with this hash
 * - consumed: used
 * - denied: decided; the agent reads the reason
 * - expired: the deadline passed; counts as denied
 * - voided: the run ended, or the action changed, before it was used
 */
export const approvalStates = ['pending', 'approved', 'consumed', 'denied', 'expired', 'voided'] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** Which states may follow on each; what is not here changes nothing. */
export const approvalTransitions: Readonly<Record<ApprovalState, readonly ApprovalState[]>> = {
  pending: ['approved', 'denied', 'expired', 'voided'],
  approved: ['consumed', 'voided'],
  consumed: [],
  denied: [],
  expired: [],
  voided: [],
};

/** A question to a person: may this run do this action, once? The same item in terminal, console, CLI and API. */
export const Approval = z.object({
  id: Id,
  state: z.enum(approvalStates),
  runId: Id,
  taskId: Id,
  repositoryId: RepositoryId,
  correlationId: Id,
  role: Role,
  action: Action,
  actionHash: Digest,
  /** The call that waits, as the transcript has it; one that is asked again after parking has another. */
  toolCallId: z.string(),
  /** The `policy.decided` event by which it is asked. */
  decisionEventId: Id,
  /** Why it is asked, from the policy decision. */
  reason: z.string(),
  /** Names of the policies that asked for it. */
  determinedBy: z.array(z.string()),
  requestedAt: Timestamp,
  /** When it expires if nobody decides. */
  deadline: Timestamp,
  /** When a person decided or the deadline passed. */
  decidedAt: Timestamp.nullable(),
  decidedBy: Actor.nullable(),
  /** The person's words, which the agent reads on a denial; for a voided one, why. */
  decisionReason: z.string().nullable(),
});
export type Approval = z.infer<typeof Approval>;

const undecided = (approval: Approval): string | null =>
  approval.state === 'pending' ? null : `this approval is ${approval.state} already`;

/** What a person can do about it now; null means yes, a string is the reason why not. Engine and UIs ask here. */
export const approvalCan = {
  decide: undecided,
  deny: undecided,
  /** A question is approved by its answer. */
  approve: (approval: Approval, reason?: string | null): string | null =>
    undecided(approval) ??
    (isQuestion(approval) && !reason?.trim() ? 'the agent asks a question: answer it with the reason' : null),
};

/** Whether the agent asks a person something, and reads the answer; `action.arguments` is then AgentQuestions. */
export const isQuestion = (approval: Pick<Approval, 'action'>): boolean => approval.action.kind === 'agent.question';

/** What an agent asks: the arguments of an action `agent.question`. */
export const AgentQuestions = z.object({
  questions: z.array(
    z.object({
      question: z.string(),
      /** A word or two to show above it; may be empty. */
      header: z.string(),
      /** Answers that the agent offers; another text is fine too. */
      options: z.array(z.object({ label: z.string(), description: z.string() })),
      multiSelect: z.boolean(),
    }),
  ),
});
export type AgentQuestions = z.infer<typeof AgentQuestions>;
