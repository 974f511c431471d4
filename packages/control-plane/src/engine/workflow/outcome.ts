import type { Approval, FailureCode, Run, TaskStatus, turnStatuses } from '@decree/contracts';

export interface TurnEnd {
  status: (typeof turnStatuses)[number];
  message: string;
  /** Whose fault an error is, where the adapter knows. */
  fault?: 'provider' | 'protocol' | 'crash' | undefined;
}

/** What is true on the forge once the agent has ended, asked for afresh. */
export interface Aftermath {
  status: TaskStatus | null;
  /** The linked pull request that counts: the newest open non-draft one, else the newest open one. */
  pull: { number: number; draft: boolean } | null;
}

export type Outcome = { type: 'success'; summary: string } | { type: 'failure'; code: FailureCode; message: string };

/** How a run ended: an agent's own "done" counts for nothing where its role has something to show. */
export function decideOutcome(
  run: Run,
  end: TurnEnd,
  aftermath: Aftermath & {
    /** Whether the pull request has something on it that the last review has not seen. */ delivered: boolean;
  },
  approvals: readonly Approval[],
): Outcome {
  if (end.status === 'limit') return { type: 'failure', code: 'agent_limit', message: end.message };
  if (end.status !== 'ok') {
    const code = end.fault === 'crash' ? 'agent_crashed' : end.fault === 'protocol' ? 'protocol_error' : 'agent_error';
    return { type: 'failure', code, message: end.message || `the agent ended with ${end.status}` };
  }
  switch (run.role) {
    case 'planner':
      return { type: 'success', summary: end.message || 'planned' };
    case 'implementor':
      return implementorOutcome(end, aftermath, approvals);
    case 'reviewer':
      if (aftermath.status === 'approved' || aftermath.status === 'needs-changes') {
        return { type: 'success', summary: `verdict: ${aftermath.status}` };
      }
      return {
        type: 'failure',
        code: 'no_verdict',
        message: `the Reviewer ended without a verdict: expected status:approved or status:needs-changes, found ${aftermath.status ?? 'no status label'}`,
      };
  }
}

function implementorOutcome(
  end: TurnEnd,
  aftermath: Aftermath & { delivered: boolean },
  approvals: readonly Approval[],
): Outcome {
  // A pull request that was there before counts only with something new on it.
  if (aftermath.pull && aftermath.delivered)
    return { type: 'success', summary: `pull request #${aftermath.pull.number}${aftermath.pull.draft ? ' (draft)' : ''}` };
  const refused = approvals.findLast((approval) => approval.state === 'denied' || approval.state === 'expired');
  if (refused?.state === 'denied') {
    return {
      type: 'failure',
      code: 'approval_denied',
      message: `${refused.action.summary}: ${refused.decisionReason ?? 'denied'}`,
    };
  }
  if (refused)
    return {
      type: 'failure',
      code: 'approval_expired',
      message: `${refused.action.summary}: nobody decided before the deadline`,
    };
  if (aftermath.status === 'blocked' || aftermath.status === 'needs-refinement')
    return { type: 'success', summary: `handed over: ${aftermath.status}` };
  if (aftermath.pull) {
    return {
      type: 'failure',
      code: 'nothing_delivered',
      message: `nothing new is on pull request #${aftermath.pull.number}: ${end.message || 'the agent gave no reason'}`,
    };
  }
  return {
    type: 'failure',
    code: 'no_pull_request',
    message: `the agent ended without a pull request: ${end.message || 'it gave no reason'}`,
  };
}
