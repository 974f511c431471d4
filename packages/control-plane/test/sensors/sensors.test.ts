import { describe, expect, it } from 'vitest';
import { openEngine } from '../engine/support/open-engine.ts';

const fast = { sensors: { issuesMs: 40, specsMs: 40, pullsMs: 40 } };
const spec = (status: string, text = '') => `---\nstatus: ${status}\n---\n# Spec\n${text}\n`;
const json = { 'content-type': 'application/json' };

describe('the issue sensor', () => {
  it('sees 250 issues at its first look, changes afterwards, and what is gone and comes back', async () => {
    const bench = await openEngine({ start: false });
    for (let count = 1; count <= 250; count += 1)
      await bench.forge.createIssue({ title: `Task ${count}`, body: '', labels: ['task:implement', 'status:pending'] });
    await bench.forge.createIssue({ title: 'No task', body: '', labels: [] });
    await bench.engine.start();
    const created = await bench.events('task.created');
    expect(created.map(({ payload }) => (payload as { issue: number }).issue).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 250 }, (_, index) => index + 1),
    );
    expect(
      (await bench.events('source.issue_changed')).every(
        ({ payload }) => (payload as { previousStatus: null }).previousStatus === null,
      ),
    ).toBe(true);
    await bench.command('task.label', { task: '#200', add: ['status:blocked'] });
    const changed = (await bench.events('source.issue_changed')).at(-1);
    expect(changed?.payload).toMatchObject({ issue: 200, previousStatus: 'pending', sighting: { status: 'blocked' } });
    await bench.command('task.close', { task: '#7' });
    await bench.command('task.label', { task: '#8', remove: ['task:implement'] });
    const closed = (await bench.events('task.closed')).map(({ payload }) => payload);
    expect(closed).toEqual([{ code: 'closed' }, { code: 'label_removed' }]);
    await bench.forge.updateIssue(7, { state: 'open' });
    await bench.command('task.label', { task: '#9', add: ['priority:low'] });
    const reopened = await bench.until((event) => event.type === 'task.reopened', 'the reopened task');
    expect(reopened.taskId).toBe(created.find(({ payload }) => (payload as { issue: number }).issue === 7)?.taskId);
    expect(await bench.events('task.created')).toHaveLength(250);
    await bench.close();
  });

  it('lets go of an issue that was deleted, and goes on with the others', async () => {
    let gone = false;
    const bench = await openEngine({
      settings: fast,
      script: { implementor: [{ hang: true }] },
      fetch: (fetch) => async (url, init) => {
        const { pathname } = new URL(String(url));
        if (gone && pathname.endsWith('/issues/1')) return new Response('{"message":"gone"}', { status: 410, headers: json });
        const response = await fetch(url, init);
        if (!gone || !pathname.endsWith('/issues') || response.status !== 200) return response;
        const issues = ((await response.json()) as { number: number }[]).filter(({ number }) => number !== 1);
        return new Response(JSON.stringify(issues), { status: 200, headers: json });
      },
    });
    const one = await bench.addTask('One');
    const two = await bench.addTask('Two');
    const { runId } = await bench.command('task.dispatch', { task: `${one}` });
    await bench.poll(() => bench.notes().length > 0, 'the agent');
    gone = true;
    await bench.forge.addLabels(two, ['priority:high']);
    await bench.until((event) => event.type === 'task.closed', 'the end of the task');
    expect(await bench.ledger.get('runs', runId as string)).toMatchObject({ state: 'canceled', code: 'issue_removed' });
    await bench.until(
      (event) => event.type === 'source.issue_changed' && event.payload.sighting.priority === 'high',
      'the other',
    );
    expect(await bench.events('source.sensor_failed')).toEqual([]);
    await bench.close();
  });

  it('gives back an in-progress label that nothing works on, after two cycles', async () => {
    const bench = await openEngine({ settings: fast });
    const issue = await bench.addTask('One', ['status:in-progress']);
    const event = await bench.until((one) => one.type === 'task.status_set', 'the recovery');
    expect(event.payload).toMatchObject({ issue, from: 'in-progress', to: 'pending', code: 'recovery' });
    await bench.close();
  });
});

describe('sensors', () => {
  it('that fail say so once and say when they see again; the others go on', async () => {
    let away = false;
    const bench = await openEngine({
      settings: fast,
      fetch: (fetch) => async (url, init) =>
        away && new URL(String(url)).pathname.endsWith('/issues') && (init?.method ?? 'GET') === 'GET'
          ? new Response('{"message":"boom"}', { status: 403, headers: json })
          : fetch(url, init),
    });
    away = true;
    const failed = await bench.until((event) => event.type === 'source.sensor_failed', 'the failure');
    expect(failed.payload).toMatchObject({ sensor: 'issues' });
    bench.place.commit({ 'docs/specs/a.md': spec('draft') });
    await bench.until((event) => event.type === 'source.spec_changed', 'the spec');
    expect(Object.keys((await bench.engine.query('health', {})).repository.sensorFailures)).toEqual(['issues']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await bench.events('source.sensor_failed')).toHaveLength(1);
    away = false;
    await bench.until((event) => event.type === 'source.sensor_recovered', 'the recovery');
    expect((await bench.engine.query('health', {})).repository.sensorFailures).toEqual({});
    await bench.close();
  });

  it('that see nothing new write nothing and cost nothing', async () => {
    let calls = 0;
    const remaining: string[] = [];
    const bench = await openEngine({
      settings: fast,
      fetch: (fetch) => async (url, init) => {
        calls += 1;
        const response = await fetch(url, init);
        remaining.push(response.headers.get('x-ratelimit-remaining') ?? '');
        return response;
      },
    });
    bench.place.commit({ 'docs/specs/a.md': spec('draft') });
    await bench.addTask();
    await bench.until((event) => event.type === 'source.spec_changed', 'the spec');
    const callsOnward = (count: number) => {
      const from = calls;
      return bench.poll(() => calls > from + count, `${count} more calls`);
    };
    // All that is new has been seen once each sensor has looked again.
    await callsOnward(12);
    const before = await bench.events();
    const left = remaining.at(-1);
    await callsOnward(30);
    expect((await bench.events()).length).toBe(before.length);
    expect(remaining.at(-1)).toBe(left);
    expect(bench.notes()).toEqual([]);
    await bench.close();
  });
});

describe('the spec sensor', () => {
  it('reads the status, says what cannot be read, and forgets what is deleted', async () => {
    const bench = await openEngine();
    bench.place.commit({
      'docs/specs/good.md': spec('draft'),
      'docs/specs/plain.md': '# No frontmatter\n',
      'docs/specs/broken.md': '---\nstatus: [approved\n---\n',
      'docs/specs/open.md': '---\nstatus: approved\n',
      'docs/specs/number.md': '---\nstatus: 7\n---\n',
      'docs/specs/alias.md': '---\na: &a [x]\nstatus: approved\nb: [*a, *a]\n---\n',
      'docs/specs/large.md': `${spec('approved')}${'x'.repeat(5 * 1024 * 1024)}`,
      'docs/specs/notes.txt': 'no spec',
      'docs/specs/sub/deep.md': spec('draft'),
    });
    await bench.command('plan.start', {});
    const { state } = await bench.ledger.openState();
    const found = Object.fromEntries(Object.values(state.specs).map(({ path, status }) => [path.slice(11), status]));
    expect(found).toEqual({
      ...{ 'good.md': 'draft', 'plain.md': null, 'broken.md': null, 'open.md': null, 'number.md': null, 'alias.md': null },
      ...{ 'large.md': null, 'sub/deep.md': 'draft' },
    });
    const warned = (await bench.events('system.warned')).map(({ payload }) => (payload as { message: string }).message);
    expect(warned).toHaveLength(5);
    expect(warned.join('\n')).toContain('5242');
    expect(await bench.events('run.queued')).toEqual([]);
    bench.place.commit({ 'docs/specs/good.md': null, 'docs/specs/plain.md': '# Other\n' });
    await bench.command('plan.start', {});
    expect((await bench.events('source.spec_removed')).map(({ payload }) => payload)).toEqual([{ path: 'docs/specs/good.md' }]);
    expect((await bench.events('source.spec_changed')).at(-1)?.payload).toMatchObject({
      change: 'modified',
      spec: { path: 'docs/specs/plain.md' },
    });
    expect(await bench.events('system.warned')).toHaveLength(5);
    await bench.close();
  });
});
