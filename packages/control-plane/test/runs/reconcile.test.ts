import type { Run } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { decideReconciliation, maxRequeues } from '../../src/engine/runs/reconcile.ts';

const run = { requeues: 0, sessionId: 's', trigger: 'person' } as Run;
const all = { workspace: true, session: true };

describe('a run whose engine died', () => {
  it('goes on in its session, in a worktree made anew where it has to be', () => {
    expect(decideReconciliation(run, all)).toMatchObject({ type: 'resume' });
    expect(decideReconciliation(run, { ...all, workspace: false })).toMatchObject({ type: 'resume' });
    expect(decideReconciliation({ ...run, sessionId: null }, { workspace: false, session: false })).toMatchObject({
      type: 'resume',
    });
  });

  it('is replaced once when its session is lost, and not a second time', () => {
    const lost = { ...all, session: false };
    expect(decideReconciliation(run, lost)).toMatchObject({ type: 'restart', code: 'session_lost' });
    expect(decideReconciliation({ ...run, trigger: 'restart' }, lost)).toMatchObject({ type: 'fail', code: 'session_lost' });
  });

  it('is given up when it may be what kills engines', () => {
    expect(decideReconciliation({ ...run, requeues: maxRequeues }, all)).toMatchObject({
      type: 'fail',
      code: 'requeued_too_often',
    });
  });
});
