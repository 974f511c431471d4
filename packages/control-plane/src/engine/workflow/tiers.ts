import type { Task } from '@decree/contracts';

/** founding document, Dispatch Tiers: who acts next on a task. */
export const tiers = ['auto', 'completion', 'user', 'notify', 'none'] as const;
export type Tier = (typeof tiers)[number];

export function tierOf(task: Task): Tier {
  if (task.closedAt) return 'none';
  if (task.kind === 'plan') return 'auto';
  switch (task.sighting?.status) {
    case 'pending':
    case 'unblocked':
    case 'needs-changes':
      return 'user';
    case 'needs-refinement':
    case 'blocked':
    case 'approved':
      return 'notify';
    case 'in-progress':
    case 'review':
      return 'completion';
    default:
      return 'none';
  }
}
