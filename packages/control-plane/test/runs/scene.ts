import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventOf, Role, Run, StoredEvent } from '@decree/contracts';
import { onTestFinished } from 'vitest';
import { createJudges } from '../../src/engine/judge.ts';
import type { Ledger } from '../../src/engine/ledger/port.ts';
import { openSqliteLedger } from '../../src/engine/ledger/sqlite/open.ts';
import { createCedarEngine, createPolicy, type Policy } from '../../src/engine/policy/index.ts';
import { createRecord } from '../../src/engine/record.ts';
import { createGate, type GateOptions } from '../../src/engine/runs/gate.ts';
import { createTransitions } from '../../src/engine/runs/transitions.ts';
import { createLogger, systemClock, systemRandom } from '../../src/engine/system/index.ts';
import type { OpenWorkspace } from '../../src/engine/workspaces/port.ts';
import { leasedRuns } from '../ledger/leased-runs.ts';

export const repositoryId = 'local/repo';
export const log = createLogger({ level: 'silent' });
export const record = createRecord(systemClock, systemRandom, (text) => text);
const ghScript = '#!/bin/sh\n';
let policy: Promise<Policy> | undefined;
export const defaultPolicy = () => {
  policy ??= createCedarEngine().then((engine) => createPolicy({ engines: [engine] }));
  return policy;
};

/** A ledger with one running run, as a worker holds it after its claim. */
export async function openScene(options: { role?: Role } = {}) {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'decree-runs-')));
  mkdirSync(join(directory, 'scripts/workflow'), { recursive: true });
  writeFileSync(join(directory, 'scripts/workflow/gh.sh'), ghScript, { mode: 0o755 });
  const ledgerFile = join(directory, 'ledger.sqlite');
  const ledger = await openSqliteLedger({ file: ledgerFile, clock: systemClock, log });
  onTestFinished(async () => {
    await ledger.close();
    rmSync(directory, { recursive: true });
  });
  const transitions = createTransitions(ledger, record);
  const { taskId, runId } = await queueRun(ledger, options);
  const run = await claim(ledger, runId);
  const judges = createJudges({
    policy: await defaultPolicy(),
    record,
    repositoryId,
    sandbox: 'none',
    trustedGhScript: async () => ghScript,
  });
  const workspace = { directory, branch: 'issue-7-1' } as OpenWorkspace;

  /** The gate of the run as it stands now, or of an older claim. */
  function gate(more: Partial<GateOptions> = {}) {
    const waiting: boolean[] = [];
    const made = createGate({
      ...{ ledger, record, transitions, clock: systemClock, random: systemRandom, run },
      judge: judges.forRun(run, workspace),
      ...{ deadlineMs: 60_000, parkAfterMs: null, signal: new AbortController().signal, leaving: new AbortController().signal },
      onWaiting: (now) => waiting.push(now),
      ...more,
    });
    let calls = 0;
    const ask = (command: string, subagent?: string) => {
      calls += 1;
      return made.decide({ toolCallId: `c${calls}`, tool: 'Bash', input: { command }, ...(subagent && { subagent }) });
    };
    return { ...made, ask, waiting };
  }
  const events = async <T extends StoredEvent['type']>(type: T) =>
    (await ledger.listEvents({ limit: 500, type })).items as unknown as EventOf<T>[];
  const pendingApproval = async () => (await ledger.listApprovals({ state: 'pending', limit: 10 })).items[0] ?? null;
  /** Waits for a question and answers it. */
  async function answer(outcome: 'approved' | 'denied', reason: string | null = null) {
    const approval = await until(pendingApproval);
    await ledger.commit({
      events: [
        record(
          'policy.approval_decided',
          { approvalId: approval.id, outcome, reason },
          { repositoryId, correlationId: taskId, taskId, runId, actor: { type: 'user', id: 'ann' } },
        ),
      ],
      guards: [{ type: 'approval', approvalId: approval.id, states: ['pending'] }],
    });
    return approval;
  }
  const now = async () => (await ledger.get('runs', runId)) as Run;
  const leases = () => leasedRuns(ledgerFile);
  return { ledger, transitions, run, taskId, runId, gate, events, answer, pendingApproval, now, leases, directory };
}

export async function queueRun(ledger: Ledger, { role = 'implementor' as Role, issue = 7, rank = 20 } = {}) {
  const taskId = systemRandom.uuidv7();
  const runId = systemRandom.uuidv7();
  const about = { repositoryId, correlationId: taskId, taskId };
  await ledger.commit({
    events: [
      record('task.created', { kind: 'implement', title: 'Do it', issue, specs: [] }, about),
      record(
        'run.queued',
        {
          ...{ role, attempt: 1, retryOf: null, effectScope: runId, trigger: 'person', agentId: role, adapter: 'scripted' },
          ...{ model: null, issue, pull: null, rank },
        },
        { ...about, runId, agentId: role },
      ),
    ],
  });
  return { taskId, runId };
}

/** Takes the run under a new lease. */
export async function claim(ledger: Ledger, runId: string): Promise<Run> {
  const run = (await ledger.get('runs', runId)) as Run;
  const lease = { runId, worker: 'w', fence: run.fence + 1, expiresAtMs: Date.now() + 30_000 };
  if (!(await createTransitions(ledger, record).started(run, lease))) throw new Error('could not be claimed');
  return (await ledger.get('runs', runId)) as Run;
}

export async function until<T>(ask: () => Promise<T | null | undefined | false>): Promise<T> {
  const end = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
