import type { Clock } from '../system/clock.ts';
import { prepare } from './commit.ts';
import type { Driver } from './driver.ts';
import { EventReads } from './event-reads.ts';
import type { Ledger } from './port.ts';
import { Reads } from './reads.ts';
import { Rebuild } from './rebuild.ts';
import { SnapshotReads } from './snapshot-reads.ts';
import { rowsOf } from './statement.ts';
import { SummaryReads } from './summary.ts';
import { Verification } from './verify.ts';
import type { WriteStatements } from './write-statements.ts';

/** The port over a driver: everything but how a database is opened, written to and listened to. */
export function createLedger(driver: Driver, statements: WriteStatements, clock: Clock): Ledger {
  const { dialect, places } = driver;
  const reads = new Reads(dialect, places);
  const events = new EventReads(dialect, places);
  const snapshots = new SnapshotReads(dialect, places);
  const summaries = new SummaryReads(dialect);
  const { read } = driver;
  return {
    capabilities: { kind: dialect.kind, shared: dialect.shared },
    // Not `async`: to wrap the driver's promise in another costs three turns of the microtask queue for each commit.
    commit(commit) {
      try {
        return driver.commit(prepare(commit));
      } catch (error) {
        return Promise.reject(error);
      }
    },
    heartbeat: async (lease) =>
      driver.write(function* () {
        return (yield* rowsOf(statements.extendLease, { ...lease })).length > 0;
      }),

    get: (collection, key) => read(() => reads.get(collection, key)),
    taskOfIssue: (repositoryId, issue) => read(() => reads.taskOfIssue(repositoryId, issue)),
    queuedRuns: (limit) => read(() => reads.queuedRuns(limit)),
    openState: () => read(() => reads.openState(), 'settled'),
    snapshot: ({ firstSpendDay }) => read(() => snapshots.read(firstSpendDay), 'settled'),
    openFollowUps: () => read(() => reads.openFollowUps()),
    openGrant: (input) => read(() => reads.openGrant(input)),
    approvalFor: (input) => read(() => reads.approvalFor(input)),
    listTasks: (input) => read(() => reads.listTasks(input)),
    listRuns: (input) => read(() => reads.listRuns(input)),
    listApprovals: (input) => read(() => reads.listApprovals(input)),
    listArtifacts: (input) => read(() => reads.listArtifacts(input)),
    listSpend: (input) => read(() => reads.listSpend(input)),
    listEvents: (input) => read(() => events.page(input)),
    event: (id) => read(() => events.byId(id)),
    summary: ({ correlationId }) => read(() => summaries.read(correlationId, clock.nowMs())),

    subscribe: (listener) => driver.subscribe(listener),
    async verify() {
      const verification = new Verification(dialect, places);
      while (await read(() => verification.next()));
      return read(() => verification.report());
    },
    compareWithRebuild: () => read(() => new Rebuild(dialect).compare(), 'snapshot'),
    backup: (path) => driver.backup(path),
    close: () => driver.close(),
  };
}
