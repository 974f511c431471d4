import type { Event, Task, TaskStatus } from '@decree/contracts';

/** What a person may want to be told of; the config names them. */
export type NewsKind = 'approval' | 'question' | 'failure' | 'approved' | 'done' | 'blocked' | 'refinement' | 'sensor' | 'plan';

/** What an event is to a person who looks elsewhere. */
export interface News {
  kind: NewsKind;
  /** One line; the task's name comes before it. */
  message: string;
}

const statusNews: Partial<Record<TaskStatus, News>> = {
  approved: { kind: 'approved', message: 'is approved and can be merged' },
  blocked: { kind: 'blocked', message: 'is blocked' },
  'needs-refinement': { kind: 'refinement', message: 'needs its spec refined' },
};

/** Null for what nobody waits for. Where an issue stood when it was first seen is no news. */
export function newsOf(event: Event, task: Pick<Task, 'kind'> | null): News | null {
  switch (event.type) {
    case 'policy.approval_requested': {
      const { action } = event.payload.approval;
      return { kind: action.kind === 'agent.question' ? 'question' : 'approval', message: `waits for you: ${action.summary}` };
    }
    case 'run.failed':
      return { kind: 'failure', message: `failed (${event.payload.code}): ${event.payload.message}` };
    case 'source.issue_changed': {
      const { previousStatus, sighting } = event.payload;
      const moved = previousStatus !== null && sighting.status !== null && sighting.status !== previousStatus;
      return moved ? (statusNews[sighting.status as TaskStatus] ?? null) : null;
    }
    case 'task.status_set':
      return event.payload.from === event.payload.to ? null : (statusNews[event.payload.to] ?? null);
    case 'task.closed': {
      const { code } = event.payload;
      return task?.kind === 'implement' && (code === 'merged' || code === 'closed')
        ? { kind: 'done', message: code === 'merged' ? 'is merged' : 'is closed' }
        : null;
    }
    case 'source.sensor_failed':
      return { kind: 'sensor', message: `the sensor of ${event.payload.sensor} fails: ${event.payload.message}` };
    case 'task.plan_failed':
      return event.payload.nextTryAt === null ? { kind: 'plan', message: 'the Planner gave up and waits for you' } : null;
    default:
      return null;
  }
}
