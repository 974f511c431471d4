import { describe, expect, it } from 'vitest';
import { createTransitions } from '../../src/engine/runs/transitions.ts';
import { claim, openScene, queueRun, record, until } from './scene.ts';

const person = { code: 'person', message: 'enough', actor: { type: 'user', id: 'ann' } } as const;

describe('transitions', () => {
  it('end once: what comes second changes nothing, and is recorded as refused', async () => {
    const scene = await openScene();
    const ends = await Promise.all([
      scene.transitions.succeeded(scene.run, 'done'),
      scene.transitions.failed(scene.run, 'agent_error', 'no'),
      scene.transitions.canceled(scene.run, person),
    ]);
    expect(ends.filter(Boolean)).toHaveLength(1);
    expect(await scene.events('run.transition_refused')).toHaveLength(2);
    expect(scene.leases()).toEqual([]);
  });

  it('of an older claim are refused, only a cancel is not', async () => {
    const scene = await openScene();
    await scene.transitions.requeued(scene.run, { code: 'engine_lost', message: '' });
    await claim(scene.ledger, scene.runId);
    expect(await scene.transitions.succeeded(scene.run, 'done')).toBe(false);
    expect(await scene.transitions.requeued(scene.run, { code: 'lease_lost', message: '' })).toBe(false);
    expect((await scene.now()).state).toBe('running');
    expect(await scene.transitions.canceled(scene.run, person)).toBe(true);
    expect(scene.leases()).toEqual([]);
  });

  it('that cancel a run as it is claimed leave no lease', async () => {
    const scene = await openScene();
    const { runId } = await queueRun(scene.ledger, { issue: 8 });
    const queued = await scene.ledger.get('runs', runId);
    await claim(scene.ledger, runId);
    expect(queued?.state).toBe('queued');
    expect(await scene.transitions.canceled(queued as never, person)).toBe(true);
    expect(scene.leases()).not.toContain(runId);
  });

  it('that end a run withdraw its question, whichever way it ends', async () => {
    for (const end of ['succeeded', 'failed', 'canceled'] as const) {
      const scene = await openScene();
      void scene.gate().ask('scripts/workflow/gh.sh api repos/local/repo/pulls -f title=T -f head=issue-7-1 -f base=main');
      const { id } = await until(scene.pendingApproval);
      if (end === 'succeeded') await scene.transitions.requeued(scene.run, { code: 'engine_lost', message: '' });
      const run = end === 'succeeded' ? await claim(scene.ledger, scene.runId) : scene.run;
      if (end === 'succeeded') await scene.transitions.succeeded(run, 'done');
      if (end === 'failed') await scene.transitions.failed(run, 'agent_error', 'no');
      if (end === 'canceled') await scene.transitions.canceled(run, person);
      expect((await scene.ledger.get('approvals', id))?.state, end).toBe('voided');
    }
  });

  it('that the table does not have are refused', async () => {
    const scene = await openScene();
    expect(await scene.transitions.resumed(scene.run, scene.runId)).toBe(false);
    expect(await scene.transitions.parked(scene.run, scene.runId)).toBe(false);
    const { runId } = await queueRun(scene.ledger, { issue: 8 });
    const other = await scene.ledger.get('runs', runId);
    expect(await createTransitions(scene.ledger, record).succeeded(other as never, 'x')).toBe(false);
    expect((await scene.events('run.transition_refused')).map(({ payload }) => payload.attempted)).toEqual([
      'run.resumed',
      'run.parked',
      'run.succeeded',
    ]);
  });

  it('cut long words so that they can be stored', async () => {
    const scene = await openScene();
    expect(await scene.transitions.failed(scene.run, 'agent_error', 'x'.repeat(100_000))).toBe(true);
    expect(await scene.now()).toMatchObject({
      state: 'failure',
      message: expect.stringMatching(/^x{3900,}… \[\d+ characters\]$/),
    });
  });
});
