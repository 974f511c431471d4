import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/engine/system/index.ts';
import { type Bench, openEngine } from './support/open-engine.ts';

const waits = { implementor: [{ hang: true }], reviewer: [{ hang: true }] };
const labelsOf = async (bench: Bench, issue: number) => [...(await bench.forge.getIssue(issue)).labels].sort();
const runsOf = async (bench: Bench) => (await bench.ledger.listRuns({ limit: 100 })).items;

describe('task.dispatch', () => {
  it('asked for twenty times at once starts one agent; each refusal is recorded with its code', async () => {
    const bench = await openEngine({ script: waits });
    const issue = await bench.addTask();
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => bench.command('task.dispatch', { task: `${issue}` })));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await runsOf(bench)).toHaveLength(1);
    for (const result of all)
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ code: 'conflict', details: { code: 'already_running' } });
    expect(await bench.events('task.dispatch_refused')).toHaveLength(19);
    await bench.close();
  });

  it('with one id twenty times at once is answered twenty times alike', async () => {
    const bench = await openEngine({ script: waits });
    const issue = await bench.addTask();
    const id = systemRandom.uuidv7();
    const all = await Promise.all(Array.from({ length: 20 }, () => bench.command('task.dispatch', { task: `${issue}` }, id)));
    const [run] = await runsOf(bench);
    expect(new Set(all.map(({ runId }) => runId))).toEqual(new Set([run?.id]));
    expect(await bench.events('task.dispatch_refused')).toEqual([]);
    await bench.close();
  });

  it('is refused with a code by where the task stands', async () => {
    const bench = await openEngine({ script: waits });
    const issue = await bench.addTask('One', ['status:approved']);
    const refused = (role: 'implementor' | 'reviewer') =>
      bench.command('task.dispatch', { task: `#${issue}`, role }).then(
        () => 'done',
        (error: { details?: { code?: string } }) => error.details?.code,
      );
    expect(await refused('implementor')).toBe('wrong_status');
    expect(await refused('reviewer')).toBe('wrong_status');
    await bench.command('task.label', { task: `${issue}`, add: ['status:review'] });
    expect(await refused('reviewer')).toBe('no_pull_request');
    await bench.command('task.close', { task: `${issue}` });
    expect(await refused('implementor')).toBe('closed');
    await expect(bench.command('task.dispatch', { task: '#99' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(bench.command('task.dispatch', { task: '99999999999' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(bench.command('task.dispatch', { task: "x'; drop table tasks" })).rejects.toMatchObject({ code: 'not_found' });
    await bench.close();
  });

  it('is forbidden by a policy that forbids it, and the decision is recorded', async () => {
    const bench = await openEngine({
      policy: '@id("no-implementor")\nforbid (principal == Role::"implementor", action == Action::"run.dispatch", resource);',
    });
    const issue = await bench.addTask();
    await expect(bench.command('task.dispatch', { task: `${issue}` })).rejects.toMatchObject({ code: 'forbidden' });
    expect((await bench.events('policy.decided'))[0]?.payload).toMatchObject({ decision: { outcome: 'deny' } });
    expect(await runsOf(bench)).toEqual([]);
    await bench.close();
  });
});

describe('labels', () => {
  it('stay one of each category', async () => {
    const bench = await openEngine();
    const issue = await bench.addTask('One', ['priority:low', 'complexity:simple', 'mine']);
    await bench.command('task.label', { task: `${issue}`, add: ['status:blocked', 'priority:high', 'complexity:complex'] });
    expect(await labelsOf(bench, issue)).toEqual([
      'complexity:complex',
      'mine',
      'priority:high',
      'status:blocked',
      'task:implement',
    ]);
    await bench.close();
  });

  it('of one category twice in one command are refused, and nothing is done', async () => {
    const bench = await openEngine();
    const issue = await bench.addTask();
    const before = await labelsOf(bench, issue);
    await expect(bench.command('task.label', { task: `${issue}`, add: ['priority:low', 'priority:high'] })).rejects.toMatchObject(
      { code: 'invalid' },
    );
    await expect(bench.command('task.add', { title: 'Two', labels: ['status:review', 'status:approved'] })).rejects.toMatchObject(
      { code: 'invalid' },
    );
    expect(await labelsOf(bench, issue)).toEqual(before);
    expect((await bench.forge.listIssues({ state: 'all' })).value).toHaveLength(1);
    await bench.close();
  });
});

describe('commands of a person', () => {
  it('are done once for an id', async () => {
    const bench = await openEngine();
    const id = () => systemRandom.uuidv7();
    const add = id();
    const [one, two] = await Promise.all([
      bench.command('task.add', { title: 'One' }, add),
      bench.command('task.add', { title: 'One' }, add),
    ]);
    expect(one.issue).toBe(two.issue);
    expect(await bench.command('task.add', { title: 'One' }, add)).toEqual(one);
    expect((await bench.forge.listIssues({ state: 'all' })).value).toHaveLength(1);
    const task = `${one.issue}`;
    const words = id();
    for (const _ of [1, 2]) await bench.command('task.comment', { task, body: 'Words' }, words);
    expect(await bench.forge.listComments(one.issue as number)).toHaveLength(1);
    const close = id();
    for (const _ of [1, 2]) await bench.command('task.close', { task, comment: 'Enough' }, close);
    expect(await bench.forge.listComments(one.issue as number)).toHaveLength(2);
    await bench.close();
  });

  it('unblock only what is blocked, and are answered alike when they come again later', async () => {
    const bench = await openEngine({ script: waits });
    const issue = await bench.addTask();
    await expect(bench.command('task.unblock', { task: `${issue}` })).rejects.toMatchObject({ code: 'conflict' });
    await bench.command('task.label', { task: `${issue}`, add: ['status:blocked'] });
    const id = systemRandom.uuidv7();
    await bench.command('task.unblock', { task: `${issue}`, comment: 'Go on' }, id);
    expect(await labelsOf(bench, issue)).toContain('status:unblocked');
    await bench.command('task.label', { task: `${issue}`, add: ['status:in-progress'] });
    await expect(bench.command('task.unblock', { task: `${issue}`, comment: 'Go on' }, id)).resolves.toMatchObject({ issue });
    expect(await labelsOf(bench, issue)).toContain('status:in-progress');
    expect(await bench.forge.listComments(issue)).toHaveLength(1);
    await bench.close();
  });

  it('merge only what is approved and has a pull request', async () => {
    const bench = await openEngine();
    const issue = await bench.addTask();
    await expect(bench.command('task.merge', { task: `${issue}` })).rejects.toThrow(/only an approved task/);
    await bench.command('task.label', { task: `${issue}`, add: ['status:approved'] });
    await expect(bench.command('task.merge', { task: `${issue}` })).rejects.toThrow(/no open pull request/);
    await bench.close();
  });

  it('are answered alike for the same id; a refusal is no answer', async () => {
    const bench = await openEngine();
    const issue = await bench.addTask();
    const id = systemRandom.uuidv7();
    const unblock = () => bench.command('task.unblock', { task: `${issue}` }, id);
    await expect(unblock()).rejects.toMatchObject({ code: 'conflict' });
    await bench.command('task.label', { task: `${issue}`, add: ['status:blocked'] });
    const [first, second] = await Promise.all([unblock(), unblock()]);
    expect(second).toEqual(first);
    expect(await unblock()).toEqual(first);
    await expect(bench.command('task.unblock', { task: '99' }, id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await unblock()).toEqual(first);
    await bench.close();
  });

  it.each(['the same command', 'another command'])('conclude a merge whose answer was lost, when %s comes', async (which) => {
    let lose = true;
    const bench = await openEngine({
      fetch: (fetch) => async (url, init) => {
        const answer = await fetch(url, init);
        if (!lose || !String(url).endsWith('/merge')) return answer;
        lose = false;
        return new Response('{"message":"Bad Gateway"}', { status: 502, headers: { 'content-type': 'application/json' } });
      },
    });
    const issue = await bench.addTask('Greet');
    const git = (...args: string[]) => execFileSync('git', args, { cwd: bench.place.repository, encoding: 'utf8' }).trim();
    const tree = git('mktree', '--missing');
    const sha = git('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit-tree', tree, '-p', 'main', '-m', 'Greet');
    await bench.local.receive({ sha, ref: 'refs/heads/greet', fromObjects: join(bench.place.repository, '.git/objects') });
    const pull = await bench.forge.createPull({ title: 'Greet', head: 'greet', base: 'main', body: `Closes #${issue}` });
    await bench.command('task.label', { task: `${issue}`, add: ['status:approved'] });
    const id = systemRandom.uuidv7();
    await expect(bench.command('task.merge', { task: `${issue}` }, id)).rejects.toMatchObject({ code: 'unavailable' });
    expect((await bench.forge.getPull(pull.number)).merged).toBe(true);
    const again = which === 'the same command' ? id : systemRandom.uuidv7();
    expect(await bench.command('task.merge', { task: `${issue}` }, again)).toMatchObject({ issue, pull: pull.number });
    const merges = (await bench.ledger.listArtifacts({ reference: `#${pull.number}`, limit: 10 })).items;
    expect(merges.map(({ kind }) => kind)).toEqual(['merge']);
    expect((await bench.ledger.get('effects', `command:${id}`))?.state).toBe('finished');
    await bench.close();
  });

  it('close a task after its agent has been canceled', async () => {
    const bench = await openEngine({ script: waits });
    const issue = await bench.addTask();
    const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
    await bench.poll(() => bench.notes().length > 0, 'the agent');
    await bench.command('task.close', { task: `${issue}` });
    const order = (await bench.events()).map(({ type }) => type);
    expect(order.indexOf('run.canceled')).toBeLessThan(order.indexOf('source.issue_removed'));
    expect(await bench.ledger.get('runs', runId as string)).toMatchObject({ state: 'canceled', code: 'issue_removed' });
    await bench.close();
  });

  it('with input that does not fit are refused with what was expected', async () => {
    const bench = await openEngine();
    await expect(bench.command('task.add', { title: '' })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('title'),
    });
    await expect(bench.command('approval.deny', { approvalId: 'x', reason: '' })).rejects.toMatchObject({ code: 'invalid' });
    const nobody = systemRandom.uuidv7();
    await expect(bench.command('approval.approve', { approvalId: nobody })).rejects.toMatchObject({ code: 'not_found' });
    await expect(bench.command('run.cancel', { runId: nobody })).rejects.toMatchObject({ code: 'not_found' });
    await expect(bench.command('run.say', { runId: nobody, text: 'x' })).rejects.toMatchObject({ code: 'not_found' });
    await bench.close();
  });
});
