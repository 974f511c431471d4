import { join } from 'node:path';
import { isLive, type Run, type StoredEvent } from '@decree/contracts';
import Database from 'better-sqlite3';
import { openSqliteLedger } from '../../packages/control-plane/src/engine/ledger/index.ts';
import type { Ledger } from '../../packages/control-plane/src/engine/ledger/port.ts';
import { createLogger, systemClock } from '../../packages/control-plane/src/engine/system/index.ts';

export interface Places {
  directory: string;
  project: string;
  state: string;
}

export async function checkLedger({ state }: Places): Promise<string[]> {
  const file = join(state, 'ledger.sqlite');
  const breaches = checkLeases(file);
  const ledger = await openSqliteLedger({ file, clock: systemClock, log: createLogger({ level: 'silent' }) });
  try {
    const report = await ledger.verify();
    if (!report.ok) breaches.push(...report.problems.map((problem) => `verify: ${problem.stream}: ${problem.message}`));
    const differences = await ledger.compareWithRebuild();
    breaches.push(...differences.map(({ collection, key }) => `the row ${collection}/${key} is not what its events say`));
    const events = await readEvents(ledger);
    breaches.push(...checkRuns(await readRuns(ledger), events), ...checkApprovals(events), ...(await checkWork(ledger)));
  } finally {
    await ledger.close();
  }
  return breaches;
}

function checkLeases(file: string): string[] {
  const db = new Database(file, { readonly: true });
  try {
    const leases = db.prepare('select * from leases').all();
    return leases.map((lease) => `a lease is left: ${JSON.stringify(lease)}`);
  } finally {
    db.close();
  }
}

function checkRuns(runs: readonly Run[], events: readonly StoredEvent[]): string[] {
  const breaches: string[] = [];
  for (const run of runs) {
    if (isLive(run)) breaches.push(`run ${run.id} (${run.role} of #${run.issue}) is stuck in ${run.state}`);
    const ends = events.filter((event) => event.runId === run.id && /^run\.(succeeded|failed|canceled)$/.test(event.type));
    if (ends.length !== 1)
      breaches.push(`run ${run.id} (${run.role}) ended ${ends.length} times: ${ends.map((end) => end.type).join(', ')}`);
  }
  const refused = events.filter((event) => event.type === 'run.transition_refused');
  return [...breaches, ...refused.map((event) => `a transition was refused: ${JSON.stringify(event.payload)}`)];
}

/** Decided at most once each, by one person's word. */
function checkApprovals(events: readonly StoredEvent[]): string[] {
  const decided = events.flatMap((event) => (event.type === 'policy.approval_decided' ? [event.payload.approvalId] : []));
  const requested = events.flatMap((event) => (event.type === 'policy.approval_requested' ? [event.payload.approval.id] : []));
  return [
    ...twice(decided).map((id) => `approval ${id} was decided more than once`),
    ...twice(requested).map((id) => `approval ${id} was requested more than once`),
  ];
}

async function checkWork(ledger: Ledger): Promise<string[]> {
  const breaches: string[] = [];
  const { state } = await ledger.openState();
  const pending = await ledger.listApprovals({ state: 'pending', limit: 500 });
  breaches.push(...pending.items.map((approval) => `approval ${approval.id} waits for nobody: "${approval.action.summary}"`));
  for (const task of Object.values(state.tasks)) {
    if (task.activeRunId || task.followUpRunId) breaches.push(`task ${task.title} still has something to come`);
  }
  const artifacts = (await ledger.listArtifacts({ limit: 500 })).items;
  const made = artifacts.filter(({ kind }) => kind !== 'transcript' && kind !== 'salvage');
  breaches.push(...twice(made.map(({ kind, reference }) => `${kind} ${reference}`)).map((name) => `${name} is recorded twice`));
  const count = (kind: string) => made.filter((artifact) => artifact.kind === kind).length;
  for (const [kind, wanted] of [
    ['issue', 3],
    ['pull_request', 2],
    ['merge', 2],
  ] as const) {
    if (count(kind) !== wanted) breaches.push(`expected ${wanted} artifacts of kind ${kind}, there are ${count(kind)}`);
  }
  const plan = (await ledger.listTasks({ kind: 'plan', state: 'all', limit: 500 })).items;
  const tasks = (await ledger.listTasks({ kind: 'implement', state: 'all', limit: 500 })).items;
  const roots = new Set(plan.map((task) => task.correlationId));
  for (const task of tasks)
    if (!roots.has(task.correlationId)) breaches.push(`task #${task.issue} does not lead back to the spec that it comes from`);
  return breaches;
}

async function readRuns(ledger: Ledger): Promise<Run[]> {
  return (await ledger.listRuns({ limit: 500 })).items;
}

/** All events, in the ledger's order. */
export async function readEvents(ledger: Ledger): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let after: string | undefined; ; ) {
    const page = await ledger.listEvents({ limit: 500, ...(after && { after }) });
    events.push(...page.items);
    if (!page.next) return events;
    after = page.next;
  }
}

export function twice(items: readonly string[]): string[] {
  const seen = new Set<string>();
  return [...new Set(items.filter((item) => seen.has(item) || !seen.add(item)))];
}
