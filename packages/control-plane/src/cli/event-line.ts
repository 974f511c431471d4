import { type Event, eventSentence, type Snapshot, shortId } from '@decree/contracts';
import { plain } from './text.ts';

/** What an event does not say itself: whose run and task it is about. Learned from the events, and from a snapshot to begin with. */
export interface EventNames {
  learn(event: Event): void;
  /** `#3`, or the short id. */
  task(id: string): string;
  /** `implementor`, with its attempt from the second on. */
  run(id: string): string;
}

export function createEventNames(snapshot?: Pick<Snapshot, 'tasks' | 'runs'>): EventNames {
  const tasks = new Map<string, string>();
  const runs = new Map<string, string>();
  const named = (role: string, attempt: number) => (attempt > 1 ? `${role} (attempt ${attempt})` : role);
  for (const task of snapshot?.tasks ?? []) tasks.set(task.id, task.issue === null ? task.kind : `#${task.issue}`);
  for (const run of snapshot?.runs ?? []) runs.set(run.id, named(run.role, run.attempt));
  return {
    learn(event) {
      if (event.type === 'task.created' && event.taskId)
        tasks.set(event.taskId, event.payload.issue === null ? event.payload.kind : `#${event.payload.issue}`);
      if (event.type === 'run.queued' && event.runId) runs.set(event.runId, named(event.payload.role, event.payload.attempt));
    },
    task: (id) => tasks.get(id) ?? shortId(id),
    run: (id) => runs.get(id) ?? `run ${shortId(id)}`,
  };
}

/** One line for a person: UTC time, what it is about, what happened. Pure but for what `names` has learned. */
export function eventLine(event: Event, names: EventNames): string {
  names.learn(event);
  const about = [event.taskId && names.task(event.taskId), event.runId && names.run(event.runId)].filter(Boolean).join(' ');
  return [clock(event.occurredAt), about, plain(eventSentence(event, clock))].filter((part) => part !== '').join('  ');
}

/** Times are in UTC, as all of the lines. */
const clock = (timestamp: string): string => timestamp.slice(11, 19);
