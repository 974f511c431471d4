import { isLive, Run, type State } from '@decree/contracts';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { GuardFailed, type Ledger } from '../../src/engine/ledger/port.ts';
import type { Home, LedgerTest } from './contract.ts';
import { created, event, newId, queued, specSeen, started, succeeded, used } from './events.ts';
import { histories, newWorld, propose, remember } from './random-histories.ts';

export function historyContract(test: LedgerTest): void {
  describe('history', () => {
    test('the rows of random histories are what all events mean, live, rebuilt and after opening again', async (ledger, home) => {
      await fc.assert(
        fc.asyncProperty(histories, async (steps) => {
          const world = newWorld();
          for (const step of steps) {
            const events = propose(world, step);
            // What the rules forbid is refused whole; both outcomes are part of a history.
            const written = await ledger.commit({ events }).catch((error: unknown) => {
              if (error instanceof GuardFailed) return null;
              throw error;
            });
            if (written) remember(world, events);
          }
          for (const task of world.tasks) expect(await ledger.get('tasks', task.id)).toEqual(world.state.tasks[task.id]);
          for (const id of Object.keys(world.state.runs)) expect(await ledger.get('runs', id)).toEqual(world.state.runs[id]);
          expectPossible(world.state);
        }),
        { numRuns: 25 },
      );
      expect(await ledger.compareWithRebuild()).toEqual([]);
      expect(await ledger.verify()).toMatchObject({ ok: true });
      const again = await home.open();
      try {
        expect(await again.compareWithRebuild()).toEqual([]);
      } finally {
        await again.close();
      }
    });

    test('compareWithRebuild names rows that were changed, removed and made up', async (ledger, home) => {
      const [changed, removed, made] = [newId(), newId(), newId()];
      await ledger.commit({ events: [created(changed), created(removed), specSeen('a.md')] });
      await home.tamper(`update tasks set doc = replace(doc, 'A task', 'Another') where id = '${changed}'`);
      await home.tamper(`delete from tasks where id = '${removed}'`);
      await home.tamper(`insert into effects (id, doc) values ('${made}', '{}')`);
      await home.tamper(`update specs set doc = replace(doc, 'approved', 'draft')`);
      const found = await ledger.compareWithRebuild();
      expect(new Set(found.map(({ collection, key }) => `${collection} ${key}`))).toEqual(
        new Set([`tasks ${changed}`, `tasks ${removed}`, `effects ${made}`, 'specs owner/name:a.md']),
      );
    });
  });

  describe('verifying', () => {
    const cases: { what: string; sql: (ids: string[], table: string) => string; message: RegExp; names: number | null }[] = [
      {
        what: 'an edited event',
        sql: ([a]) => `update events set body = replace(body, 'A task', 'B task') where id = '${a}'`,
        message: /bytes/,
        names: 0,
      },
      {
        what: 'a removed event',
        sql: ([, , c]) => `delete from events where id = '${c}'`,
        message: /expected event 3/,
        names: 3,
      },
      {
        what: 'a removed end',
        sql: ([, , , , e]) => `delete from events where id = '${e}'`,
        message: /head is event 5/,
        names: 3,
      },
      { what: 'a removed head', sql: () => 'delete from streams', message: /no head/, names: 4 },
      { what: 'a moved head', sql: () => "update streams set hash = 'x'", message: /head is event 5/, names: 4 },
      { what: 'a stream whose events are all gone', sql: () => 'delete from events', message: /all 5 events/, names: null },
      {
        what: 'a column that no longer says what the bytes say',
        sql: ([, , c]) => `update events set type = 'run.used' where id = '${c}'`,
        message: /column type/,
        names: 2,
      },
      { what: 'a forged hash', sql: ([, , c]) => `update events set hash = 'x' where id = '${c}'`, message: /hash/, names: 2 },
    ];
    for (const { what, sql, message, names } of cases)
      test(`finds ${what}, and names it`, async (ledger, home) => {
        const ids = await aStream(ledger);
        await home.tamper(sql(ids, 'events'));
        const report = await ledger.verify();
        expect(report.ok).toBe(false);
        const problem = report.problems.find((one) => message.test(one.message))!;
        expect(problem, JSON.stringify(report.problems)).toBeDefined();
        expect(problem.eventId).toBe(names === null ? null : ids[names]);
        if (names !== null) expect((await ledger.event(ids[names]!))?.cursor).toBe(problem.cursor);
      });

    test('finds events whose places were exchanged', async (ledger, home) => {
      const ids = await aStream(ledger);
      await exchange(home, ids[1]!, ids[2]!);
      const report = await ledger.verify();
      expect(report.problems[0]).toMatchObject({ eventId: ids[2] });
    });

    test('is content with what was written, in as many pages as it takes', async (ledger) => {
      for (let n = 0; n < 8; n += 1) {
        const taskId = newId();
        const told = Array.from({ length: 130 }, () =>
          event('task.dispatch_refused', { role: 'planner', code: 'closed', message: '' }, { taskId }),
        );
        await ledger.commit({ events: [created(taskId), ...told] });
      }
      expect(await ledger.verify()).toEqual({ ok: true, streams: 8, events: 8 * 131, problems: [] });
    });
  });
}

/** Bodies and hashes change places: each event still has its own hash, but stands where the other stood. */
async function exchange(home: Home, one: string, other: string): Promise<void> {
  for (const [from, to] of [
    [one, 'moving'],
    [other, one],
    ['moving', other],
  ])
    await home.tamper(`update events set id = '${to}' where id = '${from}'`);
  const swap = (column: string) =>
    home.tamper(
      `update events set ${column} = (select b.${column} from events b where b.id = case events.id when '${one}' then '${other}' else '${one}' end) where id in ('${one}', '${other}')`,
    );
  for (const column of ['body', 'hash', 'type']) await swap(column);
}

async function aStream(ledger: Ledger): Promise<string[]> {
  const [taskId, runId] = [newId(), newId()];
  const events = [
    created(newId()),
    created(taskId),
    queued(taskId, runId),
    started(taskId, runId),
    used(taskId, runId),
    succeeded(taskId, runId),
  ];
  for (const one of events) await ledger.commit({ events: [one] });
  await ledger.commit({ events: [specSeen('a.md')] });
  return events.slice(1).map(({ id }) => id);
}

/** No sequence of commands, legal or not, may lead out of the contract. */
function expectPossible(state: State): void {
  for (const run of Object.values(state.runs)) expect(Run.safeParse(run).error).toBeUndefined();
  for (const task of Object.values(state.tasks)) {
    const live = Object.values(state.runs).filter((run) => run.taskId === task.id && isLive(run));
    expect(live.map(({ id }) => id)).toEqual(task.activeRunId === null ? [] : [task.activeRunId]);
  }
}
