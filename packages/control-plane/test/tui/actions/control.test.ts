import { describe, expect, it } from 'vitest';
import { drawerOf } from '../../../src/tui/components/drawer.ts';
import { textOf } from '../../../src/tui/text/line.ts';
import { eventAt, idOf, outputs, run, task } from '../../api/samples.ts';
import { openControl } from './open-control.ts';

const pending = { ...task, activeRunId: null, lastRunId: null, sighting: { ...task.sighting!, status: 'pending' as const } };

describe('keys', () => {
  it('move the selection, and the selection stays with its row when rows move', async () => {
    const { show, press, state } = await openControl();
    show('tasks', ['a', 'b', 'c', 'd']);
    expect(state().lists.tasks.selected).toBe('a');
    press('j', 'down', 'k');
    expect(state().lists.tasks.selected).toBe('b');
    show('tasks', ['d', 'c', 'b', 'a']);
    expect(state().lists.tasks.selected).toBe('b');
    press('G');
    expect(state().lists.tasks.selected).toBe('a');
  });

  it('go to the neighbour when the selected row goes: the one after it, else before it', async () => {
    const { show, press, state } = await openControl();
    show('tasks', ['a', 'b', 'c', 'd']);
    press('j');
    show('tasks', ['a', 'd', 'x']);
    expect(state().lists.tasks.selected).toBe('d');
    show('tasks', ['a']);
    expect(state().lists.tasks.selected).toBe('a');
    show('tasks', []);
    expect(state().lists.tasks.selected).toBeNull();
    show('tasks', ['z']);
    expect(state().lists.tasks.selected).toBe('z');
  });

  it('scroll so that the selected row is in sight, its heading with the first', async () => {
    const { show, press, state, layout } = await openControl();
    show(
      'tasks',
      Array.from({ length: 100 }, (_, n) => `row ${n}`),
    );
    press('G');
    expect(state().lists.tasks.top).toBe(101 - layout.body);
    press('g');
    expect(state().lists.tasks).toMatchObject({ selected: 'row 0', top: 0 });
    press('page-down');
    expect(state().lists.tasks.selected).toBe(`row ${layout.body - 1}`);
  });

  it('scroll a live text, which is followed until its end is left and again when it is reached', async () => {
    const { show, press, state, plain, layout } = await openControl();
    show('tasks', ['a']);
    plain.text = { lines: Array.from({ length: 100 }, (_, n) => `line ${n}`), live: true };
    press('tab', 'k');
    const rows = layout.body - 1;
    expect(state().texts['text:a']).toMatchObject({ following: false, top: 100 - rows - 1 });
    plain.text.lines.push('line 100');
    press('j');
    expect(state().texts['text:a']).toMatchObject({ following: false, top: 100 - rows });
    press('G');
    expect(state().texts['text:a']).toMatchObject({ following: true });
    press('f');
    expect(state().texts['text:a']).toMatchObject({ following: false, top: 101 - rows });
  });

  it('search the detail, go from match to match and round, and to errors; fold; copy the line', async () => {
    const { show, press, type, state, plain, did, notice } = await openControl();
    show('tasks', ['a']);
    plain.text = {
      lines: Array.from({ length: 90 }, (_, n) => (n % 30 === 29 ? `an ERROR error ${n}` : n === 1 ? '▸ tool' : `line ${n}`)),
      live: false,
    };
    press('tab', '/');
    type('Error');
    press('enter');
    expect(state().search).toEqual({ text: 'Error', index: 0 });
    press('n', 'n');
    expect(state().search?.index).toBe(2);
    press('n');
    expect(state().search?.index).toBe(0);
    press('N');
    expect(state().search?.index).toBe(2);
    press('y');
    expect(did).toEqual(['copy an ERROR error 89']);
    press('escape');
    expect(state().search).toBeNull();
    press('n');
    expect(notice()).toBe('next match: nothing is searched for yet');
    press('g', 'space');
    expect(state().texts['text:a']?.open).toEqual(new Set(['fold 1']));
    press('e', 'y');
    expect(did.at(-1)).toBe('copy an ERROR error 29');
  });

  it('filter while typing, and take the filter back with Escape', async () => {
    const { press, type, state } = await openControl();
    press('/');
    type('label:api');
    expect(state().lists.tasks.filter).toBe('label:api');
    press('enter', '/');
    type('xyz');
    expect(state().lists.tasks.filter).toBe('label:apixyz');
    type(' stat:x');
    expect(drawerOf(state().overlay!, [], null).lines.map(textOf)[1]).toContain('stat: is no filter and is looked for as text');
    press('escape');
    expect(state().lists.tasks.filter).toBe('label:api');
    press('escape');
    expect(state().lists.tasks.filter).toBe('');
  });

  it('say why they do nothing now', async () => {
    const { press, notice, show } = await openControl();
    show('tasks', [task.id]);
    press('m');
    expect(notice()).toBe('merge: #3 is in-progress; only an approved task is merged');
    press('d');
    expect(notice()).toContain('dispatch: an agent works on #3 already');
  });

  it('change nothing in a terminal that only looks', async () => {
    const { press, notice, show, executed } = await openControl({ readOnly: true });
    show('tasks', [task.id]);
    press('x', 'y', 'p', 'y');
    expect(notice()).toBe('plan: this terminal only looks: it was started read-only');
    expect(await executed()).toEqual([]);
  });

  it('dispatch after y, and only after y', async () => {
    const { tui, press, show, state, executed } = await openControl();
    tui.store.setState(({ world }) => ({ world: { ...world, tasks: { [pending.id]: pending } } }));
    show('tasks', [pending.id]);
    press('d');
    expect(state().overlay).toMatchObject({ kind: 'confirm', question: 'Dispatch #3 again (attempt 2)?' });
    press('d', 'enter', 'Y', 'space', 'q', 'j');
    expect(state().overlay?.kind).toBe('confirm');
    press('n');
    expect(await executed()).toEqual([]);
    press('d', 'y', 'd', 'y', 'd', 'y');
    expect(await executed()).toEqual([{ type: 'task.dispatch', input: { task: pending.id } }]);
  });

  it('start the role again that failed', async () => {
    const { tui, press, show, executed } = await openControl();
    const failed = {
      ...run,
      role: 'reviewer',
      state: 'failure',
      endedAt: run.queuedAt,
      code: 'agent_error',
      message: '',
    } as typeof run;
    const inReview = { ...pending, lastRunId: run.id, sighting: { ...pending.sighting, status: 'review' as const } };
    tui.store.setState(({ world }) => ({ world: { ...world, tasks: { [task.id]: inReview }, runs: { [run.id]: failed } } }));
    show('tasks', [task.id]);
    press('d', 'y');
    expect(await executed()).toEqual([{ type: 'task.dispatch', input: { task: task.id, role: 'reviewer' } }]);
  });

  it('approve with one key and deny with a reason, which is asked for', async () => {
    const { press, type, show, state, executed, tui } = await openControl();
    const waiting = {
      ...run,
      state: 'waiting_approval',
      approvalId: idOf(5),
      waitingSince: run.queuedAt,
      parked: false,
    } as typeof run;
    tui.store.setState(({ world }) => ({ world: { ...world, runs: { [run.id]: waiting } } }));
    show('tasks', [task.id]);
    press('D', 'enter');
    expect(state().overlay?.kind).toBe('input');
    type('not now');
    press('enter', 'a');
    expect(await executed()).toEqual([
      { type: 'approval.deny', input: { approvalId: idOf(5), reason: 'not now' } },
      { type: 'approval.approve', input: { approvalId: idOf(5) } },
    ]);
  });

  it('answer the question of an agent by number or in own words', async () => {
    const { press, type, show, state, executed, tui } = await openControl();
    const question = {
      ...outputs.getApproval,
      action: {
        ...{ kind: 'agent.question', resource: 'a', summary: 'Which one?' },
        arguments: {
          questions: [
            {
              question: 'Which colour?',
              header: '',
              multiSelect: false,
              options: ['red', 'blue'].map((label) => ({ label, description: '' })),
            },
          ],
        },
      },
    } as typeof outputs.getApproval;
    const waiting = {
      ...run,
      state: 'waiting_approval',
      approvalId: idOf(5),
      waitingSince: run.queuedAt,
      parked: false,
    } as typeof run;
    tui.store.setState(({ world }) => ({ world: { ...world, runs: { [run.id]: waiting }, approvals: { [idOf(5)]: question } } }));
    show('tasks', [task.id]);
    press('i');
    expect(state().overlay).toMatchObject({ label: 'Which colour? (1 red · 2 blue; a number, or your own words)' });
    type('2');
    press('enter');
    expect(await executed()).toEqual([{ type: 'approval.approve', input: { approvalId: idOf(5), reason: 'blue' } }]);
  });

  it('go to what has waited the longest', async () => {
    const { press, state, plain, tui, notice } = await openControl();
    plain.rows = { ...plain.rows, approvals: [idOf(4), idOf(5)], tasks: [task.id, idOf(31), idOf(32), idOf(33)] };
    const waiting = { state: 'waiting_approval', approvalId: idOf(5), waitingSince: run.queuedAt, parked: false };
    const asks = { ...run, ...waiting } as typeof run;
    const labelled = (n: number, status: 'blocked' | 'pending', seenAt: string) => ({
      ...{ ...pending, id: idOf(n), issue: n, sighting: { ...task.sighting!, status, seenAt } },
    });
    const others = [
      labelled(31, 'pending', '2026-01-01T00:00:00.000Z'),
      labelled(32, 'blocked', '2026-03-01T00:00:00.000Z'),
      labelled(33, 'blocked', '2026-02-01T00:00:00.000Z'),
    ];
    const world = (tasks: (typeof task)[], runs: (typeof run)[]) =>
      tui.store.setState((now) => ({
        world: {
          ...now.world,
          tasks: Object.fromEntries(tasks.map((each) => [each.id, each])),
          runs: Object.fromEntries(runs.map((each) => [each.id, each])),
        },
      }));
    world([{ ...task, activeRunId: run.id }, ...others], [asks]);
    press('!');
    expect(state()).toMatchObject({ view: 'approvals', lists: { approvals: { selected: idOf(5) } } });
    // What is stuck comes before what has not begun, however long that stands there.
    world(others, []);
    press('!');
    expect(state()).toMatchObject({ view: 'tasks', lists: { tasks: { selected: idOf(33) } } });
    world(others.slice(0, 1), []);
    press('!');
    expect(state().lists.tasks.selected).toBe(idOf(31));
    world([], []);
    press('!');
    expect(notice()).toBe('needs you: nothing needs you');
  });

  it('show what a worktree holds before it is removed', async () => {
    const { press, state, show, executed, memory, clock, plain } = await openControl();
    const [worktree] = outputs.listWorktrees.items;
    memory.answer.listWorktrees = { items: [{ ...worktree!, inUse: false }] };
    show('tasks', [task.id]);
    press('w');
    plain.rows.worktrees = ['another', 'issue-3'];
    await clock.pass(200);
    expect(state()).toMatchObject({ view: 'worktrees', lists: { worktrees: { selected: 'issue-3' } } });
    press('w');
    expect(state().overlay).toMatchObject({
      ...{ kind: 'confirm', question: 'Remove the worktree of issue-3?' },
      details: [
        '/repo/.worktrees/issue-3',
        'It holds 1 changed file, 2 new files, 1 commit that was not pushed. They are kept in a hidden ref first.',
      ],
    });
    press('y');
    expect(await executed()).toEqual([{ type: 'worktree.clean', input: { branch: 'issue-3' } }]);
  });

  it('make a task of what was edited, and none of nothing', async () => {
    const { press, edited, executed, notice, clock } = await openControl();
    press('n');
    await clock.pass(0);
    expect(notice()).toBe('no task was made: the text is empty');
    edited.text = '# Greet\r\n\r\nSay hello.\n<!-- not this -->\n';
    press('n');
    await clock.pass(0);
    expect(await executed()).toEqual([{ type: 'task.add', input: { title: 'Greet', body: 'Say hello.' } }]);
  });

  it('find a command in the palette and carry it out', async () => {
    const { press, type, state, control } = await openControl();
    press(':');
    type('costs');
    expect(control.offered(state())[0]?.command.id).toBe('view.costs');
    press('enter');
    expect(state()).toMatchObject({ overlay: null, view: 'costs' });
  });

  it('ask before leaving, say how many agents work, and not when there is no engine to stop', async () => {
    const { press, state, did, memory, clock } = await openControl();
    press('q');
    expect(state().overlay).toEqual({ kind: 'quit', live: 1, lost: false });
    press('n', 'ctrl+c', 'y');
    expect(did).toEqual(['quit']);
    memory.append([
      eventAt(1, { type: 'system.engine_stopped', taskId: null, runId: null, payload: { reason: 'done' } } as never),
    ]);
    await clock.pass(50);
    press('q');
    expect(did).toEqual(['quit', 'quit']);
  });

  it('made of several code points are one character, in a prompt and where no command has them', async () => {
    const { control, press, state } = await openControl();
    control.press('', 'e\u0301');
    control.press('', '\r\n');
    expect(state().overlay).toBeNull();
    press('/');
    control.press('', 'e\u0301👩‍👩‍👧');
    expect(state().overlay).toMatchObject({ kind: 'input', value: 'e\u0301👩‍👩‍👧' });
    control.press('', '\r\n');
    expect(state().overlay).toBeNull();
  });

  it('open a link that a browser understands, and say why of any other', async () => {
    const { show, press, did, notice, tui } = await openControl();
    const linked = (url: string) =>
      tui.store.setState((state) => ({
        ...state,
        world: { ...state.world, tasks: { [task.id]: { ...task, sighting: { ...task.sighting!, url } } } },
      }));
    linked('decree:local/repo/issues/3');
    show('tasks', [task.id]);
    press('o');
    expect(notice()).toContain('open: decree:local/repo/issues/3 is only in Decree');
    linked('javascript:alert(1)');
    press('o');
    expect(did).toEqual([]);
    linked('https://example.com/3');
    press('o');
    await expect.poll(() => did).toEqual(['open https://example.com/3']);
  });

  it('do nothing blindly: where the terminal is too small for anything a person can only leave', async () => {
    const { control, show, press, state, did, executed } = await openControl();
    show('tasks', ['a', 'b']);
    press('/');
    control.resize(null);
    press('x');
    control.paste('more');
    press('escape');
    expect(state().overlay).toMatchObject({ kind: 'input', value: '' });
    press('q');
    expect(state().overlay).toMatchObject({ kind: 'quit' });
    press('n', 'd', 'y', 'j');
    expect(state()).toMatchObject({ overlay: null, lists: { tasks: { selected: 'a' } } });
    press('q', 'y');
    expect(did).toEqual(['quit']);
    expect(await executed()).toEqual([]);
  });

  it('that come in one piece are heard one by one; what is pasted is not taken for keys', async () => {
    const { show, control, state, notice, press } = await openControl();
    show('tasks', ['a', 'b', 'c']);
    control.press('', 'jj');
    expect(state().lists.tasks.selected).toBe('c');
    control.paste('dyqy');
    expect(state().overlay).toBeNull();
    expect(notice()).toContain('a prompt only');
    press('/');
    control.paste('x'.repeat(1_000_000));
    expect(state().lists.tasks.filter).toHaveLength(64_000);
    expect(notice()).toContain('too long');
  });
});

describe('the mouse', () => {
  it('selects a row, takes the focus to the detail, and scrolls either', async () => {
    const { show, control, state, plain, layout } = await openControl();
    show(
      'tasks',
      Array.from({ length: 100 }, (_, n) => `row ${n}`),
    );
    plain.text = { lines: Array.from({ length: 100 }, (_, n) => `${n}`), live: false };
    control.click(5, 4);
    expect(state().lists.tasks.selected).toBe('row 2');
    control.wheel(5, 4, 3);
    expect(state().lists.tasks).toMatchObject({ selected: 'row 2', top: 3 });
    control.click(layout.list + 5, 4);
    expect(state().focus).toBe('detail');
    control.wheel(layout.list + 5, 4, 3);
    expect(state().texts['text:row 2']?.top).toBe(3);
    control.click(5, 0);
    control.click(5, 99);
    expect(state().lists.tasks.selected).toBe('row 2');
  });
});
