/* Fills a new ledger with runs for `dispatch.ts`: its arguments are the state directory and how many. */
import { join } from 'node:path';
import type { Event } from '@decree/contracts';
import { openSqliteLedger } from '../../packages/control-plane/src/engine/ledger/sqlite/open.ts';
import { createRecord } from '../../packages/control-plane/src/engine/record.ts';
import { createLogger, systemClock, systemRandom } from '../../packages/control-plane/src/engine/system/index.ts';

const repositoryId = 'local/project';
const [data, size] = process.argv.slice(2) as [string, string];
await fill(data, Number(size));

/** Runs that ended long ago, of closed tasks. */
async function fill(data: string, size: number): Promise<void> {
  const log = createLogger({ level: 'error' });
  const ledger = await openSqliteLedger({ file: join(data, 'ledger.sqlite'), clock: systemClock, log });
  const record = createRecord(systemClock, systemRandom, (text) => text);
  // Small commits that share transactions: the fold copies the rows of a commit for each of its events.
  const together = 200;
  for (let first = 0; first < size; first += together) {
    const indexes = Array.from({ length: Math.min(together, size - first) }, (_, at) => first + at);
    await Promise.all(indexes.map((index) => ledger.commit({ events: endedRun(record, index) })));
  }
  await ledger.close();
}

function endedRun(record: ReturnType<typeof createRecord>, index: number): Event[] {
  const taskId = systemRandom.uuidv7();
  const runId = systemRandom.uuidv7();
  const task = { repositoryId, correlationId: taskId, taskId };
  const run = { ...task, runId, agentId: 'implementor' };
  const issue = 1_000_000 + index;
  return [
    record('task.created', { kind: 'implement', title: `Old task ${index}`, issue, specs: [] }, task),
    record(
      'run.queued',
      {
        ...{
          role: 'implementor',
          attempt: 1,
          retryOf: null,
          effectScope: runId,
          trigger: 'person',
          agentId: 'implementor',
          adapter: 'claude',
        },
        ...{ model: null, issue, pull: null, rank: 20 },
      },
      run,
    ),
    record('run.started', { fence: 1, worker: 'bench' }, run),
    record('run.succeeded', { summary: 'long ago' }, run),
    record('task.followed_up', { runId, outcome: 'nothing' }, task),
    record('task.closed', { code: 'closed' }, task),
  ];
}
