import type { EventOf } from './event.ts';
import { amend, put } from './rows.ts';
import { type State, specKey } from './state.ts';

/** What an event means for its repository's row, which the first such event makes. */
export function foldRepository(
  state: State,
  event: EventOf<
    | 'system.engine_started'
    | 'system.dispatch_paused'
    | 'system.dispatch_resumed'
    | 'source.sensor_failed'
    | 'source.sensor_recovered'
    | 'task.plan_failed'
  >,
): State {
  if (event.repositoryId === null) return state;
  const known = state.repositories[event.repositoryId] ?? {
    id: event.repositoryId,
    defaultBranch: '',
    sensorFailures: {},
    planFailure: null,
  };
  switch (event.type) {
    case 'system.engine_started':
      // A new engine looks anew: what still fails says so again.
      return put(state, 'repositories', known.id, { ...known, defaultBranch: event.payload.defaultBranch, sensorFailures: {} });
    case 'system.dispatch_paused':
      return put(state, 'repositories', known.id, {
        ...known,
        dispatchPaused: { at: event.occurredAt, by: event.actor, reason: event.payload.reason },
      });
    case 'system.dispatch_resumed':
      return put(state, 'repositories', known.id, { ...known, dispatchPaused: null });
    case 'task.plan_failed':
      return put(state, 'repositories', known.id, {
        ...known,
        planFailure: event.payload,
      });
    case 'source.sensor_failed': {
      const { sensor, message, nextTryAt } = event.payload;
      const since = known.sensorFailures[sensor]?.since ?? event.occurredAt;
      return put(state, 'repositories', known.id, {
        ...known,
        sensorFailures: {
          ...known.sensorFailures,
          [sensor]: { message, since, nextTryAt },
        },
      });
    }
    case 'source.sensor_recovered': {
      const { [event.payload.sensor]: _recovered, ...sensorFailures } = known.sensorFailures;
      return put(state, 'repositories', known.id, { ...known, sensorFailures });
    }
  }
}

/** A batch is planned: each spec's planned version moves on, and the Planner's failures are forgotten. */
export function foldPlanned(state: State, event: EventOf<'task.planned'>): State {
  if (event.repositoryId === null) return state;
  let next = amend(state, 'repositories', event.repositoryId, { planFailure: null });
  for (const { path, blobSha, commitSha } of event.payload.specs) {
    next = amend(next, 'specs', specKey(event.repositoryId, path), {
      plannedBlobSha: blobSha,
      plannedCommitSha: commitSha,
    });
  }
  return next;
}
