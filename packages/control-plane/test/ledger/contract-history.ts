/*
 * Random histories and what must hold of them, for every store: one model, told in one place.
 */
import { collections, type Event, emptyState, fold, isLive, Run, type State } from '@decree/contracts';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { GuardFailed, type Ledger } from '../../src/engine/ledger/port.ts';
import type { Home, LedgerTest } from './contract.ts';
import {
  answered,
  asked,
  created,
  decided,
  event,
  newId,
  queued,
  recorded,
  requeued,
  specGone,
  specSeen,
  started,
  succeeded,
  used,
} from './events.ts';

// Past 250 lines: the random histories and what makes them belong together.
export function historyContract(test: LedgerTest): void {
  describe('history', () => {
    test('the rows of random histories are what all events mean, live, rebuilt and after opening again', async (ledger, home) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
          const world = newWorld();
          for (const { verb, pick } of steps) {
            const events = propose(world, verb, pick);
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

const verbs = [
  'task',
  'queue',
  'start',
  'requeue',
  'succeed',
  'fail',
  'cancel',
  'use',
  'decide',
  'ask',
  'answer',
  'wait',
  'resume',
  'park',
  'record',
  'spec',
  'unspec',
  'close',
  'reopen',
  'follow',
] as const;
const step = fc.record({ verb: fc.constantFrom(...verbs), pick: fc.nat(1000) });

/** No sequence of commands, legal or not, may lead out of the contract. */
function expectPossible(state: State): void {
  for (const run of Object.values(state.runs)) expect(Run.safeParse(run).error).toBeUndefined();
  for (const task of Object.values(state.tasks)) {
    const live = Object.values(state.runs).filter((run) => run.taskId === task.id && isLive(run));
    expect(live.map(({ id }) => id)).toEqual(task.activeRunId === null ? [] : [task.activeRunId]);
  }
}

interface World {
  state: State;
  tasks: { id: string }[];
}
const newWorld = (): World => ({ state: emptyState(), tasks: [] });

function remember(world: World, events: readonly Event[]): void {
  for (const one of events) {
    world.state = fold(world.state, one);
    if (one.type === 'task.created') world.tasks.push({ id: one.taskId! });
  }
  expect(collections.every((name) => world.state[name])).toBe(true);
}

/** Some of these are legal and some are not; the ledger must know. */
function propose(world: World, verb: (typeof verbs)[number], pick: number): Event[] {
  const task = world.tasks[pick % Math.max(1, world.tasks.length)];
  if (!task || verb === 'task') return [created(newId())];
  const taskId = task.id;
  const row = world.state.tasks[taskId]!;
  const runId = row.activeRunId ?? row.lastRunId;
  if (!runId || verb === 'queue') return [queued(taskId, newId(), { attempt: row.attempts.implementor + 1, rank: pick % 3 })];
  const run = world.state.runs[runId]!;
  const approvals = Object.values(world.state.approvals).filter((approval) => approval.runId === runId);
  const approvalId = approvals[pick % Math.max(1, approvals.length)]?.id ?? newId();
  const of = { taskId, runId };
  switch (verb) {
    case 'start':
      return [started(taskId, runId, run.fence + (pick % 4 === 0 ? 2 : 1))];
    case 'requeue':
      return [requeued(taskId, runId)];
    case 'succeed':
      return [succeeded(taskId, runId)];
    case 'fail':
      return [event('run.failed', { code: 'agent_error', message: 'm' }, of)];
    case 'cancel':
      return [event('run.canceled', { code: 'person', message: 'm' }, of)];
    case 'use':
      return [used(taskId, runId), used(taskId, runId)];
    case 'decide':
      return [decided(taskId, runId, (['allow', 'deny', 'require_approval'] as const)[pick % 3])];
    case 'ask':
      return [asked(taskId, runId, newId())];
    case 'answer':
      return [answered(taskId, runId, approvalId, pick % 2 ? 'approved' : 'denied')];
    case 'wait':
      return [event('run.waiting', { approvalId }, of)];
    case 'resume':
      return [event('run.resumed', { approvalId }, of)];
    case 'park':
      return [event('run.parked', { approvalId }, of)];
    case 'record':
      return [recorded(taskId, runId, 'r')];
    case 'spec':
      return [specSeen(`${pick % 3}.md`)];
    case 'unspec':
      return [specGone(`${pick % 3}.md`)];
    case 'close':
      return [event('task.closed', { code: 'closed' }, { taskId })];
    case 'reopen':
      return [event('task.reopened', {}, { taskId })];
    default:
      return [event('task.followed_up', { runId, outcome: 'nothing' }, { taskId })];
  }
}
