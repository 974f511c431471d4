import { type Event, emptyState, fold, openRows, readStoredEvent, spendKey } from '@decree/contracts';
import { describe, expect } from 'vitest';
import type { Ledger } from '../../src/engine/ledger/port.ts';
import type { LedgerTest } from './contract.ts';
import { asked, created, event, newId, queued, repositoryId, specSeen, started, succeeded, used } from './events.ts';

const onDay = (made: Event, day: string): Event => ({ ...made, occurredAt: `${day}T12:00:00.000Z` });

async function aRun(ledger: Ledger): Promise<{ taskId: string; runId: string }> {
  const [taskId, runId] = [newId(), newId()];
  await ledger.commit({ events: [created(taskId), queued(taskId, runId), started(taskId, runId)] });
  return { taskId, runId };
}

export function spendContract(test: LedgerTest): void {
  describe('spend', () => {
    test('is added up by day, role and model as it is written, over all runs, and is the same when rebuilt', async (ledger) => {
      const [one, two] = [await aRun(ledger), await aRun(ledger)];
      await ledger.commit({
        events: [onDay(used(one.taskId, one.runId), '2026-03-01'), onDay(used(two.taskId, two.runId), '2026-03-02')],
      });
      await Promise.all(
        [one, two, one].map(({ taskId, runId }) => ledger.commit({ events: [onDay(used(taskId, runId), '2026-03-01')] })),
      );
      const row = await ledger.get('spend', spendKey(repositoryId, '2026-03-01', 'implementor', 'm'));
      expect(row).toMatchObject({ day: '2026-03-01', role: 'implementor', model: 'm', usage: { inputTokens: 40, costUsd: 1 } });
      // A bill that comes when the run has ended counts too.
      await ledger.commit({ events: [succeeded(one.taskId, one.runId)] });
      await ledger.commit({ events: [onDay(used(one.taskId, one.runId), '2026-03-02')] });
      expect(await ledger.get('spend', spendKey(repositoryId, '2026-03-02', 'implementor', 'm'))).toMatchObject({
        usage: { inputTokens: 20 },
      });
      expect(await ledger.compareWithRebuild()).toEqual([]);
    });

    test('is read newest day first, page by page, from a day on', async (ledger) => {
      const { taskId, runId } = await aRun(ledger);
      const days = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04'];
      for (const day of days) await ledger.commit({ events: [onDay(used(taskId, runId), day)] });
      const first = await ledger.listSpend({ limit: 3 });
      const second = await ledger.listSpend({ limit: 3, after: first.next });
      expect([...first.items, ...second.items].map(({ day }) => day)).toEqual(days.toReversed());
      expect(second.next).toBeUndefined();
      const since = await ledger.listSpend({ limit: 2, since: '2026-03-03' });
      expect(since.items.map(({ day }) => day)).toEqual(['2026-03-04', '2026-03-03']);
      const rest = await ledger.listSpend({ limit: 2, since: '2026-03-03', after: since.next });
      expect(rest).toEqual({ items: [] });
    });
  });

  describe('a snapshot', () => {
    test('holds just what the contracts say is open, with the last run of each open task', async (ledger) => {
      const [failed, busy, gone, closedButBusy] = [
        await aRun(ledger),
        await aRun(ledger),
        await aRun(ledger),
        await aRun(ledger),
      ];
      const end = ({ taskId, runId }: typeof failed) =>
        ledger.commit({ events: [event('run.failed', { code: 'agent_error', message: 'm' }, { taskId, runId })] });
      await end(failed);
      const again = newId();
      await ledger.commit({ events: [queued(failed.taskId, again, { attempt: 2 }), started(failed.taskId, again)] });
      await end({ taskId: failed.taskId, runId: again });
      await ledger.commit({ events: [asked(busy.taskId, busy.runId, newId()), specSeen('a.md')] });
      await end(gone);
      for (const { taskId } of [gone, closedButBusy])
        await ledger.commit({ events: [event('task.closed', { code: 'closed' }, { taskId })] });
      for (const day of ['2026-03-01', '2026-03-08'])
        await ledger.commit({ events: [onDay(used(busy.taskId, busy.runId), day)] });
      const { state, cursor } = await ledger.snapshot({ firstSpendDay: '2026-03-02' });
      const events = (await ledger.listEvents({ limit: 500 })).items;
      const truth = events.map(readStoredEvent).reduce((all, each) => (each ? fold(all, each) : all), emptyState());
      expect(state).toEqual(JSON.parse(JSON.stringify(openRows(truth, '2026-03-02'))));
      expect(Object.keys(state.runs).sort()).toEqual([again, busy.runId, closedButBusy.runId].sort());
      expect(cursor).toBe(events.at(-1)?.cursor);
    });
  });
}
