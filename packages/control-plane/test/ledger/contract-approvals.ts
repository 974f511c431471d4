import { describe, expect } from 'vitest';
import { GuardFailed, type Ledger } from '../../src/engine/ledger/port.ts';
import type { LedgerTest } from './contract.ts';
import { answered, asked, created, event, newId, queued, settled, started } from './events.ts';

const actionHash = 'a'.repeat(64);

/** What the store refuses of an approval's events, whatever guards the engine gave. */
export function approvalsContract(test: LedgerTest): void {
  describe('an approval', () => {
    test('is decided once', async (ledger) => {
      const { taskId, runId, approvalId } = await aQuestion(ledger);
      const results = await Promise.allSettled([
        ledger.commit({ events: [answered(taskId, runId, approvalId, 'approved')] }),
        ledger.commit({ events: [answered(taskId, runId, approvalId, 'denied')] }),
      ]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const refused = results.find((result) => result.status === 'rejected');
      expect(refused?.reason).toBeInstanceOf(GuardFailed);
      expect(refused?.reason.guard).toEqual({ type: 'approval', approvalId, states: ['pending'] });
      await expect(ledger.commit({ events: [expired(taskId, runId, approvalId)] })).rejects.toThrow(GuardFailed);
      await settled(ledger);
      expect((await ledger.listEvents({ limit: 9, type: 'policy.approval_decided' })).items).toHaveLength(1);
    });

    test('is decided once even within one commit, and then nothing of it is written', async (ledger) => {
      const { taskId, runId, approvalId } = await aQuestion(ledger);
      const twice = [answered(taskId, runId, approvalId, 'denied'), answered(taskId, runId, approvalId, 'approved')];
      await expect(ledger.commit({ events: twice })).rejects.toThrow(/it is denied/);
      expect(await ledger.get('approvals', approvalId)).toMatchObject({ state: 'pending' });
    });

    test('is used once, when it was approved, and for its own action', async (ledger) => {
      const { taskId, runId, approvalId } = await aQuestion(ledger);
      const use = (hash = actionHash) => granted(taskId, runId, approvalId, hash);
      await expect(ledger.commit({ events: [use()] })).rejects.toThrow(/it is pending/);
      await ledger.commit({ events: [answered(taskId, runId, approvalId, 'approved')] });
      await expect(ledger.commit({ events: [use('b'.repeat(64))] })).rejects.toThrow(/another action/);
      await ledger.commit({ events: [use()] });
      await expect(ledger.commit({ events: [use()] })).rejects.toThrow(/it is consumed/);
      await settled(ledger);
      expect((await ledger.listEvents({ limit: 9, type: 'policy.granted' })).items).toHaveLength(1);
    });

    test('begins pending, once, and belongs to the run that asked', async (ledger) => {
      const { taskId, runId, approvalId } = await aQuestion(ledger);
      const other = await aQuestion(ledger);
      await expect(ledger.commit({ events: [asked(taskId, runId, approvalId)] })).rejects.toThrow(/asked for before/);
      const ready = asked(taskId, runId, newId());
      if (ready.type === 'policy.approval_requested') ready.payload.approval.state = 'approved';
      await expect(ledger.commit({ events: [ready] })).rejects.toThrow(/cannot begin as approved/);
      const { taskId: otherTask, runId: otherRun } = other;
      await expect(ledger.commit({ events: [answered(otherTask, otherRun, approvalId, 'approved')] })).rejects.toThrow(
        /belongs to/,
      );
      await expect(ledger.commit({ events: [answered(taskId, runId, newId(), 'approved')] })).rejects.toThrow(/no such approval/);
    });

    test('that is over is withdrawn without harm', async (ledger) => {
      const { taskId, runId, approvalId } = await aQuestion(ledger);
      await ledger.commit({ events: [answered(taskId, runId, approvalId, 'denied')] });
      await ledger.commit({
        events: [event('policy.approval_voided', { approvalId, reason: 'the run has ended' }, { taskId, runId })],
      });
      expect(await ledger.get('approvals', approvalId)).toMatchObject({ state: 'denied', decisionReason: null });
    });
  });
}

async function aQuestion(ledger: Ledger) {
  const [taskId, runId, approvalId] = [newId(), newId(), newId()];
  await ledger.commit({
    events: [created(taskId), queued(taskId, runId), started(taskId, runId), asked(taskId, runId, approvalId)],
  });
  return { taskId, runId, approvalId };
}

const expired = (taskId: string, runId: string, approvalId: string) =>
  event('policy.approval_expired', { approvalId }, { taskId, runId });

const granted = (taskId: string, runId: string, approvalId: string, hash: string) =>
  event(
    'policy.granted',
    { grantId: newId(), actionHash: hash, kind: 'command.run', approvalId, consumed: true },
    { taskId, runId },
  );
