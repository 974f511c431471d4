import type { Run } from '@decree/contracts';
import type { Lease } from '../ledger/port.ts';

export interface Claim {
  run: Run;
  lease: Lease;
  /** Why it was queued again; null on its first claim. */
  requeueCode: string | null;
}

/** Where a worker gets its next run. The ledger's own leases by default; Temporal when one machine is not enough. */
export interface RunQueue {
  /** How long after a heartbeat the next one is due, in milliseconds: well before the lease is over. */
  readonly heartbeatMs: number;
  /** The next queued run, now running and held under a new lease; null when there is none. */
  claim(): Promise<Claim | null>;
  /** Extends the lease; null when it is lost, and the work has to stop. */
  heartbeat(lease: Lease): Promise<Lease | null>;
}
