import type { Event, StoredEvent } from '@decree/contracts';
import { describe, expect } from 'vitest';
import { GuardFailed, type Ledger } from '../../src/engine/ledger/port.ts';
import type { LedgerTest } from './contract.ts';
import { answered, asked, created, event, newId, queued, repositoryId, requeued, started, succeeded, used } from './events.ts';

export function writingContract(test: LedgerTest): void {
  describe('committing', () => {
    test('gives each event a cursor and the rows that the fold makes of it', async (ledger) => {
      const [taskId, runId] = [newId(), newId()];
      const stored = await ledger.commit({ events: [created(taskId, { issue: 7 }), queued(taskId, runId)] });
      expect(stored.map(({ type }) => type)).toEqual(['task.created', 'run.queued']);
      expect(new Set(stored.map(({ cursor }) => cursor)).size).toBe(2);
      expect(await ledger.get('tasks', taskId)).toMatchObject({ issue: 7, activeRunId: runId });
      expect(await ledger.get('runs', runId)).toMatchObject({ state: 'queued', fence: 0 });
      expect(await ledger.get('runs', newId())).toBeNull();
    });

    test('skips an event whose id is known, and a commit that was done before does nothing', async (ledger) => {
      const { taskId, runId } = await aRun(ledger);
      const first = used(taskId, runId);
      await ledger.commit({ events: [first] });
      const again = { events: [first], guards: [{ type: 'run' as const, runId, states: ['running' as const] }] };
      expect(await ledger.commit(again)).toEqual([]);
      const second = used(taskId, runId);
      expect((await ledger.commit({ events: [first, second, second] })).map(({ id }) => id)).toEqual([second.id]);
      expect(await ledger.get('runs', runId)).toMatchObject({ usage: { inputTokens: 20 } });
    });

    test('refuses an event that is not one of the contract, and writes nothing of its commit', async (ledger) => {
      const taskId = newId();
      const wrong = { ...created(newId()), payload: { kind: 'nonsense' } } as unknown as Event;
      await expect(ledger.commit({ events: [created(taskId), wrong] })).rejects.toMatchObject({ code: 'invalid' });
      const extra = { ...created(newId()), surprise: 1 } as unknown as Event;
      await expect(ledger.commit({ events: [extra] })).rejects.toThrow(/surprise/);
      await expect(ledger.commit({ events: [event('run.told', { text: 'x' })] })).rejects.toThrow(/run and its task/);
      expect(await ledger.get('tasks', taskId)).toBeNull();
      expect((await ledger.listEvents({ limit: 10 })).items).toEqual([]);
    });

    test('a failed guard rejects its own commit and none of those that were made with it', async (ledger) => {
      const [one, two, run] = [newId(), newId(), newId()];
      const results = await Promise.allSettled([
        ledger.commit({ events: [created(one)] }),
        ledger.commit({ events: [created(two)], guards: [{ type: 'approval', approvalId: newId(), states: ['pending'] }] }),
        ledger.commit({ events: [queued(one, run)] }),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await ledger.get('tasks', two)).toBeNull();
      expect(await ledger.get('runs', run)).not.toBeNull();
      expect(await ledger.verify()).toMatchObject({ ok: true, events: 2 });
    });

    test('publishes what was written, in order and after it can be read', async (ledger) => {
      const heard: StoredEvent[] = [];
      const stop = ledger.subscribe((events) => heard.push(...events));
      ledger.subscribe(() => {
        throw new Error('a bad subscriber');
      });
      const tasks = Array.from({ length: 20 }, newId);
      const written = await Promise.all(tasks.map((taskId) => ledger.commit({ events: [created(taskId)] })));
      await expect.poll(() => heard.length).toBe(20);
      const inOrder = (await ledger.listEvents({ limit: 100 })).items;
      expect(heard.map(({ cursor }) => cursor)).toEqual(inOrder.map(({ cursor }) => cursor));
      expect(new Set(written.flat().map(({ cursor }) => cursor))).toEqual(new Set(heard.map(({ cursor }) => cursor)));
      stop();
      await ledger.commit({ events: [created(newId())] });
      expect(heard.length).toBe(20);
    });
  });

  describe('guards', () => {
    test('task_idle and the transition table keep a second live run from a task', async (ledger) => {
      const { taskId, runId } = await aRun(ledger);
      const second = queued(taskId, newId());
      const refusal = { guard: { type: 'task_idle', taskId } };
      await expect(ledger.commit({ events: [second], guards: [{ type: 'task_idle', taskId }] })).rejects.toMatchObject(refusal);
      await expect(ledger.commit({ events: [second] })).rejects.toMatchObject(refusal);
      await ledger.commit({ events: [started(taskId, runId), succeeded(taskId, runId)] });
      await expect(ledger.commit({ events: [second] })).resolves.toHaveLength(1);
    });

    test('issue_new, and one open task for an issue without it', async (ledger) => {
      const [first, second] = [newId(), newId()];
      const issue_new = { type: 'issue_new' as const, repositoryId, issue: 3 };
      await ledger.commit({ events: [created(first, { issue: 3 })], guards: [issue_new] });
      await expect(ledger.commit({ events: [created(second, { issue: 3 })] })).rejects.toMatchObject({ guard: issue_new });
      await ledger.commit({ events: [event('task.closed', { code: 'closed' }, { taskId: first })] });
      await expect(ledger.commit({ events: [created(second, { issue: 3 })], guards: [issue_new] })).rejects.toThrow(GuardFailed);
      await ledger.commit({ events: [created(second, { issue: 3 })] });
      await expect(ledger.commit({ events: [event('task.reopened', {}, { taskId: first })] })).rejects.toThrow(GuardFailed);
      expect(await ledger.taskOfIssue(repositoryId, 3)).toMatchObject({ id: second });
      expect(await ledger.taskOfIssue(repositoryId, 4)).toBeNull();
    });

    test('follow_up_open lets the consequences of a run be drawn once', async (ledger) => {
      const { taskId, runId } = await aRun(ledger);
      await ledger.commit({ events: [started(taskId, runId), succeeded(taskId, runId)] });
      expect((await ledger.openFollowUps()).map(({ id }) => id)).toEqual([taskId]);
      const guards = [{ type: 'follow_up_open' as const, taskId, runId }];
      const drawn = () => event('task.followed_up', { runId, outcome: 'nothing' }, { taskId });
      await ledger.commit({ events: [drawn()], guards });
      await expect(ledger.commit({ events: [drawn()], guards })).rejects.toThrow(GuardFailed);
      expect(await ledger.openFollowUps()).toEqual([]);
    });

    test('effect_new lets an effect be started once', async (ledger) => {
      const start = () =>
        event('system.effect_started', {
          key: 'k',
          kind: 'git.push',
          actionHash: 'a'.repeat(64),
          grantId: null,
          target: {},
          summary: 's',
        });
      const guards = [{ type: 'effect_new' as const, key: 'k' }];
      await ledger.commit({ events: [start()], guards });
      await expect(ledger.commit({ events: [start()], guards })).rejects.toThrow(GuardFailed);
    });

    test('approval lets one decision count', async (ledger) => {
      const { taskId, runId } = await aRun(ledger);
      const approvalId = newId();
      await ledger.commit({ events: [started(taskId, runId), asked(taskId, runId, approvalId)] });
      const guards = [{ type: 'approval' as const, approvalId, states: ['pending' as const] }];
      const results = await Promise.allSettled([
        ledger.commit({ events: [answered(taskId, runId, approvalId, 'approved')], guards }),
        ledger.commit({ events: [answered(taskId, runId, approvalId, 'denied')], guards }),
      ]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    test('an illegal transition is refused, whatever was asked for', async (ledger) => {
      const { taskId, runId } = await aRun(ledger);
      const early = succeeded(taskId, runId);
      const guard = { type: 'transition', runId, state: 'queued', attempted: 'run.succeeded' };
      await expect(ledger.commit({ events: [early] })).rejects.toMatchObject({ guard });
      await expect(ledger.commit({ events: [started(taskId, newId())] })).rejects.toMatchObject({ guard: { state: null } });
      await expect(ledger.commit({ events: [queued(taskId, runId)] })).rejects.toThrow(/queued before/);
      await ledger.commit({ events: [started(taskId, runId), succeeded(taskId, runId)] });
      await expect(ledger.commit({ events: [requeued(taskId, runId)] })).rejects.toThrow(/does not follow on success/);
    });
  });

  describe('claims', () => {
    test('of two that claim a run, one gets it', async (ledger) => {
      const { taskId, runId } = await aRun(ledger);
      const claim = (worker: string) =>
        ledger.commit({
          events: [started(taskId, runId, 1)],
          guards: [{ type: 'run', runId, states: ['queued'] }],
          lease: { type: 'take', lease: { runId, worker, fence: 1, expiresAtMs: 1000 } },
        });
      const results = await Promise.allSettled([claim('a'), claim('b'), claim('c')]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const held = await Promise.all(
        ['a', 'b', 'c'].map((worker) => ledger.heartbeat({ runId, worker, fence: 1, expiresAtMs: 1 })),
      );
      expect(held.filter(Boolean)).toHaveLength(1);
    });

    test('what an older claim says is refused', async (ledger) => {
      const { taskId, runId } = await aRun(ledger);
      await ledger.commit({ events: [started(taskId, runId, 1), requeued(taskId, runId)] });
      await expect(ledger.commit({ events: [started(taskId, runId, 1)] })).rejects.toThrow(/expected claim 2/);
      await ledger.commit({ events: [started(taskId, runId, 2)] });
      const stale = { type: 'run' as const, runId, states: ['running' as const], fence: 1 };
      await expect(ledger.commit({ events: [succeeded(taskId, runId)], guards: [stale] })).rejects.toThrow(/claim 1/);
      await ledger.commit({ events: [succeeded(taskId, runId)], guards: [{ ...stale, fence: 2 }] });
    });

    test('a lease is extended by its worker only, and is given up by its claim only', async (ledger) => {
      const { taskId, runId } = await aRun(ledger);
      const lease = { runId, worker: 'a', fence: 1, expiresAtMs: 1000 };
      await ledger.commit({ events: [started(taskId, runId)], lease: { type: 'take', lease } });
      expect(await ledger.heartbeat({ ...lease, expiresAtMs: 2000 })).toBe(true);
      expect(await ledger.heartbeat({ ...lease, worker: 'b' })).toBe(false);
      expect(await ledger.heartbeat({ ...lease, fence: 2 })).toBe(false);
      const late = { ...lease, worker: 'b' };
      await expect(ledger.commit({ events: [], lease: { type: 'take', lease: late } })).rejects.toThrow(GuardFailed);
      await ledger.commit({ events: [], lease: { type: 'release', runId, fence: 2 } });
      expect(await ledger.heartbeat(lease)).toBe(true);
      await ledger.commit({ events: [], lease: { type: 'release', runId, fence: 1 } });
      expect(await ledger.heartbeat(lease)).toBe(false);
    });
  });
}

async function aRun(ledger: Ledger): Promise<{ taskId: string; runId: string }> {
  const [taskId, runId] = [newId(), newId()];
  await ledger.commit({ events: [created(taskId), queued(taskId, runId)] });
  return { taskId, runId };
}
