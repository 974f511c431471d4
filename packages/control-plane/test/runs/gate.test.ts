import type { EventOf } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { claim, openScene, record, repositoryId, until } from './scene.ts';

const pull = (title: string) =>
  `scripts/workflow/gh.sh api repos/local/repo/pulls -f title=${title} -f head=issue-7-1 -f base=main`;
const comment = 'scripts/workflow/gh.sh api repos/local/repo/issues/7/comments -f body=hello';

describe('what the gate answers', () => {
  it('allows by the policy and records the decision before the agent hears it', async () => {
    const scene = await openScene();
    expect(await scene.gate().ask('git status')).toMatchObject({ outcome: 'allow' });
    const [decided] = await scene.events('policy.decided');
    expect(decided?.payload).toMatchObject({ toolCallId: 'c1', decision: { outcome: 'allow' } });
    expect(await scene.events('policy.granted')).toEqual([]);
  });

  it('denies what the policy does not know, and counts it', async () => {
    const scene = await openScene();
    expect(await scene.gate().ask('curl http://example.com')).toMatchObject({ outcome: 'deny' });
    expect((await scene.now()).denials).toBe(1);
  });

  it('gives one open grant for an allowed action outside, however often it is asked for before it is used', async () => {
    const scene = await openScene();
    const gate = scene.gate();
    await gate.ask(comment);
    await gate.ask(comment);
    expect(await scene.events('policy.granted')).toHaveLength(1);
    expect((await scene.events('policy.granted'))[0]?.payload).toMatchObject({ consumed: false, approvalId: null });
  });

  it('asks a person, waits, and goes on when they approve', async () => {
    const scene = await openScene();
    const gate = scene.gate();
    const verdict = gate.ask(pull('One'));
    await until(async () => (await scene.now()).state === 'waiting_approval');
    const approval = await scene.answer('approved');
    expect(await verdict).toEqual({ outcome: 'allow', reason: 'approved by a person' });
    expect((await scene.now()).state).toBe('running');
    expect((await scene.ledger.get('approvals', approval.id))?.state).toBe('consumed');
    expect(gate.waiting).toEqual([true, false]);
  });

  it('tells the agent why a person denied, and does not ask again for the same', async () => {
    const scene = await openScene();
    const gate = scene.gate();
    const verdict = gate.ask(pull('One'));
    await scene.answer('denied', 'not like this');
    expect((await verdict).reason).toContain('not like this');
    expect(await gate.ask(pull('One'))).toMatchObject({ outcome: 'deny', reason: expect.stringContaining('not like this') });
    expect(await scene.events('policy.approval_requested')).toHaveLength(1);
    expect(await scene.events('policy.decided')).toHaveLength(2);
  });

  it('asks anew when the action differs in one argument', async () => {
    const scene = await openScene();
    const gate = scene.gate();
    const first = gate.ask(pull('One'));
    await scene.answer('approved');
    await first;
    const second = gate.ask(pull('Two'));
    await scene.answer('denied', 'no');
    expect(await second).toMatchObject({ outcome: 'deny' });
    expect(await scene.events('policy.approval_requested')).toHaveLength(2);
  });

  it('denies when nobody decided in time, and does not ask again for the same', async () => {
    const scene = await openScene();
    const gate = scene.gate();
    const verdict = gate.ask(pull('One'));
    const approval = await until(scene.pendingApproval);
    const about = { repositoryId, correlationId: scene.taskId, taskId: scene.taskId, runId: scene.runId };
    await scene.ledger.commit({ events: [record('policy.approval_expired', { approvalId: approval.id }, about)] });
    expect(await verdict).toMatchObject({ outcome: 'deny', reason: expect.stringContaining('Nobody decided') });
    expect(await gate.ask(pull('One'))).toMatchObject({ outcome: 'deny', reason: expect.stringContaining('Nobody decided') });
    expect(await scene.events('policy.approval_requested')).toHaveLength(1);
  });

  it('uses an approval once: after its grant is consumed the same action is asked about again', async () => {
    const scene = await openScene();
    const gate = scene.gate();
    const first = gate.ask(pull('One'));
    await scene.answer('approved');
    await first;
    const granted = (await scene.events('policy.granted'))[0] as EventOf<'policy.granted'>;
    const key = `other:${granted.payload.actionHash}`;
    const about = { repositoryId, correlationId: scene.taskId, taskId: scene.taskId, runId: scene.runId };
    const { actionHash, grantId } = granted.payload;
    await scene.ledger.commit({
      events: [
        record('system.effect_started', { key, kind: 'forge.pull.create', actionHash, grantId, target: {}, summary: 's' }, about),
      ],
    });
    const second = gate.ask(pull('One'));
    await scene.answer('denied', 'once is enough');
    expect(await second).toMatchObject({ outcome: 'deny' });
  });

  it('answers again without a question what was approved and done before in the same scope', async () => {
    const scene = await openScene();
    const gate = scene.gate();
    const first = gate.ask(pull('One'));
    await scene.answer('approved');
    await first;
    const { actionHash, grantId } = ((await scene.events('policy.granted'))[0] as EventOf<'policy.granted'>).payload;
    const about = { repositoryId, correlationId: scene.taskId, taskId: scene.taskId, runId: scene.runId };
    const key = `${scene.runId}:${actionHash}`;
    const effect = { key, kind: 'forge.pull.create', actionHash, grantId, target: {}, summary: 's' };
    await scene.ledger.commit({ events: [record('system.effect_started', effect, about)] });
    expect(await gate.ask(pull('One'))).toMatchObject({ outcome: 'allow' });
    expect(await scene.events('policy.approval_requested')).toHaveLength(1);
  });
});

describe('several calls at once', () => {
  it('lets what needs no person pass while one call waits', async () => {
    const scene = await openScene();
    const gate = scene.gate();
    const waits = gate.ask(pull('One'));
    await until(async () => (await scene.now()).state === 'waiting_approval');
    expect(await gate.ask('git status')).toMatchObject({ outcome: 'allow' });
    await scene.answer('approved');
    expect(await waits).toMatchObject({ outcome: 'allow' });
  });

  it('puts one question after the other, never two at once', async () => {
    const scene = await openScene();
    const gate = scene.gate();
    const verdicts = Promise.all([gate.ask(pull('One')), gate.ask(pull('Two')), gate.ask(pull('Three'))]);
    for (const outcome of ['approved', 'denied', 'approved'] as const) {
      await until(scene.pendingApproval);
      expect((await scene.ledger.listApprovals({ state: 'pending', limit: 10 })).items).toHaveLength(1);
      await scene.answer(outcome, 'because');
    }
    expect((await verdicts).map(({ outcome }) => outcome)).toEqual(['allow', 'deny', 'allow']);
    expect(await scene.events('run.transition_refused')).toEqual([]);
  });

  it('asks once when the same call comes twice side by side, and both pass on its one grant', async () => {
    const scene = await openScene();
    const gate = scene.gate();
    const verdicts = Promise.all([gate.ask(pull('One')), gate.ask(pull('One'))]);
    await scene.answer('approved');
    expect((await verdicts).map(({ outcome }) => outcome)).toEqual(['allow', 'allow']);
    expect(await scene.events('policy.granted')).toHaveLength(1);
  });
});

describe('parking', () => {
  it('parks after the time that a process may wait; calls behind it are told to come again', async () => {
    const scene = await openScene();
    const gate = scene.gate({ parkAfterMs: 20 });
    const [one, two] = await Promise.all([gate.ask(pull('One')), gate.ask(pull('Two'))]);
    expect(one).toMatchObject({ outcome: 'defer' });
    expect(two).toMatchObject({ outcome: 'deny', reason: expect.stringContaining('Issue this call again') });
    expect(await scene.now()).toMatchObject({ state: 'waiting_approval', parked: true });
    expect(gate.parkedOn()).not.toBeNull();
    expect(scene.leases()).toEqual([]);
    expect(await gate.ask('git status')).toMatchObject({ outcome: 'deny' });
  });

  it('parks at once when the engine is leaving, also when it was leaving already', async () => {
    const scene = await openScene();
    const leaving = new AbortController();
    leaving.abort();
    const gate = scene.gate({ parkAfterMs: 60_000, leaving: leaving.signal });
    expect(await gate.ask(pull('One'))).toMatchObject({ outcome: 'defer' });
  });

  it('never parks an adapter that cannot be parked, nor the call of a sub-agent', async () => {
    const scene = await openScene();
    const leaving = new AbortController();
    const gate = scene.gate({ parkAfterMs: 10, leaving: leaving.signal });
    const verdict = gate.ask(pull('One'), 'helper');
    await until(async () => (await scene.now()).state === 'waiting_approval');
    leaving.abort();
    await scene.answer('approved');
    expect(await verdict).toMatchObject({ outcome: 'allow' });
  });

  it('finds the decision on the parked call after it is claimed anew, and uses it', async () => {
    const scene = await openScene();
    await scene.gate({ parkAfterMs: 5 }).ask(pull('One'));
    await scene.answer('approved');
    await scene.transitions.requeued(await scene.now(), { code: 'decided', message: 'approved' });
    const again = await claim(scene.ledger, scene.runId);
    expect(again.fence).toBe(2);
    const gate = scene.gate({ run: again });
    expect(await gate.ask(pull('One'))).toEqual({ outcome: 'allow', reason: 'approved by a person' });
    expect(await scene.events('policy.approval_requested')).toHaveLength(1);
  });

  it('voids the question of a dead claim when the agent asks for something else now', async () => {
    const scene = await openScene();
    const first = scene.gate();
    void first.ask(pull('One'));
    const stale = await until(scene.pendingApproval);
    await scene.transitions.requeued(await scene.now(), { code: 'engine_lost', message: 'killed' });
    const gate = scene.gate({ run: await claim(scene.ledger, scene.runId) });
    const verdict = gate.ask(pull('Two'));
    await until(async () => (await scene.ledger.get('approvals', stale.id))?.state === 'voided');
    await scene.answer('approved');
    expect(await verdict).toMatchObject({ outcome: 'allow' });
  });

  it('ends in one state however parking and deciding race', async () => {
    for (let round = 0; round < 10; round += 1) {
      const scene = await openScene();
      const gate = scene.gate({ parkAfterMs: 4 });
      const answered = scene.answer('approved');
      const verdict = await gate.ask(pull('One'));
      await answered;
      const run = await scene.now();
      if (verdict.outcome === 'defer') expect(run).toMatchObject({ state: 'waiting_approval', parked: true });
      else expect([verdict.outcome, run.state]).toEqual(['allow', 'running']);
    }
  });
});

describe('closed when anything is wrong', () => {
  it('denies to an older claim, whatever it asks', async () => {
    const scene = await openScene();
    await scene.transitions.requeued(scene.run, { code: 'engine_lost', message: 'lost' });
    await claim(scene.ledger, scene.runId);
    const old = scene.gate();
    for (const command of ['git status', comment, pull('One')]) expect(await old.ask(command)).toMatchObject({ outcome: 'deny' });
    expect(await scene.events('policy.granted')).toEqual([]);
    expect(await scene.events('policy.approval_requested')).toEqual([]);
  });

  it('denies once the run has ended', async () => {
    const scene = await openScene();
    await scene.transitions.succeeded(scene.run, 'done');
    expect(await scene.gate().ask('git status')).toMatchObject({ outcome: 'deny' });
  });

  it('denies when the ledger does not write', async () => {
    const scene = await openScene();
    const ledger = { ...broken(scene.ledger), commit: () => Promise.reject(new Error('disk full')) };
    expect(await scene.gate({ ledger }).ask('git status')).toMatchObject({
      outcome: 'deny',
      reason: expect.stringContaining('disk full'),
    });
  });

  it('denies when the policy throws', async () => {
    const scene = await openScene();
    const gate = scene.gate({ judge: () => Promise.reject(new Error('no verdict')) });
    expect(await gate.ask('git status')).toMatchObject({ outcome: 'deny', reason: expect.stringContaining('no verdict') });
  });

  it('denies a waiting call when its run is being ended, and leaves no listener', async () => {
    const scene = await openScene();
    const ending = new AbortController();
    let listeners = 0;
    const ledger = {
      ...broken(scene.ledger),
      subscribe(listener: Parameters<typeof scene.ledger.subscribe>[0]) {
        listeners += 1;
        const stop = scene.ledger.subscribe(listener);
        return () => {
          listeners -= 1;
          stop();
        };
      },
    };
    const gate = scene.gate({ ledger, signal: ending.signal, parkAfterMs: 60_000 });
    const verdict = gate.ask(pull('One'));
    await until(scene.pendingApproval);
    await until(async () => listeners === 1);
    ending.abort();
    expect(await verdict).toEqual({ outcome: 'deny', reason: 'The run is being ended.' });
    expect(listeners).toBe(0);
  });
});

/** The same ledger as a plain object, of which single verbs can be replaced. */
function broken<T extends object>(ledger: T): T {
  return new Proxy(ledger, {
    ownKeys: (target) => [...new Set([...Reflect.ownKeys(target), ...Reflect.ownKeys(Object.getPrototypeOf(target))])],
    getOwnPropertyDescriptor: (target, key) => ({ configurable: true, enumerable: true, value: Reflect.get(target, key) }),
    get: (target, key) => {
      const value = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
