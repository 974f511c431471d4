import type { StoredEvent } from '@decree/contracts';
import { describe, expect, test } from 'vitest';
import { GuardFailed, type Ledger, LedgerUnusable, openPostgresLedger } from '../../src/engine/ledger/index.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { createLogger } from '../../src/engine/system/log.ts';
import { created, newId, queued, settled, specSeen, started, succeeded, used } from './events.ts';
import { makeHome, type PostgresHome, server } from './postgres-home.ts';

const log = createLogger({ level: 'silent' });

describe.skipIf(!server)('a ledger on Postgres that several processes use', () => {
  const shared = (title: string, body: (one: Ledger, other: Ledger, home: PostgresHome) => Promise<void>) =>
    test(title, async () => {
      const home = await makeHome();
      const ledgers = [await home.open(), await home.open()] as const;
      try {
        await body(...ledgers, home);
      } finally {
        for (const ledger of ledgers) await ledger.close();
        await home.end();
      }
    });

  shared('gives a task one live run, however many try', async (one, other) => {
    for (let round = 0; round < 10; round += 1) {
      const taskId = newId();
      await one.commit({ events: [created(taskId, { issue: round + 1 })] });
      const tries = Array.from({ length: 6 }, (_, at) => (at % 2 ? one : other).commit({ events: [queued(taskId, newId())] }));
      const results = await Promise.allSettled(tries);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(GuardFailed);
    }
    expect((await one.listRuns({ limit: 100 })).items).toHaveLength(10);
  });

  shared('gives an issue one open task, and a run one claim', async (one, other) => {
    for (let issue = 1; issue <= 10; issue += 1) {
      const tries = [one, other, one, other].map((ledger) => ledger.commit({ events: [created(newId(), { issue })] }));
      const results = await Promise.allSettled(tries);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(GuardFailed);
    }
    const [taskId, runId] = [newId(), newId()];
    await one.commit({ events: [created(taskId), queued(taskId, runId)] });
    const claims = await Promise.allSettled(
      [one, other, one, other].map((ledger, at) =>
        ledger.commit({
          events: [started(taskId, runId)],
          lease: { type: 'take', lease: { runId, worker: `w${at}`, fence: 1, expiresAtMs: 1 } },
        }),
      ),
    );
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  shared('writes an event once that both commit at the same time', async (one, other) => {
    for (let round = 0; round < 10; round += 1) {
      const event = created(newId());
      const results = await Promise.all([one, other, one].map((ledger) => ledger.commit({ events: [event] })));
      expect(results.flat()).toHaveLength(1);
    }
  });

  shared('keeps chains, rows and heads right while both write to the same streams', async (one, other) => {
    const tasks = Array.from({ length: 4 }, () => ({ taskId: newId(), runId: newId() }));
    for (const { taskId, runId } of tasks)
      await one.commit({ events: [created(taskId), queued(taskId, runId), started(taskId, runId)] });
    const work = Array.from({ length: 120 }, (_, at) => {
      const { taskId, runId } = tasks[at % 4]!;
      const second = tasks[(at + 1) % 4]!;
      // Several streams and a row of the repository in one commit, in changing order: what could lock crosswise.
      const events = [used(taskId, runId), specSeen(`${at % 3}.md`), used(second.taskId, second.runId)];
      return (at % 2 ? one : other).commit({ events: at % 3 ? events : events.toReversed() });
    });
    await Promise.all(work);
    expect(await one.verify()).toMatchObject({ ok: true, events: 12 + 360 });
    expect(await other.compareWithRebuild()).toEqual([]);
    expect(await other.get('runs', tasks[0]!.runId)).toMatchObject({ usage: { inputTokens: 600 } });
  });

  shared('shows a reader who follows a cursor every event, in one order, while commits interleave', async (one, other, home) => {
    const heard: StoredEvent[][] = [[], []];
    one.subscribe((events) => heard[0]!.push(...events));
    other.subscribe((events) => heard[1]!.push(...events));
    // A transaction with an early number that is still open: what commits meanwhile is not settled yet.
    const early = await home.client();
    await early.query('begin');
    await early.query('select pg_current_xact_id()');
    const count = 200;
    const writing = Promise.all(
      Array.from({ length: count }, (_, at) => (at % 2 ? one : other).commit({ events: [created(newId())] })),
    );
    const read: StoredEvent[] = [];
    const readOn = async () => {
      const after = read.at(-1)?.cursor;
      read.push(...(await one.listEvents({ limit: 50, ...(after && { after }) })).items);
    };
    for (let turn = 0; turn < 5; turn += 1) await readOn();
    expect(read).toEqual([]);
    await early.query('commit');
    await early.end();
    await writing;
    const all = async () => {
      await readOn();
      return read.length;
    };
    await expect.poll(all, { timeout: 10_000 }).toBe(count);
    expect(new Set(read.map(({ id }) => id)).size).toBe(count);
    const order = read.map(({ cursor }) => cursor);
    await expect.poll(() => heard.map((events) => events.length), { timeout: 10_000 }).toEqual([count, count]);
    for (const events of heard) expect(events.map(({ cursor }) => cursor)).toEqual(order);
  });

  shared('gives an open state that nothing below its cursor is missing from, while others write', async (one, other) => {
    const [taskId, runId] = [newId(), newId()];
    await one.commit({ events: [created(taskId), queued(taskId, runId), started(taskId, runId)] });
    const writing = Promise.all(
      Array.from({ length: 60 }, (_, at) => (at % 2 ? one : other).commit({ events: [used(taskId, runId)] })),
    );
    for (let turn = 0; turn < 5; turn += 1) {
      const { state, cursor } = await one.openState();
      const whole = (await one.listEvents({ limit: 500 })).items;
      const below = whole.slice(0, whole.findIndex((event) => event.cursor === cursor) + 1);
      const counted = below.filter(({ type }) => type === 'run.used').length;
      expect(state.runs[runId]!.usage.inputTokens).toBe(counted * 10);
    }
    await writing;
  });

  shared('goes on after the server ended its connections', async (one, _other, home) => {
    const heard: StoredEvent[] = [];
    one.subscribe((events) => heard.push(...events));
    await one.commit({ events: [created(newId())] });
    await home.tamper(
      'select pg_terminate_backend(pid) from pg_stat_activity where application_name = current_schema() and pid <> pg_backend_pid()',
    );
    const event = created(newId());
    await expect
      .poll(
        () =>
          one.commit({ events: [event] }).then(
            () => 'done',
            (error: { code?: string }) => error.code,
          ),
        { timeout: 10_000 },
      )
      .toBe('done');
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(2);
  });

  shared('that was restored into a younger cluster keeps its order and refuses older cursors', async (one, _other, home) => {
    const [taskId, runId] = [newId(), newId()];
    const [first] = await one.commit({ events: [created(taskId), queued(taskId, runId)] });
    // What a dump of an older cluster brings: transaction numbers that this one has not come to yet.
    await home.tamper('update events set xid = (xid::text::bigint + 1000000000)::text::xid8');
    const restored = await home.open();
    try {
      expect((await restored.listEvents({ limit: 9 })).items.map(({ type }) => type)).toEqual(['task.created', 'run.queued']);
      await restored.commit({ events: [started(taskId, runId), succeeded(taskId, runId)] });
      await settled(restored);
      const { items } = await restored.listEvents({ limit: 9 });
      expect(items.map(({ type }) => type)).toEqual(['task.created', 'run.queued', 'run.started', 'run.succeeded']);
      await expect(restored.listEvents({ limit: 9, after: first!.cursor })).rejects.toMatchObject({ code: 'invalid' });
      expect(await restored.verify()).toMatchObject({ ok: true });
    } finally {
      await restored.close();
    }
  });

  test('is refused when a newer Decree made it, when it cannot be reached, and when the URL is none', async () => {
    const home = await makeHome();
    await (await home.open()).close();
    await home.tamper("update meta set value = '99' where name = 'schema'");
    await expect(home.open()).rejects.toThrow(/newer Decree/);
    await home.end();
    const open = (url: string) => openPostgresLedger({ url, clock: systemClock, log });
    await expect(open('postgresql://nobody:secret@127.0.0.1:1/none')).rejects.toThrow(LedgerUnusable);
    await expect(open('postgresql://nobody:secret@127.0.0.1:1/none')).rejects.not.toThrow(/secret/);
    await expect(open('nonsense')).rejects.toThrow(/Expected a URL/);
    const missing = new URL(server!);
    missing.pathname = '/there_is_none';
    await expect(open(missing.href)).rejects.toThrow(/no such database/);
  });
});
