import type { Ledger } from '../ledger/port.ts';
import type { Clock } from '../system/clock.ts';
import type { RunQueue } from './queue.ts';
import type { Transitions } from './transitions.ts';

const leaseMs = 30_000;

export function createLedgerQueue(options: { ledger: Ledger; transitions: Transitions; clock: Clock; worker: string }): RunQueue {
  const { ledger, transitions, clock, worker } = options;
  return {
    // A lease is extended three times in its life, so one lost beat loses nothing.
    heartbeatMs: leaseMs / 3,
    async claim() {
      // A few candidates, so that workers racing for the head of the queue do not all go away with nothing.
      for (const run of await ledger.queuedRuns(4)) {
        const lease = { runId: run.id, worker, fence: run.fence + 1, expiresAtMs: clock.nowMs() + leaseMs };
        if (!(await transitions.started(run, lease))) continue;
        const claimed = await ledger.get('runs', run.id);
        if (claimed?.state === 'running')
          return { run: claimed, lease, requeueCode: run.state === 'queued' ? run.requeueCode : null };
      }
      return null;
    },
    async heartbeat(lease) {
      const extended = { ...lease, expiresAtMs: clock.nowMs() + leaseMs };
      return (await ledger.heartbeat(extended)) ? extended : null;
    },
  };
}
