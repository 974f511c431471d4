import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GuardFailed, type Ledger, openSqliteLedger } from '../../src/engine/ledger/index.ts';
import type { Commit } from '../../src/engine/ledger/port.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { createLogger } from '../../src/engine/system/log.ts';
import { created, event, newId, queued, repositoryId, specGone, specSeen, started, succeeded, used } from './events.ts';
import { histories, newWorld, propose, remember } from './random-histories.ts';

const log = createLogger({ level: 'silent' });
let directory: string;
const fileOf = (name: string) => join(directory, `${name}.db`);
const open = (name: string): Promise<Ledger> => openSqliteLedger({ file: fileOf(name), clock: systemClock, log });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'decree-ledger-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Made in one turn of the event loop, they share a transaction. */
const together = (ledger: Ledger, commits: readonly Commit[]) =>
  Promise.allSettled(commits.map((commit) => ledger.commit(commit)));
const close = (taskId: string) => event('task.closed', { code: 'closed' }, { taskId });

describe('commits that share a transaction', () => {
  test('leave the same tables, refusals and chains as one after the other', async () => {
    const apart = await open('apart');
    const shared = await open('shared');
    await fc.assert(
      fc.asyncProperty(histories, async (steps) => {
        const world = newWorld();
        const commits: Commit[] = [];
        const refused: boolean[] = [];
        for (const step of steps) {
          const events = propose(world, step);
          commits.push({ events });
          const written = await apart.commit({ events }).catch((error: unknown) => {
            if (error instanceof GuardFailed) return null;
            throw error;
          });
          refused.push(written === null);
          if (written) remember(world, events);
        }
        expect((await together(shared, commits)).map(({ status }) => status === 'rejected')).toEqual(refused);
      }),
      { numRuns: 40 },
    );
    expect(await shared.compareWithRebuild()).toEqual([]);
    expect(await shared.verify()).toMatchObject({ ok: true });
    await Promise.all([apart.close(), shared.close()]);
    expect(tablesOf(fileOf('shared'))).toEqual(tablesOf(fileOf('apart')));
  });

  test('look for an issue’s task as the one before has left it', async () => {
    const ledger = await open('issues');
    const [first, second, third] = [newId(), newId(), newId()];
    const results = await together(ledger, [
      { events: [created(first, { issue: 5 })], guards: [{ type: 'issue_new', repositoryId, issue: 5 }] },
      { events: [created(second, { issue: 5 })] },
      { events: [close(first)] },
      { events: [created(third, { issue: 5 })] },
      { events: [event('task.reopened', {}, { taskId: first })] },
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'rejected']);
    expect(await ledger.taskOfIssue(repositoryId, 5)).toMatchObject({ id: third });
    expect(await ledger.compareWithRebuild()).toEqual([]);
    await ledger.close();
  });

  test('do not see a row again that one of them removed', async () => {
    const ledger = await open('removed');
    await ledger.commit({ events: [specSeen('a.md')] });
    const planned = event('task.planned', { specs: [{ path: 'a.md', blobSha: 'b'.repeat(40), commitSha: 'c'.repeat(40) }] });
    await together(ledger, [{ events: [specGone('a.md')] }, { events: [planned] }, { events: [specSeen('b.md')] }]);
    await together(ledger, [{ events: [specGone('b.md')] }, { events: [specSeen('b.md')] }]);
    await together(ledger, [{ events: [specSeen('c.md')] }, { events: [specGone('c.md')] }]);
    expect(Object.keys((await ledger.openState()).state.specs)).toEqual([`${repositoryId}:b.md`]);
    expect(await ledger.compareWithRebuild()).toEqual([]);
    await ledger.close();
  });

  test('that the tables refuse are made again one by one, and only the wrong one fails', async () => {
    const ledger = await open('refused');
    const tasks = Array.from({ length: 3 }, newId);
    const runs = tasks.map(newId);
    await ledger.commit({ events: tasks.flatMap((taskId, at) => [created(taskId), queued(taskId, runs[at]!)]) });
    const known = used(tasks[0]!, runs[0]!);
    await ledger.commit({ events: [known] });
    const results = await together(ledger, [
      { events: [started(tasks[0]!, runs[0]!)] },
      { events: [known] },
      { events: [started(tasks[1]!, runs[1]!), succeeded(tasks[1]!, runs[1]!)] },
    ]);
    expect(results).toMatchObject([{ value: [{}] }, { value: [] }, { value: [{}, {}] }]);
    expect(await ledger.get('runs', runs[0]!)).toMatchObject({ state: 'running', usage: { inputTokens: 10 } });
    expect(await ledger.compareWithRebuild()).toEqual([]);
    expect(await ledger.verify()).toMatchObject({ ok: true });
    await ledger.close();
  });
});

/** All rows of all tables. */
function tablesOf(file: string): unknown {
  const db = new Database(file, { readonly: true });
  try {
    const names = db
      .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name")
      .pluck()
      .all() as string[];
    return names.map((name) => [
      name,
      db
        .prepare(`select * from "${name}"`)
        .all()
        .map((row) => JSON.stringify(row))
        .toSorted(),
    ]);
  } finally {
    db.close();
  }
}
