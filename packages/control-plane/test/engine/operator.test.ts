import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/engine/system/index.ts';
import { type Bench, openEngine } from './support/open-engine.ts';
import { createPlace } from './support/place.ts';

const waits = { implementor: [{ hang: true }], reviewer: [{ hang: true }] };
const runState = async (bench: Bench, runId: string | undefined) => (await bench.ledger.get('runs', runId as string))?.state;
const health = (bench: Bench) => bench.engine.query('health', {});

describe('dispatching that is paused', () => {
  it('takes what is dispatched into the queue, starts it when it is resumed, and lets what runs go on', async () => {
    const bench = await openEngine({ script: waits });
    const [one, two] = [await bench.addTask('One'), await bench.addTask('Two')];
    expect((await health(bench)).needsYou).toBe(2);
    const first = await bench.command('task.dispatch', { task: `${one}` });
    await bench.poll(() => bench.notes().length === 1, 'the first agent');
    // An agent has it now.
    expect((await health(bench)).needsYou).toBe(1);
    await bench.command('dispatch.pause', { reason: 'a release' });
    expect((await health(bench)).repository.dispatchPaused).toMatchObject({
      reason: 'a release',
      by: { type: 'user', id: 'ann' },
    });
    const second = await bench.command('task.dispatch', { task: `${two}` });
    expect(second.message).toMatch(/paused by ann \(a release\)/);
    // Long enough for a claim: the queue is also looked at every second.
    const until = Date.now() + 1_500;
    await bench.poll(() => Date.now() > until, 'a claim that must not come');
    expect([await runState(bench, first.runId), await runState(bench, second.runId)]).toEqual(['running', 'queued']);
    await bench.command('dispatch.resume', {});
    await bench.poll(() => bench.notes().length === 2, 'the second agent');
    expect((await health(bench)).repository.dispatchPaused).toBeNull();
    await bench.close();
  });

  it('stays so over a restart of the engine', async () => {
    const place = createPlace();
    const bench = await openEngine({ script: waits, place });
    const issue = await bench.addTask();
    await bench.command('dispatch.pause', {});
    const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
    await bench.die();
    const again = await openEngine({ script: waits, place });
    const until = Date.now() + 1_500;
    await again.poll(() => Date.now() > until, 'a claim that must not come');
    expect(await runState(again, runId)).toBe('queued');
    await again.command('dispatch.resume', {});
    await again.poll(async () => (await runState(again, runId)) === 'running', 'the claim');
    await again.close();
    place.remove();
  });

  it('is paused and resumed once for a command, and says so when it is already', async () => {
    const bench = await openEngine();
    await expect(bench.command('dispatch.resume', {})).rejects.toMatchObject({ code: 'conflict' });
    const id = systemRandom.uuidv7();
    for (const _ of [1, 2]) await bench.command('dispatch.pause', {}, id);
    expect(await bench.events('system.dispatch_paused')).toHaveLength(1);
    await expect(bench.command('dispatch.pause', {})).rejects.toThrow(/paused already, by ann/);
    await expect(bench.command('dispatch.resume', {}, id)).rejects.toMatchObject({ code: 'conflict' });
    await bench.command('dispatch.resume', {});
    await bench.close();
  });
});

describe('a task that is put back', () => {
  it('is pending again, by the person, and not while an agent is at it', async () => {
    const bench = await openEngine({ script: waits });
    const issue = await bench.addTask();
    await expect(bench.command('task.requeue', { task: `${issue}` })).rejects.toThrow(/pending already/);
    const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
    await bench.command('task.label', { task: `${issue}`, add: ['status:needs-changes'] });
    await expect(bench.command('task.requeue', { task: `${issue}` })).rejects.toMatchObject({
      details: { code: 'already_running' },
    });
    await bench.command('run.cancel', { runId: runId as string });
    await bench.until((event) => event.type === 'task.followed_up', 'the follow-up');
    const id = systemRandom.uuidv7();
    for (const _ of [1, 2]) await bench.command('task.requeue', { task: `${issue}` }, id);
    expect((await bench.forge.getIssue(issue)).labels).toContain('status:pending');
    const set = (await bench.events('task.status_set')).at(-1);
    expect([set?.actor, set?.payload]).toMatchObject([{ id: 'ann' }, { to: 'pending', code: 'person' }]);
    await bench.close();
  });
});

describe('worktrees', () => {
  it('are listed with what is in them, and are not taken from a run that is live', async () => {
    const bench = await openEngine({ script: waits });
    const issue = await bench.addTask();
    const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
    await bench.until((event) => event.type === 'run.session_started', 'the agent');
    const [listed] = (await bench.engine.query('listWorktrees', {})).items;
    expect(listed).toMatchObject({ runId, issue, inUse: true, modified: 0, untracked: 0, unpushedCommits: 0, salvageRef: null });
    const path = listed?.path as string;
    writeFileSync(join(path, 'README.md'), 'changed');
    writeFileSync(join(path, 'new.txt'), 'new');
    expect((await bench.engine.query('listWorktrees', {})).items[0]).toMatchObject({ modified: 1, untracked: 1 });
    await expect(bench.command('worktree.clean', { branch: listed?.branch as string })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(runId as string),
    });
    await expect(bench.command('worktree.clean', { branch: 'nobodys' })).rejects.toMatchObject({ code: 'not_found' });
    await bench.close();
  });
});

describe('a question of an agent', () => {
  const questions = [{ question: 'Which way?', options: [{ label: 'left' }, { label: 'right' }] }];
  const script = { implementor: [{ ask: 'AskUserQuestion', input: { questions } }, { hang: true }] };
  const asking = async () => {
    const bench = await openEngine({ script });
    const issue = await bench.addTask();
    await bench.command('task.dispatch', { task: `${issue}` });
    const approval = await bench.poll(async () => (await bench.engine.query('listApprovals', {})).items[0], 'the question');
    const decided = () => bench.poll(() => bench.notes().find(({ event }) => event === 'decision'), 'the answer');
    return { bench, approval, decided };
  };

  it('waits for a person, whose reason is the answer', async () => {
    const { bench, approval, decided } = await asking();
    expect(approval.action).toMatchObject({ kind: 'agent.question', arguments: { questions: [{ question: 'Which way?' }] } });
    await expect(bench.command('approval.approve', { approvalId: approval.id })).rejects.toThrow(/answer it with the reason/);
    await bench.command('approval.approve', { approvalId: approval.id, reason: 'left' });
    expect(await decided()).toMatchObject({ outcome: 'allow', answer: 'left' });
    await bench.close();
  });

  it('can be declined', async () => {
    const { bench, approval, decided } = await asking();
    await bench.command('approval.deny', { approvalId: approval.id, reason: 'find out' });
    expect(await decided()).toMatchObject({ outcome: 'deny', reason: expect.stringContaining('will not answer this: find out') });
    await bench.close();
  });
});

describe('what the engine carried out', () => {
  it('is listed newest first, page by page, and by run', async () => {
    const bench = await openEngine({ script: waits });
    const issue = await bench.addTask();
    const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
    // Until then git is asked things about its worktree.
    await bench.until((event) => event.type === 'run.session_started', 'the agent');
    const all = (await bench.engine.query('listOperations', { limit: 500 })).items;
    expect(all.map(({ at }) => at)).toEqual(
      all
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    expect(all).toContainEqual(
      expect.objectContaining({ kind: 'forge', summary: 'POST /repos/local/repo/issues', resultCode: 201, runId: null }),
    );
    const ofRun = (await bench.engine.query('listOperations', { limit: 500, runId })).items;
    expect(ofRun.length).toBeGreaterThan(0);
    expect(ofRun.every((each) => each.kind === 'program' && each.summary.startsWith('git '))).toBe(true);
    const first = await bench.engine.query('listOperations', { limit: 2 });
    const second = await bench.engine.query('listOperations', { limit: 2, after: first.next });
    expect([...first.items, ...second.items]).toEqual(all.slice(0, 4));
    await expect(bench.engine.query('listOperations', { after: 'x' })).rejects.toMatchObject({ code: 'invalid' });
    await bench.close();
  });
});

describe('what a UI begins with', () => {
  it('has the last run of an open task, and what was spent', async () => {
    const bench = await openEngine({ script: { implementor: [{ use: 100 }, { exit: 3 }] } });
    const issue = await bench.addTask();
    const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
    await bench.until((event) => event.type === 'task.followed_up', 'the follow-up');
    const snapshot = await bench.engine.query('snapshot', {});
    expect(snapshot.spend).toMatchObject([
      { role: 'implementor', repositoryId: 'local/repo', usage: { inputTokens: expect.any(Number) } },
    ]);
    expect((await bench.engine.query('listSpend', {})).items).toEqual(snapshot.spend);
    expect(snapshot.runs.map(({ id, state }) => [id, state])).toEqual([[runId, 'failure']]);
    const shown = await bench.engine.query('getRun', { runId: runId as string });
    expect(shown.transcriptPath).toMatch(/transcripts\/.*\.ndjson$/);
    await bench.command('task.close', { task: `${issue}` });
    expect(await bench.engine.query('snapshot', {})).toMatchObject({ tasks: [], runs: [] });
    await bench.close();
  });
});
