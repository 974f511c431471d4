import { describe, expect, it, onTestFinished } from 'vitest';
import type { AgentAdapter } from '../../src/engine/agents/port.ts';
import { createProcessAdapter } from '../../src/engine/agents/process.ts';
import { type Clock, killByMark, systemClock } from '../../src/engine/system/index.ts';
import { openEngine, type Step } from '../engine/support/open-engine.ts';
import { createPlace } from '../engine/support/place.ts';
import { dispatch, followedUp, inState, pull, question, stateOf, terminal, working } from './run-steps.ts';

describe('a run that fails', () => {
  it.each<[string, Step[], string, RegExp]>([
    ['says error', [{ end: 'error', message: 'out of ideas' }], 'agent_error', /out of ideas/],
    ['dies', [{ say: 'hm' }, { exit: 3 }], 'agent_crashed', /ended without turn.completed.*3/s],
    ['comes to its limit', [{ end: 'limit', message: 'fifty turns' }], 'agent_limit', /fifty turns/],
    ['does nothing', [], 'no_pull_request', /without a pull request/],
  ])('because its agent %s says so, and its label is recovered after the failure', async (_, steps, code, message) => {
    const bench = await openEngine({ script: { implementor: steps } });
    const issue = await bench.addTask();
    await bench.command('task.label', { task: `${issue}`, add: ['status:in-progress'] });
    const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
    expect((await followedUp(bench, runId as string)).payload.outcome).toBe('recovered');
    expect(await stateOf(bench, runId as string)).toMatchObject({
      state: 'failure',
      code,
      message: expect.stringMatching(message),
    });
    const types = (await bench.events()).map(({ type }) => type);
    expect(types.indexOf('run.failed')).toBeLessThan(types.lastIndexOf('task.status_set'));
    expect((await bench.forge.getIssue(issue)).labels).toContain('status:pending');
    await bench.close();
  });

  it('because its agent dies while a person is asked: the question goes with it', async () => {
    const bench = await openEngine({ script: { implementor: [{ run: pull }] } });
    const { runId } = await dispatch(bench);
    const { id } = await question(bench);
    await killByMark('DECREE_RUN', runId);
    await followedUp(bench, runId);
    expect(await stateOf(bench, runId)).toMatchObject({ state: 'failure', code: 'agent_crashed' });
    expect((await bench.ledger.get('approvals', id))?.state).toBe('voided');
    expect(await bench.events('run.transition_refused')).toEqual([]);
    await bench.close();
  });
});

describe('preparation', () => {
  it.each<[string, Parameters<typeof openEngine>[0], Record<string, string | null>, RegExp]>([
    [
      'the definition is not committed',
      {},
      { '.claude/agents/implementor.md': null },
      /implementor\.md is not committed on main/,
    ],
    ['the definition is malformed', {}, { '.claude/agents/implementor.md': 'no frontmatter' }, /implementor\.md/],
    ['the adapter does not wait for decisions', { gate: 'none' }, {}, /does not wait for a decision on every call/],
    [
      'the set-up command fails',
      { settings: { setup: { command: ['sh', '-c', 'echo no disk >&2; exit 9'], timeoutMs: 5000 } } },
      {},
      /no disk/,
    ],
  ])('fails the run with a clear message when %s', async (what, options, files, message) => {
    const place = createPlace();
    onTestFinished(() => place.remove());
    if (Object.keys(files).length > 0) place.commit(files);
    const bench = await openEngine({ ...options, place });
    const { runId } = await dispatch(bench);
    await followedUp(bench, runId);
    const code = what.includes('set-up') ? 'setup_failed' : 'preparation_failed';
    expect(await stateOf(bench, runId)).toMatchObject({ state: 'failure', code, message: expect.stringMatching(message) });
    await bench.close();
  });

  it('fails the run when its adapter is not configured, and names those that are', async () => {
    const bench = await openEngine({
      adapters: (adapters) => adapters.set('other', adapters.get('scripted') as never) && adapters.delete('scripted'),
    });
    const { runId } = await dispatch(bench);
    await followedUp(bench, runId);
    expect(await stateOf(bench, runId)).toMatchObject({
      code: 'preparation_failed',
      message: expect.stringContaining('there are: other'),
    });
    await bench.close();
  });
});

describe('canceling', () => {
  it('a queued run ends it before an agent starts', async () => {
    const bench = await openEngine({ script: { implementor: [{ hang: true }] }, settings: { maxAgents: 1 } });
    const first = await dispatch(bench, 'One');
    const second = await dispatch(bench, 'Two');
    await working(bench, first.runId);
    await bench.command('run.cancel', { runId: second.runId });
    expect(await stateOf(bench, second.runId)).toMatchObject({ state: 'canceled', code: 'person', canceledBy: { id: 'ann' } });
    await bench.command('run.cancel', { runId: first.runId });
    await inState(bench, first.runId, 'canceled');
    expect(bench.notes().filter((note) => note.runId === second.runId)).toEqual([]);
    await bench.close();
  });

  it('twice at once is one cancel; an agent deaf to SIGTERM ends too', async () => {
    const bench = await openEngine({ script: { implementor: [{ write: 'kept.txt', text: 'x' }, { deaf: true }] } });
    const { runId } = await dispatch(bench);
    await working(bench, runId);
    await Promise.all([bench.command('run.cancel', { runId }), bench.command('run.cancel', { runId })]);
    await followedUp(bench, runId);
    expect(await terminal(bench, runId)).toHaveLength(1);
    expect(await bench.events('run.transition_refused')).toEqual([]);
    const artifacts = (await bench.ledger.listArtifacts({ runId, limit: 10 })).items.map(({ kind }) => kind);
    expect(artifacts.sort()).toEqual(['salvage', 'transcript']);
    await bench.close();
  });

  it('a run that has ended is refused with its state', async () => {
    const bench = await openEngine();
    const { runId } = await dispatch(bench);
    await followedUp(bench, runId);
    await expect(bench.command('run.cancel', { runId })).rejects.toMatchObject({
      code: 'conflict',
      details: { state: 'failure' },
    });
    await bench.close();
  });

  it('a run that has ended is refused too while the engine still tidies it', async () => {
    const asked = Promise.withResolvers<void>();
    let refusal: Promise<unknown> = Promise.resolve(null);
    let onFailed = () => {};
    const bench = await openEngine({
      decorate: (ledger) => ({
        ...ledger,
        async commit(commit) {
          const has = (type: string) => commit.events.some((event) => event.type === type);
          const stored = await ledger.commit(commit).finally(() => has('run.cancel_requested') && asked.resolve());
          if (has('run.failed')) {
            onFailed();
            await asked.promise;
          }
          return stored;
        },
      }),
    });
    const { runId } = await new Promise<{ runId: string }>((resolve) => {
      const begun = dispatch(bench);
      onFailed = () => {
        refusal = begun.then(({ runId }) => bench.command('run.cancel', { runId })).catch((error: unknown) => error);
        resolve(begun);
      };
    });
    await followedUp(bench, runId);
    expect(await refusal).toMatchObject({ code: 'conflict', details: { state: 'failure' } });
    expect(await bench.events('run.cancel_requested')).toEqual([]);
    await bench.close();
  });

  it('a waiting run withdraws its question', async () => {
    const bench = await openEngine({ script: { implementor: [{ run: pull }] } });
    const { runId } = await dispatch(bench);
    const { id } = await question(bench);
    await bench.command('run.cancel', { runId });
    await inState(bench, runId, 'canceled');
    expect((await bench.ledger.get('approvals', id))?.state).toBe('voided');
    await bench.close();
  });

  it('a parked run withdraws its question, and removes its worktree and its memory', async () => {
    const bench = await openEngine({ script: { implementor: [{ run: pull }] }, defers: true, settings: { parkAfterMs: 10 } });
    const { runId } = await dispatch(bench);
    await bench.poll(async () => (await bench.engine.query('health', {})).runs.waiting === 1, 'waiting');
    await bench.until((event) => event.type === 'run.parked', 'parking');
    await bench.command('run.cancel', { runId });
    const run = await inState(bench, runId, 'canceled');
    expect(run.state).toBe('canceled');
    await bench.poll(
      async () => (await bench.ledger.listApprovals({ state: 'pending', limit: 1 })).items.length === 0,
      'no question',
    );
    await bench.close();
  });

  it('the same command twice is answered alike, also when the run has ended meanwhile', async () => {
    const bench = await openEngine({ script: { implementor: [{ hang: true }] } });
    const { runId } = await dispatch(bench);
    await working(bench, runId);
    const id = '01900000-0000-7000-8000-00000000c0de';
    const first = await bench.command('run.cancel', { runId }, id);
    await inState(bench, runId, 'canceled');
    expect(await bench.command('run.cancel', { runId }, id)).toEqual(first);
    await bench.close();
  });
});

it('has no session on record of an agent whose program cannot start', async () => {
  const bench = await openEngine({
    adapters: (adapters) => {
      const { capabilities } = adapters.get('scripted') as AgentAdapter;
      const command = ['/nowhere/agent'];
      adapters.set('scripted', createProcessAdapter({ name: 'scripted', command, capabilities, clock: systemClock }));
    },
  });
  const { runId } = await dispatch(bench);
  await followedUp(bench, runId);
  expect(await stateOf(bench, runId)).toMatchObject({
    ...{ state: 'failure', code: 'agent_crashed', sessionId: null },
    message: expect.stringMatching(/could not be started.*ENOENT/),
  });
  const types = (await bench.events()).filter((event) => event.runId === runId).map(({ type }) => type);
  expect(types).toContain('run.workspace_ready');
  expect(types).not.toContain('run.session_started');
  await bench.close();
});

describe('time', () => {
  it('counts for the run, not for each claim: one whose engine died has only what is left', async () => {
    const place = createPlace();
    onTestFinished(() => place.remove());
    const first = await openEngine({ place, script: { implementor: [{ pause: 700 }, { run: 'git status' }, { hang: true }] } });
    const { runId } = await dispatch(first);
    await first.until((event) => event.type === 'policy.decided' && event.payload.toolCallId !== null, 'its call');
    await first.die();
    const script = { implementor: [{ end: 'error', message: 'by itself' }] };
    const second = await openEngine({ place, script, settings: { maxDurationMs: 600 } });
    await followedUp(second, runId);
    expect(await stateOf(second, runId)).toMatchObject({ state: 'canceled', code: 'max_duration', fence: 2 });
    await second.close();
  });

  it('ends an agent that works too long', async () => {
    const bench = await openEngine({ script: { implementor: [{ hang: true }] }, settings: { maxDurationMs: 300 } });
    const { runId } = await dispatch(bench);
    await followedUp(bench, runId);
    expect(await stateOf(bench, runId)).toMatchObject({ state: 'canceled', code: 'max_duration' });
    await bench.close();
  });

  it('stands while a person is asked', async () => {
    const maxDurationMs = 36_000_000;
    const limits: (AbortSignal | undefined)[] = [];
    const clock: Clock = {
      ...systemClock,
      sleep(ms, options) {
        if (ms > maxDurationMs - 3_600_000 && ms <= maxDurationMs) limits.push(options?.signal);
        return systemClock.sleep(ms, options);
      },
    };
    const bench = await openEngine({
      script: { implementor: [{ run: pull }, { end: 'error', message: 'enough' }] },
      settings: { maxDurationMs },
      clock,
    });
    const { runId } = await dispatch(bench);
    const { id } = await question(bench);
    await bench.poll(() => limits.length === 1 && limits[0]?.aborted, 'its time to stand');
    await bench.command('approval.deny', { approvalId: id, reason: 'no' });
    await bench.poll(() => limits.length === 2, 'its time to go on');
    await followedUp(bench, runId);
    expect(await stateOf(bench, runId)).toMatchObject({ state: 'failure', message: 'enough' });
    await bench.close();
  });

  it('ends a question that nobody answers, also of a parked run, which then ends as expired', async () => {
    const bench = await openEngine({
      script: { implementor: [{ run: pull, endIfDenied: true }] },
      defers: true,
      settings: { parkAfterMs: 10, approvalDeadlineMs: 700 },
    });
    const { runId } = await dispatch(bench);
    await followedUp(bench, runId);
    expect(await stateOf(bench, runId)).toMatchObject({ state: 'failure', code: 'approval_expired' });
    expect(await bench.events('policy.approval_requested')).toHaveLength(1);
    await bench.close();
  });
});

describe('several runs', () => {
  it('work side by side in worktrees of their own, as many as are admitted', async () => {
    const bench = await openEngine({ script: { implementor: [{ hear: true }] }, settings: { maxAgents: 2 } });
    const runs = [await dispatch(bench, 'One'), await dispatch(bench, 'Two'), await dispatch(bench, 'Three')];
    const started = () => bench.notes().filter((note) => note.event === 'start');
    await bench.poll(() => started().length === 2, 'two agents');
    expect((await bench.engine.query('health', {})).runs).toMatchObject({ running: 2, queued: 1 });
    const first = runs[0] as { runId: string };
    await bench.poll(
      async () => (await bench.command('run.say', { runId: first.runId, text: 'go' }).catch(() => null)) !== null,
      'saying',
    );
    await bench.poll(() => started().length === 3, 'the third agent');
    expect(new Set(started().map(({ cwd }) => cwd)).size).toBe(3);
    expect(bench.notes().find((note) => note.event === 'heard')).toMatchObject({ text: 'go', runId: first.runId });
    for (const { runId } of runs.slice(1)) await bench.command('run.cancel', { runId });
    for (const { runId } of runs) await followedUp(bench, runId);
    await bench.close();
  });
});

describe('what is said to an agent', () => {
  it('is recorded and heard once for a command, and refused when no agent listens', async () => {
    const bench = await openEngine({ script: { implementor: [{ hear: true }, { pause: 100 }, { say: 'over' }] } });
    const { runId } = await dispatch(bench);
    await working(bench, runId);
    const id = '01900000-0000-7000-8000-0000000005a1';
    await bench.command('run.say', { runId, text: 'hello' }, id);
    await bench.command('run.say', { runId, text: 'hello' }, id);
    await followedUp(bench, runId);
    expect(bench.notes().filter((note) => note.event === 'heard')).toHaveLength(1);
    expect(await bench.events('run.told')).toHaveLength(1);
    await expect(bench.command('run.say', { runId, text: 'again' })).rejects.toMatchObject({
      code: 'conflict',
      details: { state: 'failure' },
    });
    await bench.close();
  });
});

describe('a parked run', () => {
  it('goes on where it stood once a person has decided', async () => {
    const bench = await openEngine({
      script: { implementor: [{ run: 'git status' }, { run: pull }, { end: 'error', message: 'end of script' }] },
      defers: true,
      settings: { parkAfterMs: 10 },
    });
    const { runId } = await dispatch(bench);
    await bench.until((event) => event.type === 'run.parked', 'parking');
    await bench.poll(async () => (await bench.engine.query('health', {})).runs.running === 0, 'no place taken');
    const { id } = await question(bench);
    await bench.command('approval.approve', { approvalId: id });
    await followedUp(bench, runId);
    const starts = bench.notes().filter((note) => note.event === 'start');
    expect(starts.map(({ resume }) => resume)).toEqual(['new', 'deferred']);
    expect(new Set(starts.map(({ sessionId }) => sessionId)).size).toBe(1);
    const ran = bench
      .notes()
      .filter((note) => note.event === 'ran')
      .map(({ command }) => String(command).split(' ')[0]);
    expect(ran).toEqual(['git', 'scripts/workflow/gh.sh']);
    expect(await bench.ledger.get('approvals', id)).toMatchObject({ state: 'consumed' });
    await bench.close();
  });

  it('outlives the engine: stopped while it waits, it goes on with the next one', async () => {
    const place = createPlace();
    onTestFinished(() => place.remove());
    const options = {
      ...{ place, defers: true, settings: { shutdownTimeoutMs: 5_000 } },
      script: { implementor: [{ run: pull }, { end: 'error', message: 'end of script' }] as Step[] },
    };
    const first = await openEngine(options);
    const { runId } = await dispatch(first);
    const { id } = await question(first);
    await first.close();
    const second = await openEngine(options);
    expect(await stateOf(second, runId)).toMatchObject({ state: 'waiting_approval', parked: true });
    await second.command('approval.deny', { approvalId: id, reason: 'not this one' });
    await followedUp(second, runId);
    expect(await stateOf(second, runId)).toMatchObject({ state: 'failure', message: 'end of script', requeues: 0 });
    expect(second.notes().findLast((note) => note.event === 'decision')).toMatchObject({
      reason: expect.stringContaining('not this one'),
    });
    await second.close();
  });
});
