import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEngine } from '../engine/support/open-engine.ts';
import { createPlace } from '../engine/support/place.ts';
import { dispatch, followedUp, stateOf, working } from './run-steps.ts';

describe('the engine', () => {
  it('cancels what still works when its grace is over, and gives the task back', async () => {
    const bench = await openEngine({ script: { implementor: [{ hang: true }] }, settings: { shutdownTimeoutMs: 0 } });
    const { issue, runId } = await dispatch(bench);
    await bench.command('task.label', { task: `${issue}`, add: ['status:in-progress'] });
    await working(bench, runId);
    await bench.close();
    const place = bench.place;
    const next = await openEngine({ place });
    expect(await stateOf(next, runId)).toMatchObject({ state: 'canceled', code: 'shutdown' });
    expect((await next.forge.getIssue(issue)).labels).toContain('status:pending');
    await next.close();
  });

  it('goes on with a run that a killed engine held, in its session, under a new claim', async () => {
    const place = createPlace();
    onTestFinished(() => place.remove());
    const go = join(place.root, 'go');
    const script = { implementor: [{ wait: go }, { end: 'error', message: 'end of script' }] };
    const first = await openEngine({ place, script });
    const { runId } = await dispatch(first);
    await working(first, runId);
    await first.die();
    writeFileSync(go, '');
    const second = await openEngine({ place, script });
    await followedUp(second, runId);
    expect(await stateOf(second, runId)).toMatchObject({ state: 'failure', message: 'end of script', fence: 2, requeues: 1 });
    expect(
      second
        .notes()
        .filter((note) => note.event === 'start')
        .map(({ resume }) => resume),
    ).toEqual(['new', 'interrupted']);
    await second.close();
  });

  it('leaves nothing of a resumed run whose preparation fails', async () => {
    const place = createPlace();
    onTestFinished(() => place.remove());
    const script = { implementor: [{ write: 'kept.txt', text: 'x' }, { hang: true }] };
    const first = await openEngine({ place, script });
    const { runId } = await dispatch(first);
    await working(first, runId);
    const { cwd } = first.notes()[0] as { cwd?: string };
    await first.poll(() => existsSync(join(cwd as string, 'kept.txt')), 'its work');
    await first.die();
    place.commit({ '.claude/agents/implementor.md': null });
    const second = await openEngine({ place, script });
    await followedUp(second, runId);
    expect(await stateOf(second, runId)).toMatchObject({ state: 'failure', code: 'preparation_failed' });
    const kept = (await second.ledger.listArtifacts({ runId, limit: 10 })).items.map(({ kind }) => kind);
    expect(kept).toContain('salvage');
    await second.close();
  });

  it('begins a new run in the same scope when the memory of the old one is gone', async () => {
    const place = createPlace();
    onTestFinished(() => place.remove());
    const first = await openEngine({ place, script: { implementor: [{ hang: true }] } });
    const { runId } = await dispatch(first);
    await working(first, runId);
    await first.die();
    rmSync(join(place.state, 'runs'), { recursive: true });
    const second = await openEngine({ place, script: { implementor: [{ end: 'error', message: 'end' }] } });
    const successor = await second.poll(
      async () =>
        (await second.ledger.listRuns({ limit: 5 })).items.find((run) => run.retryOf === runId && run.state === 'failure'),
      'the successor',
    );
    expect(await stateOf(second, runId)).toMatchObject({ state: 'failure', code: 'session_lost' });
    expect(successor).toMatchObject({ trigger: 'restart', effectScope: runId, attempt: 2 });
    const decided = (await second.events('policy.decided')).filter((event) => event.runId === successor.id);
    expect(decided[0]?.payload).toMatchObject({
      request: { action: { kind: 'run.dispatch', arguments: { trigger: 'restart' } } },
    });
    await second.close();
  });

  it('asks the policy before it begins that new run, and leaves the task to a person where that forbids it', async () => {
    const place = createPlace();
    onTestFinished(() => place.remove());
    const first = await openEngine({ place, script: { implementor: [{ hang: true }] } });
    const { issue, runId } = await dispatch(first);
    await first.command('task.label', { task: `${issue}`, add: ['status:in-progress'] });
    await working(first, runId);
    await first.die();
    rmSync(join(place.state, 'runs'), { recursive: true });
    const policy = '@id("nobody")\nforbid (principal, action == Action::"run.dispatch", resource);';
    const second = await openEngine({ place, policy });
    expect((await followedUp(second, runId)).payload.outcome).toBe('recovered');
    expect(await stateOf(second, runId)).toMatchObject({
      state: 'failure',
      code: 'session_lost',
      message: expect.stringMatching(/policy forbids/),
    });
    expect((await second.ledger.listRuns({ limit: 5 })).items).toHaveLength(1);
    const denied = (await second.events('policy.decided')).filter(
      ({ payload }) => (payload as unknown as { decision?: { outcome: string } }).decision?.outcome === 'deny',
    );
    expect(denied).toHaveLength(1);
    expect((await second.forge.getIssue(issue)).labels).toContain('status:pending');
    await second.close();
  });
});
