import type { Approval } from '@decree/contracts';
import type { StoreApi } from 'zustand/vanilla';
import type { TuiState } from './store/state.ts';
import type { Notification } from './terminal/notify.ts';

/** Tells the person once of each thing that begins to wait for them while the terminal is open. Returns what ends it. */
export function announce(store: StoreApi<TuiState>, tell: (notification: Notification) => void): () => void {
  let told: ReadonlySet<string> | null = null;
  const look = ({ world, connection }: TuiState) => {
    if (connection.status === 'loading') return;
    const waiting = [
      ...Object.values(world.approvals).filter(isPending).map(ofApproval),
      ...Object.values(world.tasks).flatMap(ofFailure),
    ];
    const before = told;
    told = new Set(waiting.map(({ key }) => key));
    // What waited already when the person came is on the screen in front of them.
    if (before) for (const { key, notification } of waiting) if (!before.has(key)) tell(notification);
  };
  let seen = store.getState();
  look(seen);
  return store.subscribe((state) => {
    const changed =
      state.world.approvals !== seen.world.approvals ||
      state.world.tasks !== seen.world.tasks ||
      state.connection !== seen.connection;
    seen = state;
    if (changed) look(state);
  });
}

const isPending = (approval: Approval): boolean => approval.state === 'pending';

const ofApproval = ({ id, role, action }: Approval) => ({
  key: id,
  notification: { title: 'Decree needs you', body: `the ${role} asks: ${action.summary}` },
});

function ofFailure({ issue, title, lastFailure, closedAt }: TuiState['world']['tasks'][string]) {
  if (!lastFailure || closedAt) return [];
  const name = issue === null ? title : `#${issue} ${title}`;
  return [
    { key: lastFailure.runId, notification: { title: 'Decree: an agent failed', body: `${name}: ${lastFailure.message}` } },
  ];
}
