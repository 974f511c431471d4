import { DecreeError, type Engine } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { select, showView } from '../../../src/tui/actions/navigate.ts';
import type { DetailTab, View } from '../../../src/tui/store/state.ts';
import { createMemoryEngine } from '../../api/memory-engine.ts';
import { eventAt, idOf, outputs, pull, run, task } from '../../api/samples.ts';
import { openStore } from './open-store.ts';

describe('details', () => {
  it('are fetched for what the person stays with, not for what is passed by', async () => {
    const { look, clock, asked } = await open();
    for (let n = 0; n < 20; n += 1) {
      look('tasks', idOf(100 + n));
      await clock.pass(30);
    }
    look('tasks', task.id);
    await clock.pass(60);
    expect(asked('getIssue')).toHaveLength(0);
    await clock.pass(60);
    expect(asked('getIssue')).toEqual([{ issue: 3 }]);
    expect(asked('getPull')).toEqual([{ pull: 7 }]);
  });

  it('and what an agent says are read for what the person stays with', async () => {
    const { look, clock, memory } = await open();
    look('tasks', idOf(100));
    await clock.pass(200);
    memory.say(run.sessionId as string, [{ kind: 'text', at: run.queuedAt, text: 'here' }]);
    const before = memory.followers();
    for (let n = 0; n < 20; n += 1) {
      look('tasks', n % 2 === 0 ? task.id : idOf(100));
      await clock.pass(60);
      expect(memory.followers()).toBe(before);
    }
    look('tasks', task.id);
    await clock.pass(120);
    expect(memory.followers()).toBe(before + 1);
  });

  it('tell what was closed last while the tasks are on the screen, and look again when one is closed', async () => {
    const { look, clock, memory, asked } = await open();
    look('tasks', task.id);
    await clock.pass(200);
    expect(asked('listTasks')).toEqual([{ state: 'closed', kind: 'implement', limit: 100 }]);
    memory.append([eventAt(1, { type: 'task.closed', runId: null, payload: { code: 'merged' } } as never)]);
    await clock.pass(600);
    expect(asked('listTasks')).toHaveLength(2);
    look('costs', null);
    await clock.pass(600);
    expect(asked('listTasks')).toHaveLength(2);
  });

  it('stay shown while they are fetched anew, and after that failed', async () => {
    const { tui, look, clock, memory, answer } = await open();
    look('tasks', task.id);
    await clock.pass(200);
    expect(tui.store.getState().details.issues[3]).toMatchObject({ status: 'fresh', value: { title: 'Greet by name' } });
    const held = answer.hold('getIssue');
    memory.append([
      eventAt(1, {
        type: 'task.status_set',
        runId: null,
        payload: { issue: 3, from: null, to: 'review', code: 'person', message: '' },
      } as never),
    ]);
    await clock.pass(500);
    expect(tui.store.getState().details.issues[3]).toMatchObject({ status: 'stale', value: { title: 'Greet by name' } });
    held(new DecreeError('unavailable', 'the forge does not answer'));
    await clock.pass(10);
    expect(tui.store.getState().details.issues[3]).toMatchObject({
      ...{ status: 'failed', value: { title: 'Greet by name' } },
      message: 'the forge does not answer',
    });
    answer.release();
    await clock.pass(11_000);
    expect(tui.store.getState().details.issues[3]).toMatchObject({ status: 'fresh', message: null });
  });

  it('know what is not there, and do not ask for it again', async () => {
    const { tui, look, clock, answer, asked } = await open();
    answer.refuse('getPull', new DecreeError('not_found', 'there is no pull request 7'));
    look('tasks', task.id);
    await clock.pass(200);
    expect(tui.store.getState().details.pulls[7]).toMatchObject({ status: 'fresh', value: null });
    look('tasks', idOf(999));
    await clock.pass(200);
    look('tasks', task.id);
    await clock.pass(30_000);
    expect(asked('getPull')).toHaveLength(1);
  });

  it('are fetched anew after an event about them, once for many', async () => {
    const { look, clock, memory, asked } = await open();
    look('tasks', task.id);
    await clock.pass(200);
    memory.append(Array.from({ length: 30 }, (_, n) => eventAt(n, { type: 'source.pull_changed', payload: { pull } } as never)));
    await clock.pass(1_000);
    expect(asked('getPull')).toHaveLength(2);
    expect(asked('getIssue')).toHaveLength(1);
  });

  it('are read on in the timeline, and in front in the list of events', async () => {
    const { tui, look, clock, memory } = await open();
    memory.append([eventAt(1), eventAt(2)]);
    look('tasks', task.id, 'timeline');
    await clock.pass(500);
    memory.append([eventAt(3)]);
    await clock.pass(1_000);
    const cursors = () => tui.store.getState().details.taskEvents[task.id]?.value?.map(({ cursor }) => cursor);
    expect(cursors()).toEqual(['1', '2', '3']);
    look('events', null);
    await clock.pass(500);
    memory.append([eventAt(4)]);
    await clock.pass(100);
    expect(tui.store.getState().eventPages.value?.map(({ cursor }) => cursor)).toEqual(['4', '3', '2', '1']);
  });

  it('of the list of events go back page by page, in order, while others come in front', async () => {
    const { tui, look, clock, memory } = await open();
    const cursors = () => tui.store.getState().eventPages.value?.map(({ cursor }) => Number(cursor));
    const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, n) => from - n);
    memory.append(Array.from({ length: 450 }, (_, n) => eventAt(n + 1)));
    look('events', null);
    await clock.pass(500);
    expect(tui.store.getState().eventPages.more).toBe(true);
    expect(cursors()).toEqual(down(450, 251));
    tui.details.more();
    memory.append([eventAt(451)]);
    await clock.pass(500);
    expect(cursors()).toEqual(down(451, 51));
    tui.details.more();
    await clock.pass(500);
    expect(cursors()).toEqual(down(451, 1));
    expect(tui.store.getState().eventPages.more).toBe(false);
    // What came while the person looked elsewhere is put where it belongs, and what would leave a gap begins anew.
    look('tasks', null);
    memory.append(Array.from({ length: 20 }, (_, n) => eventAt(n + 452)));
    await clock.pass(500);
    look('events', null);
    await clock.pass(500);
    expect(cursors()).toEqual(down(471, 1));
    look('tasks', null);
    memory.append(Array.from({ length: 300 }, (_, n) => eventAt(n + 472)));
    await clock.pass(500);
    look('events', null);
    await clock.pass(500);
    expect(cursors()).toEqual(down(771, 572));
    expect(tui.store.getState().eventPages.more).toBe(true);
  });

  it('of the approvals begin with the newest', async () => {
    const { look, clock, asked } = await open();
    look('approvals', null);
    await clock.pass(500);
    expect(asked('listApprovals')[0]).toMatchObject({ state: 'all', newest: true, limit: 100 });
  });

  it('are forgotten when two hundred others were looked at since', async () => {
    const { tui, look, clock, memory } = await open();
    const tasks = Array.from({ length: 120 }, (_, n) => ({ ...task, id: idOf(2_000 + n), issue: 1_000 + n }));
    tui.store.setState(({ world }) => ({ world: { ...world, tasks: Object.fromEntries(tasks.map((each) => [each.id, each])) } }));
    memory.answer.getIssue = outputs.getIssue;
    for (const { id } of tasks) {
      look('tasks', id);
      await clock.pass(100, 3);
    }
    const { issues, runs, taskRuns } = tui.store.getState().details;
    const kept = [issues, runs, taskRuns].reduce((sum, rows) => sum + Object.keys(rows).length, 0);
    expect(kept).toBeLessThanOrEqual(200);
    expect(kept).toBeGreaterThan(150);
    expect(issues[1_000]).toBeUndefined();
    expect(issues[1_119]).toBeDefined();
  });

  it('give a view its list, page by page', async () => {
    const { tui, look, clock, memory, asked } = await open();
    look('runs', run.id);
    await clock.pass(200);
    expect(tui.store.getState().runPages).toMatchObject({ status: 'fresh', more: true, value: [{ id: run.id }] });
    memory.answer.listRuns = { items: [{ ...run, id: idOf(900) }] };
    tui.details.more();
    await clock.pass(200);
    expect(tui.store.getState().runPages).toMatchObject({ more: false, value: [{ id: run.id }, { id: idOf(900) }] });
    expect(asked('listRuns')).toHaveLength(2 + 1);
  });

  it('look at worktrees and operations again only while they are on the screen', async () => {
    const { look, clock, asked } = await open();
    look('operations', null);
    await clock.pass(10_000);
    const before = asked('listOperations').length;
    expect(before).toBeGreaterThanOrEqual(3);
    look('tasks', null);
    await clock.pass(30_000);
    expect(asked('listOperations').length).toBeLessThanOrEqual(before + 1);
  });
});

async function open() {
  const memory = createMemoryEngine();
  memory.answer.snapshot = { ...outputs.snapshot, cursor: null };
  const refused = new Map<string, Error>();
  const held = new Map<string, Promise<never>>();
  const engine: Engine = {
    ...memory.engine,
    async query(name, input) {
      const answer = await memory.engine.query(name, input);
      await held.get(name);
      const refusal = refused.get(name);
      if (refusal) throw refusal;
      return answer;
    },
  };
  const opened = openStore({ engine });
  await opened.clock.pass(0);
  return {
    ...opened,
    memory,
    look(view: View, identity: string | null, tab: DetailTab = 'auto') {
      opened.tui.store.setState((state) => ({ ...select(showView(state, view), view, identity), tab }));
    },
    asked: (name: string) => memory.asked.filter((each) => each.name === name).map(({ input }) => input),
    answer: {
      refuse: (name: string, error: Error) => void refused.set(name, error),
      hold(name: string) {
        const { promise, reject } = Promise.withResolvers<never>();
        promise.catch(() => undefined);
        held.set(name, promise);
        return reject;
      },
      release: () => held.clear(),
    },
  };
}
