import type { Event } from './event.ts';
import type { Snapshot } from './query-shapes.ts';
import { isLive } from './run.ts';
import { type Day, spendKey } from './spend.ts';
import { emptyState, pullKey, type State, specKey } from './state.ts';

const byKey = <T>(rows: readonly T[], key: (row: T) => string): Record<string, T> =>
  Object.fromEntries(rows.map((row) => [key(row), row]));
const only = <T>(rows: Readonly<Record<string, T>>, wanted: (row: T) => boolean): Record<string, T> =>
  Object.fromEntries(Object.entries(rows).filter(([, row]) => wanted(row)));

/** A snapshot as a state, to fold the events after its cursor into. */
export function stateOfSnapshot(snapshot: Snapshot): State {
  return {
    ...emptyState(),
    repositories: byKey(snapshot.repositories, ({ id }) => id),
    tasks: byKey(snapshot.tasks, ({ id }) => id),
    runs: byKey(snapshot.runs, ({ id }) => id),
    approvals: byKey(snapshot.approvals, ({ id }) => id),
    pulls: byKey(snapshot.pulls, ({ repositoryId, number }) => pullKey(repositoryId, number)),
    specs: byKey(snapshot.specs, ({ repositoryId, path }) => specKey(repositoryId, path)),
    spend: byKey(snapshot.spend, ({ repositoryId, day, role, model }) => spendKey(repositoryId, day, role, model)),
  };
}

/**
 * Just the rows that a snapshot holds, see Snapshot. Who follows for days keeps this of its state now and then: what is
 * closed is let go of, and `needsSnapshot` says when it has to come back.
 */
export function openRows(state: State, firstDay: Day): State {
  const runs = Object.values(state.runs).filter(isLive);
  const busy = new Set(runs.map(({ taskId }) => taskId));
  const tasks = only(state.tasks, (task) => task.closedAt === null || busy.has(task.id));
  const last = new Set(Object.values(tasks).flatMap(({ closedAt, lastRunId }) => (closedAt === null ? [lastRunId] : [])));
  return {
    ...emptyState(),
    tasks,
    repositories: state.repositories,
    runs: only(state.runs, (run) => isLive(run) || last.has(run.id)),
    approvals: only(state.approvals, (approval) => approval.state === 'pending'),
    pulls: state.pulls,
    specs: state.specs,
    spend: only(state.spend, ({ day }) => day >= firstDay),
  };
}

/**
 * Whether an event is about something that a state which began as a snapshot left out: then what follows from it is not known
 * here. Take a new snapshot, and go on from its cursor. Rare: a closed task is opened again, or a run is late with its bill.
 */
export function needsSnapshot(state: State, event: Event): boolean {
  if (event.type === 'task.reopened' || event.type === 'run.queued')
    return event.taskId !== null && !Object.hasOwn(state.tasks, event.taskId);
  return event.type === 'run.used' && event.runId !== null && !Object.hasOwn(state.runs, event.runId);
}
