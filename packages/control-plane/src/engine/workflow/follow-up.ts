import type { Run, TaskStatus } from '@decree/contracts';
import type { Aftermath } from './outcome.ts';

/** What follows from the end of a run; carried out once, whatever dies in between. */
export type FollowUp =
  /** Completion-dispatch: the label goes to review, and a Reviewer is queued. */
  | { type: 'review'; pull: number }
  /** The task is free again: in-progress → pending. */
  | { type: 'recover'; from: TaskStatus }
  | { type: 'planned' }
  | { type: 'plan_failed' }
  | { type: 'nothing' };

export function decideFollowUp(run: Run, aftermath: Aftermath): FollowUp {
  if (run.role === 'planner') return run.state === 'success' ? { type: 'planned' } : { type: 'plan_failed' };
  if (run.role === 'reviewer') return { type: 'nothing' };
  const { status, pull } = aftermath;
  const handedOver = status === 'blocked' || status === 'needs-refinement';
  if (run.state === 'success' && pull && !pull.draft && !handedOver) return { type: 'review', pull: pull.number };
  return status === 'in-progress' ? { type: 'recover', from: status } : { type: 'nothing' };
}
