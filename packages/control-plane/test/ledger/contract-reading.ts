import type { Page, StoredEvent } from '@decree/contracts';
import { describe, expect } from 'vitest';
import type { Ledger } from '../../src/engine/ledger/port.ts';
import type { LedgerTest } from './contract.ts';
import {
  answered,
  asked,
  created,
  decided,
  event,
  newId,
  queued,
  recorded,
  repositoryId,
  settled,
  specGone,
  specSeen,
  started,
  succeeded,
  used,
} from './events.ts';

export function readingContract(test: LedgerTest): void {
  describe('pages', () => {
    test('hold every row once while others are added', async (ledger) => {
      const old = await makeTasks(ledger, 25);
      const first = await ledger.listTasks({ limit: 10, state: 'open' });
      const later = await makeTasks(ledger, 5);
      const rest = await readOn((after) => ledger.listTasks({ limit: 4, state: 'open', after }), first);
      expect(rest.map(({ id }) => id)).toEqual(old.toReversed());
      expect((await ledger.listTasks({ limit: 5, state: 'open' })).items.map(({ id }) => id)).toEqual(later.toReversed());
    });

    test('of tasks are sifted by kind and state', async (ledger) => {
      const plan = newId();
      const [one, two] = await makeTasks(ledger, 2);
      await ledger.commit({ events: [created(plan, { kind: 'plan' })] });
      await ledger.commit({ events: [event('task.closed', { code: 'closed' }, { taskId: one! })] });
      const ids = async (input: Omit<Parameters<Ledger['listTasks']>[0], 'limit'>) =>
        (await ledger.listTasks({ ...input, limit: 9 })).items.map(({ id }) => id);
      expect(await ids({ state: 'all' })).toEqual([plan, two, one]);
      expect(await ids({ state: 'closed' })).toEqual([one]);
      expect(await ids({ state: 'closed', kind: 'plan' })).toEqual([]);
      expect(await ids({ state: 'open', kind: 'plan' })).toEqual([plan]);
      expect(await ids({ state: 'all', kind: 'implement' })).toEqual([two, one]);
    });

    test('of runs, approvals and artifacts are sifted by what they belong to', async (ledger) => {
      const { taskId, runId, approvalId } = await aBusyRun(ledger);
      const other = await aBusyRun(ledger);
      const correlationId = (await ledger.get('runs', runId))!.correlationId;
      expect((await ledger.listRuns({ limit: 9, taskId })).items.map(({ id }) => id)).toEqual([runId]);
      expect((await ledger.listRuns({ limit: 9, correlationId, state: 'running', role: 'implementor' })).items).toHaveLength(2);
      expect((await ledger.listRuns({ limit: 9, state: 'queued' })).items).toEqual([]);
      expect((await ledger.listRuns({ limit: 1 })).items.map(({ id }) => id)).toEqual([other.runId]);
      expect((await ledger.listApprovals({ limit: 9, state: 'pending', runId })).items.map(({ id }) => id)).toEqual([approvalId]);
      expect((await ledger.listApprovals({ limit: 9, state: 'all' })).items.map(({ id }) => id)).toEqual([
        approvalId,
        other.approvalId,
      ]);
      const ids = (page: { items: readonly { id: string }[] }) => page.items.map(({ id }) => id);
      const oldest = await ledger.listApprovals({ limit: 9, state: 'all' });
      const newest = await ledger.listApprovals({ limit: 1, state: 'all', newest: true });
      expect(ids(newest)).toEqual(ids(oldest).slice(-1));
      expect(ids(await ledger.listApprovals({ limit: 9, state: 'all', newest: true, after: newest.next }))).toEqual(
        ids(oldest).toReversed().slice(1),
      );
      expect((await ledger.listApprovals({ limit: 9, state: 'denied', taskId })).items).toEqual([]);
      expect((await ledger.listArtifacts({ limit: 9, reference: runId })).items).toHaveLength(1);
      expect((await ledger.listArtifacts({ limit: 9, taskId })).items.map(({ runId: of }) => of)).toEqual([runId]);
      expect((await ledger.listArtifacts({ limit: 9, correlationId })).items).toHaveLength(2);
    });

    test('of events are read on from a cursor, sifted, and begin at either end', async (ledger) => {
      const { taskId, runId } = await aBusyRun(ledger);
      await aBusyRun(ledger);
      await settled(ledger);
      const whole = (await ledger.listEvents({ limit: 500 })).items;
      const read = await readOn((after) => ledger.listEvents({ limit: 3, after }), await ledger.listEvents({ limit: 3 }));
      expect(read).toEqual(whole);
      const newest = await ledger.listEvents({ limit: 4, newest: true });
      expect(newest).toEqual({ items: whole.slice(-4), previous: whole.at(-4)!.cursor });
      expect((await ledger.listEvents({ limit: 9, after: whole.at(-3)!.cursor })).items).toEqual(whole.slice(-2));
      const those = (keep: (event: StoredEvent) => boolean) => whole.filter(keep);
      expect((await ledger.listEvents({ limit: 99, taskId })).items).toEqual(those((event) => event.taskId === taskId));
      expect((await ledger.listEvents({ limit: 99, runId, type: 'run.used' })).items).toEqual(
        those((event) => event.runId === runId && event.type === 'run.used'),
      );
      expect(
        (await ledger.listEvents({ limit: 99, correlationId: whole[0]!.correlationId, type: 'task.created' })).items,
      ).toHaveLength(2);
      expect(await ledger.event(whole[2]!.id)).toEqual(whole[2]);
      expect(await ledger.event(newId())).toBeNull();
    });

    test('of events are read backwards from a cursor, each in order, sifted, while others are added', async (ledger) => {
      const { taskId, runId } = await aBusyRun(ledger);
      await aBusyRun(ledger);
      await settled(ledger);
      const whole = (await ledger.listEvents({ limit: 500 })).items;
      const readBack = async (filter: { taskId?: string; runId?: string; type?: string }) => {
        let page = await ledger.listEvents({ ...filter, limit: 3, newest: true });
        const items = [...page.items];
        while (page.previous !== undefined) {
          await makeTasks(ledger, 1);
          page = await ledger.listEvents({ ...filter, limit: 3, before: page.previous });
          items.unshift(...page.items);
        }
        return items;
      };
      expect(await readBack({})).toEqual(whole);
      expect(await readBack({ taskId })).toEqual(whole.filter((event) => event.taskId === taskId));
      const typed = whole.filter((event) => event.runId === runId && event.type === 'run.used');
      expect(await readBack({ runId, type: 'run.used' })).toEqual(typed);
      expect(await ledger.listEvents({ limit: 9, before: whole[2]!.cursor })).toEqual({ items: whole.slice(0, 2) });
      expect(await ledger.listEvents({ limit: 9, before: whole[0]!.cursor, newest: true })).toEqual({ items: [] });
      const both = { after: whole[0]!.cursor, before: whole[4]!.cursor };
      await expect(ledger.listEvents({ limit: 9, ...both })).rejects.toMatchObject({ code: 'invalid' });
      await expect(ledger.listEvents({ limit: 9, before: 'x' })).rejects.toMatchObject({ code: 'invalid' });
    });

    test('refuse a cursor that they did not give, and a limit out of bounds', async (ledger) => {
      await makeTasks(ledger, 3);
      const { next } = await ledger.listTasks({ limit: 1, state: 'open' });
      const garbage = ['x', '%%%', Buffer.from('1t[1,2]').toString('base64url'), Buffer.from('1e[1e99]').toString('base64url')];
      for (const after of garbage) {
        await expect(ledger.listTasks({ limit: 1, state: 'open', after })).rejects.toMatchObject({ code: 'invalid' });
        await expect(ledger.listEvents({ limit: 1, after })).rejects.toMatchObject({ code: 'invalid' });
      }
      await expect(ledger.listRuns({ limit: 1, after: next })).rejects.toMatchObject({ code: 'invalid' });
      for (const limit of [0, 501, 1.5]) await expect(ledger.listRuns({ limit })).rejects.toMatchObject({ code: 'invalid' });
    });
  });

  describe('reading', () => {
    test('the queue by rank, then by age', async (ledger) => {
      const runs = [];
      for (const rank of [2, 1, 1]) {
        const [taskId, runId] = [newId(), newId()];
        await ledger.commit({ events: [created(taskId), queued(taskId, runId, { rank })] });
        runs.push(runId);
      }
      expect((await ledger.queuedRuns(10)).map(({ id }) => id)).toEqual([runs[1], runs[2], runs[0]]);
      expect(await ledger.queuedRuns(1)).toHaveLength(1);
    });

    test('the open state is what the events below its cursor mean, without what is closed', async (ledger) => {
      const { taskId, runId, approvalId } = await aBusyRun(ledger);
      const [done] = await makeTasks(ledger, 1);
      await ledger.commit({
        events: [event('task.closed', { code: 'closed' }, { taskId: done! }), specSeen('a.md'), specSeen('b.md')],
      });
      await ledger.commit({ events: [specGone('a.md')] });
      const { state, cursor } = await ledger.openState();
      expect(Object.keys(state.tasks)).toEqual([taskId]);
      expect(Object.keys(state.runs)).toEqual([runId]);
      expect(Object.keys(state.approvals)).toEqual([approvalId]);
      expect(Object.keys(state.specs)).toEqual([`${repositoryId}:b.md`]);
      expect((await ledger.listEvents({ limit: 9, after: cursor! })).items).toEqual([]);
    });

    test('of an empty ledger there is no cursor', async (ledger) => {
      expect(await ledger.openState()).toMatchObject({ cursor: null, state: { tasks: {} } });
      expect((await ledger.listEvents({ limit: 5, newest: true })).items).toEqual([]);
      expect(await ledger.verify()).toEqual({ ok: true, streams: 0, events: 0, problems: [] });
    });

    test('the approval of an action: one that can be used, else the newest denial', async (ledger) => {
      const { taskId, runId, approvalId } = await aBusyRun(ledger);
      const actionHash = 'a'.repeat(64);
      const found = async () => (await ledger.approvalFor({ runId, actionHash }))?.id;
      expect(await found()).toBe(approvalId);
      await ledger.commit({ events: [answered(taskId, runId, approvalId, 'denied')] });
      expect(await found()).toBe(approvalId);
      const again = newId();
      await ledger.commit({ events: [asked(taskId, runId, again)] });
      expect(await found()).toBe(again);
      await ledger.commit({ events: [event('policy.approval_voided', { approvalId: again, reason: 'x' }, { taskId, runId })] });
      expect(await found()).toBe(approvalId);
      expect(await ledger.approvalFor({ runId, actionHash: 'c'.repeat(64) })).toBeNull();
    });

    test('a grant until it is consumed', async (ledger) => {
      const { taskId, runId } = await aBusyRun(ledger);
      const [grantId, actionHash] = [newId(), 'd'.repeat(64)];
      const granted = { grantId, actionHash, kind: 'git.push', approvalId: null, consumed: false };
      await ledger.commit({ events: [event('policy.granted', granted, { taskId, runId })] });
      expect(await ledger.openGrant({ runId, actionHash })).toMatchObject({ id: grantId });
      const effect = { key: 'k', kind: 'git.push', actionHash, grantId, target: {}, summary: 's' };
      await ledger.commit({ events: [event('system.effect_started', effect, { taskId, runId })] });
      expect(await ledger.openGrant({ runId, actionHash })).toBeNull();
    });

    test('the summary counts runs, minutes, tokens, decisions, approvals and artifacts, of all or of one root', async (ledger) => {
      const { taskId, runId } = await aBusyRun(ledger);
      await ledger.commit({ events: [succeeded(taskId, runId)] });
      const correlationId = newId();
      await ledger.commit({ events: [created(newId(), { correlationId })] });
      const run = (await ledger.get('runs', runId))!;
      const minutes = run.state === 'success' ? (Date.parse(run.endedAt) - Date.parse(run.startedAt!)) / 60_000 : Number.NaN;
      const whole = await ledger.summary({});
      expect(whole).toEqual({
        runs: { queued: 0, running: 0, waiting_approval: 0, success: 1, failure: 0, canceled: 0 },
        totalRuns: 1,
        minutes,
        usage: { inputTokens: 20, outputTokens: 4, cacheReadTokens: 6, cacheWriteTokens: 8, costUsd: 0.5, costBasis: 'table' },
        decisions: { allow: 1, deny: 1, require_approval: 0 },
        approvals: { pending: 1 },
        artifacts: { commit: 1 },
        events: 11,
      });
      expect(await ledger.summary({ correlationId: run.correlationId })).toEqual({ ...whole, events: 10 });
      expect(await ledger.summary({ correlationId })).toMatchObject({ totalRuns: 0, minutes: 0, events: 1, approvals: {} });
    });
  });
}

async function makeTasks(ledger: Ledger, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, newId);
  for (const id of ids) await ledger.commit({ events: [created(id)] });
  return ids;
}

async function aBusyRun(ledger: Ledger) {
  const [taskId, runId, approvalId] = [newId(), newId(), newId()];
  await ledger.commit({ events: [created(taskId), queued(taskId, runId)] });
  await ledger.commit({ events: [started(taskId, runId), used(taskId, runId), used(taskId, runId), decided(taskId, runId)] });
  await ledger.commit({
    events: [decided(taskId, runId, 'deny'), asked(taskId, runId, approvalId), recorded(taskId, runId, runId)],
  });
  return { taskId, runId, approvalId };
}

async function readOn<T>(read: (after: string) => Promise<Page<T>>, first: Page<T>): Promise<T[]> {
  const items = [...first.items];
  for (let page = first; page.next !== undefined; ) {
    page = await read(page.next);
    items.push(...page.items);
  }
  return items;
}
