import { openSqliteLedger } from '../../src/engine/ledger/index.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { createLogger } from '../../src/engine/system/log.ts';
import { systemRandom } from '../../src/engine/system/random.ts';
import { created, queued, started, succeeded, used } from './events.ts';

/** Commits until it is killed, and tells of each event once it was acknowledged. */
const log = createLogger({ level: 'silent' });
const ledger = await openSqliteLedger({ file: process.argv[2]!, clock: systemClock, log });
for (;;) {
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      const [taskId, runId] = [systemRandom.uuidv7(), systemRandom.uuidv7()];
      for (const event of [
        created(taskId),
        queued(taskId, runId),
        started(taskId, runId),
        used(taskId, runId),
        succeeded(taskId, runId),
      ]) {
        const named = { ...event, id: systemRandom.uuidv7() };
        await ledger.commit({ events: [named] });
        process.stdout.write(`${named.id}\n`);
      }
    }),
  );
}
