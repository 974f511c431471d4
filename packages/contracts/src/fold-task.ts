import type { Event, EventOf } from './event.ts';
import { addUsage, noUsage } from './fold-run.ts';
import { put } from './rows.ts';
import { isLive, isTransition, nextRunState, type Run } from './run.ts';
import type { State } from './state.ts';
import type { Task } from './task.ts';

/** What an event means for its task. Reads the event's run as it was before the event. */
export function foldTask(state: State, event: Event): State {
  if (event.taskId === null) return state;
  if (event.type === 'task.created') {
    if (state.tasks[event.taskId]) return state;
    const { kind, title, issue, specs } = event.payload;
    return put(state, 'tasks', event.taskId, {
      id: event.taskId,
      kind,
      repositoryId: event.repositoryId ?? '',
      correlationId: event.correlationId,
      title,
      issue,
      specs,
      createdAt: event.occurredAt,
      closedAt: null,
      sighting: null,
      activeRunId: null,
      lastRunId: null,
      attempts: { planner: 0, implementor: 0, reviewer: 0 },
      usage: noUsage,
      followUpRunId: null,
      lastFailure: null,
    });
  }
  const task = state.tasks[event.taskId];
  const changed = task && changedTask(task, event, event.runId === null ? undefined : state.runs[event.runId]);
  return changed ? put(state, 'tasks', event.taskId, changed) : state;
}

function changedTask(task: Task, event: Event, run: Run | undefined): Task | null {
  switch (event.type) {
    case 'source.issue_changed':
      return {
        ...task,
        sighting: event.payload.sighting,
        title: event.payload.sighting.title,
      };
    case 'task.status_set':
      return task.sighting ? { ...task, sighting: { ...task.sighting, status: event.payload.to } } : null;
    case 'task.closed':
      return { ...task, closedAt: event.occurredAt };
    case 'task.reopened':
      return { ...task, closedAt: null };
    case 'task.followed_up':
      return task.followUpRunId === event.payload.runId ? { ...task, followUpRunId: null } : null;
    case 'run.used':
      return { ...task, usage: addUsage(task.usage, event.payload.usage) };
    case 'run.queued':
      if (run) return null;
      return {
        ...task,
        activeRunId: event.runId,
        lastRunId: event.runId,
        attempts: {
          ...task.attempts,
          [event.payload.role]: event.payload.attempt,
        },
      };
    case 'run.succeeded':
    case 'run.failed':
    case 'run.canceled':
      return task.activeRunId === event.runId && run && endedBy(run, event) ? afterEnd(task, event) : null;
    default:
      return null;
  }
}

type Ending = EventOf<'run.succeeded' | 'run.failed' | 'run.canceled'>;

/** An ending that the table refuses (the run had ended already) has no consequence for the task. */
const endedBy = (run: Run, event: Ending): boolean =>
  isLive(run) && isTransition(event.type) && nextRunState(run.state, event.type) !== null;

function afterEnd(task: Task, event: Ending): Task {
  const lastFailure =
    event.type === 'run.failed'
      ? {
          runId: event.runId as string,
          code: event.payload.code,
          message: event.payload.message,
          at: event.occurredAt,
        }
      : event.type === 'run.succeeded'
        ? null
        : task.lastFailure;
  return {
    ...task,
    activeRunId: null,
    followUpRunId: event.runId,
    lastFailure,
  };
}
