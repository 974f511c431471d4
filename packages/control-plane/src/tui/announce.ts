import type { Approval, Task } from '@decree/contracts';
import type { StoreApi } from 'zustand/vanilla';
import type { TuiState } from './store/state.ts';
import type { Notification } from './terminal/notify.ts';

/** Tells the person once of each thing that begins to wait for them while the terminal is open. Returns what ends it. */
export function announce(store: StoreApi<TuiState>, tell: (notification: Notification) => void): () => void {
  let told: ReadonlySet<string> | null = null;
  const look = ({ world, connection }: TuiState) => {
    if (connection.status === 'loading') return;
    const waiting = [...Object.values(world.approvals).filter(isPending).map(ofApproval), ...failuresOf(world.tasks)];
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
      // How late the newest event was is part of the connection, and changes with each.
      state.connection.status !== seen.connection.status;
    seen = state;
    if (changed) look(state);
  });
}

const isPending = (approval: Approval): boolean => approval.state === 'pending';

const ofApproval = ({ id, role, action }: Approval) => ({
  key: id,
  notification: { title: 'Decree needs you', body: `the ${role} asks: ${action.summary}` },
});

/** Without a list per task: there are thousands, few of which failed, and the tasks change with nearly every event. */
function failuresOf(tasks: TuiState['world']['tasks']) {
  const failures: { key: string; notification: Notification }[] = [];
  for (const id in tasks) {
    const { issue, title, lastFailure, closedAt } = tasks[id] as Task;
    if (!lastFailure || closedAt) continue;
    const name = issue === null ? title : `#${issue} ${title}`;
    const notification = { title: 'Decree: an agent failed', body: `${name}: ${lastFailure.message}` };
    failures.push({ key: lastFailure.runId, notification });
  }
  return failures;
}
