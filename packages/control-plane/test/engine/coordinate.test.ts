import { describe, expect, it } from 'vitest';
import { type Bench, openEngine } from './support/open-engine.ts';

const pull =
  'scripts/workflow/gh.sh api repos/local/repo/pulls -f title=Done -f head={branch} -f base=main -f "body=Closes #{issue}"';
const followedUp = (bench: Bench, runId: string | undefined) =>
  bench.until((event) => event.type === 'task.followed_up' && event.payload.runId === runId, 'the follow-up');
const spec = (status: string, text = '') => `---\nstatus: ${status}\n---\n# Spec\n${text}\n`;
/** Planner runs so far, oldest first. */
const plans = async (bench: Bench) => (await bench.ledger.listRuns({ role: 'planner', limit: 50 })).items.reverse();

describe('what follows', () => {
  it('for one task is drawn although the forge does not answer for another', async () => {
    let gone: number | null = null;
    const bench = await openEngine({
      script: { implementor: [{ hear: true }] },
      fetch: (fetch) => async (url, init) =>
        gone !== null && new URL(String(url)).pathname.endsWith(`/issues/${gone}`)
          ? new Response('{"message":"Bad Gateway"}', { status: 502, headers: { 'content-type': 'application/json' } })
          : fetch(url, init),
    });
    const one = await bench.addTask('One');
    const two = await bench.addTask('Two');
    const first = await bench.command('task.dispatch', { task: `${one}` });
    const second = await bench.command('task.dispatch', { task: `${two}` });
    await bench.poll(() => bench.notes().filter((note) => note.event === 'start').length === 2, 'both agents');
    gone = one;
    for (const { runId } of [first, second]) await bench.command('run.cancel', { runId: runId as string });
    await followedUp(bench, second.runId);
    gone = null;
    await followedUp(bench, first.runId);
    await bench.close();
  });

  it('of an issue that is gone for ever is nothing', async () => {
    let gone = false;
    const bench = await openEngine({
      script: { implementor: [{ hear: true }] },
      fetch: (fetch) => async (url, init) =>
        gone && new URL(String(url)).pathname.endsWith('/issues/1')
          ? new Response('{"message":"This issue was deleted"}', { status: 410, headers: { 'content-type': 'application/json' } })
          : fetch(url, init),
    });
    const issue = await bench.addTask('One');
    const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
    await bench.poll(() => bench.notes().length > 0, 'the agent');
    gone = true;
    await bench.command('run.cancel', { runId: runId as string });
    expect((await followedUp(bench, runId)).payload).toMatchObject({ outcome: 'nothing' });
    await bench.close();
  });

  it('of a success is no review where the policy forbids the Reviewer: recorded once, and not tried for ever', async () => {
    const bench = await openEngine({
      policy: '@id("no-reviewer")\nforbid (principal == Role::"reviewer", action == Action::"run.dispatch", resource);',
      script: {
        implementor: [
          { write: 'new.txt', text: 'new\n' },
          { run: 'git add new.txt' },
          { run: 'git commit -m "Add new.txt"' },
          { run: 'git push -u origin {branch}' },
          { run: pull },
        ],
      },
    });
    const issue = await bench.addTask();
    const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
    const { id } = await bench.poll(
      async () => (await bench.ledger.listApprovals({ state: 'pending', limit: 1 })).items[0],
      'a question',
    );
    await bench.command('approval.approve', { approvalId: id });
    expect((await followedUp(bench, runId)).payload).toMatchObject({ outcome: 'nothing' });
    const denied = (await bench.events('policy.decided')).filter(({ payload }) => {
      const { request, decision } = payload as { request: { action: { kind: string } }; decision: { outcome: string } };
      return request.action.kind === 'run.dispatch' && decision.outcome === 'deny';
    });
    expect(denied).toHaveLength(1);
    expect((await bench.forge.getIssue(issue)).labels).toContain('status:review');
    await bench.close();
  });
});

describe('the Planner', () => {
  it('is given the approved specs in one batch, and what changes meanwhile in the next', async () => {
    const bench = await openEngine({ script: { planner: [{ hear: true }] } });
    bench.place.commit({
      'docs/specs/a.md': spec('approved'),
      'docs/specs/b.md': spec('approved'),
      'docs/specs/c.md': spec('draft'),
    });
    const { runId } = await bench.command('plan.start', {});
    await bench.poll(() => bench.notes().length === 1, 'the Planner');
    bench.place.commit({ 'docs/specs/a.md': spec('approved', 'more'), 'docs/specs/c.md': spec('approved') });
    await bench.command('plan.start', {});
    expect(await plans(bench)).toHaveLength(1);
    bench.script({ planner: [] });
    await bench.poll(
      () =>
        bench.command('run.say', { runId: runId as string, text: 'go' }).then(
          () => true,
          () => false,
        ),
      'saying',
    );
    const batches = await bench.poll(async () => {
      const found = await bench.events('task.planned');
      return found.length === 2 && found;
    }, 'two batches');
    const paths = batches.map(({ payload }) => (payload as { specs: { path: string }[] }).specs.map(({ path }) => path));
    expect(paths).toEqual([
      ['docs/specs/a.md', 'docs/specs/b.md'],
      ['docs/specs/a.md', 'docs/specs/c.md'],
    ]);
    expect((await bench.command('plan.start', {})).message).toBe('every approved spec is planned already');
    await bench.close();
  });

  it('that fails is tried again after its back-off, and at once when a person insists', async () => {
    const bench = await openEngine({ script: { planner: [{ end: 'error', message: 'no' }] } });
    bench.place.commit({ 'docs/specs/a.md': spec('approved') });
    await bench.command('plan.start', {});
    await bench.until((event) => event.type === 'task.plan_failed', 'the failure');
    expect(await plans(bench)).toHaveLength(1);
    await bench.command('plan.start', {});
    await bench.poll(async () => (await bench.events('task.plan_failed')).length === 2, 'the second failure');
    expect((await bench.events('task.plan_failed'))[1]?.payload).toMatchObject({ key: 'docs/specs/a.md', count: 2 });
    await bench.close();
  });

  it('that the policy forbids is refused to the person who asks, and recorded once until something changes', async () => {
    const bench = await openEngine({
      policy: '@id("no-planner")\nforbid (principal == Role::"planner", action == Action::"run.dispatch", resource);',
    });
    bench.place.commit({ 'docs/specs/a.md': spec('approved') });
    const ask = () => expect(bench.command('plan.start', {})).rejects.toMatchObject({ code: 'forbidden', message: /policy/ });
    await ask();
    await ask();
    // Each of these wakes the workflow.
    const issue = await bench.addTask();
    await bench.command('task.close', { task: `${issue}` });
    await ask();
    expect(await bench.events('policy.decided')).toHaveLength(1);
    bench.place.commit({ 'docs/specs/a.md': spec('approved', 'more') });
    await ask();
    await ask();
    expect(await bench.events('policy.decided')).toHaveLength(2);
    expect(await plans(bench)).toEqual([]);
    await bench.close();
  });

  it('that a person canceled waits for a person', async () => {
    const bench = await openEngine({ script: { planner: [{ hang: true }] } });
    bench.place.commit({ 'docs/specs/a.md': spec('approved') });
    const { runId } = await bench.command('plan.start', {});
    await bench.command('run.cancel', { runId: runId as string });
    const failed = await bench.until((event) => event.type === 'task.plan_failed', 'the end of the plan');
    expect(failed.payload).toMatchObject({ nextTryAt: null });
    await bench.close();
  });
});
