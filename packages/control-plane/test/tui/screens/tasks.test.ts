import { describe, expect, it } from 'vitest';
import { signColumns } from '../../../src/tui/components/frame.ts';
import { layOut } from '../../../src/tui/components/layout.ts';
import type { KeyOf } from '../../../src/tui/keymap/resolve-keymap.ts';
import { createScreens } from '../../../src/tui/screens/index.ts';
import type { TuiState } from '../../../src/tui/store/state.ts';
import { textOf } from '../../../src/tui/text/line.ts';
import { displayWidth } from '../../../src/tui/text/width.ts';
import { at, idOf, nowMs, sampleApproval, samplePull, sampleRun, sampleTask, worldOf } from '../model/sample-world.ts';
import { detailOf, keyOf, page, stateOf, textOfSections } from './sample-state.ts';

const lastFailure = { runId: idOf(503), code: 'agent_crashed' as const, message: 'it ended', at: at(25) };
const world = worldOf({
  tasks: [
    sampleTask(1, { seen: { title: 'Publish', status: 'in-progress', priority: 'high' } }),
    sampleTask(2, { seen: { status: 'approved', title: 'Greet in 日本語' } }),
    sampleTask(3, { seen: { priority: 'low' }, lastFailure }),
    sampleTask(4, { seen: { status: 'review' } }),
    sampleTask(5, { seen: { status: 'in-progress' } }),
    sampleTask(6, { seen: { status: 'blocked' } }),
  ],
  runs: [sampleRun('waiting_approval', 1), sampleRun('failure', 3), sampleRun('running', 5, { attempt: 2 })],
  approvals: [sampleApproval(1)],
  pulls: [samplePull(482, [2]), samplePull(483, [4], { ci: 'failure' }), samplePull(484, [4])],
});
const filtered = (filter: string, change: Partial<TuiState> = {}): TuiState => {
  const state = stateOf(world, change);
  return { ...state, lists: { ...state.lists, tasks: { ...state.lists.tasks, filter } } };
};

describe('the tasks screen', () => {
  const screen = createScreens(keyOf).tasks;

  it('puts what needs a person above what agents do, in columns that a person can read without colour', () => {
    expect(textOfSections(screen.sections(stateOf(world), 78))).toBe(
      [
        'ACTION (4/4)',
        '#1↑   —       APPROVE   ⏸  Publish                                 10m   $0.42',
        '#2    PR#482✓ APPROVED  ✔  Greet in 日本語',
        '#3↓   —       FAILED    💥 Task 3',
        '#6    —       BLOCKED   ⛔ Task 6',
        'AGENTS (2/2)',
        '#4    PRx2✗   REVIEW    🔎 Task 4',
        '#5    —       WIP(2)    🤖 Task 5                                  10m   $0.42',
      ].join('\n'),
    );
  });
  it('gives the title what the columns do not need where the pane is narrow', () => {
    const rows = textOfSections(screen.sections(stateOf(world), 46)).split('\n');
    expect(rows[1]).toBe('#1↑ APPROVE  ⏸  Publish            10m   $0.42');
    expect(rows[2]).toBe('#2  APPROVED ✔  Greet in 日本語        PR#482✓');
  });
  it('keeps 20 columns of a title beside number, word and icon on 80 columns; its pull request comes behind it', () => {
    const list = (layOut(80, 24)?.list ?? 0) - signColumns;
    const title = 'Find the cart that a person had yesterday';
    const tasks = [
      sampleTask(11, { seen: { title, priority: 'high', status: 'approved' } }),
      sampleTask(12, { seen: { title: 'Round them', status: 'approved' } }),
      sampleTask(13, { seen: { title } }),
      sampleTask(14, { seen: { title, status: 'in-progress' } }),
    ];
    const pulls = [samplePull(482, [11], { ci: 'failure' }), samplePull(483, [12])];
    const state = stateOf(worldOf({ tasks, pulls, runs: [sampleRun('running', 14)] }));
    expect(textOfSections(screen.sections(state, list)).split('\n')).toEqual([
      'ACTION (3/3)',
      '#11↑ APPROVED ✔  Find the cart t… PR✗',
      '#12  APPROVED ✔  Round them   PR#483✓',
      '#13  DISPATCH ●  Find the cart that …',
      'AGENTS (1/1)',
      '#14  WIP(1)   🤖 Find the cart that …',
    ]);
  });
  it.each([30, 46, 64, 78, 120])('makes rows no wider than %i columns where titles are long', (columns) => {
    const title = 'Ünïcode 日本語 👩‍👩‍👧 '.repeat(500);
    const tasks = [1, 2].map((number) => sampleTask(number, { seen: { title } }));
    const state = stateOf(worldOf({ tasks, runs: [sampleRun('running', 1)] }));
    const rows = screen.sections(state, columns).flatMap((section) => section.rows);
    expect(rows).toHaveLength(2);
    for (const { line } of rows) expect(displayWidth(textOf(line))).toBeLessThanOrEqual(columns);
  });
  it('shows below both what was closed last, the newest first, bounded, and as rows of their own', () => {
    const closed = (number: number, minute: number) => sampleTask(number, { closedAt: at(minute), seen: { priority: 'high' } });
    const many = Array.from({ length: 30 }, (_, index) => closed(100 + index, index % 20));
    const known = worldOf({ tasks: [sampleTask(1), closed(2, 29)], pulls: [samplePull(482, [1])] });
    const state = stateOf(known, { closedPages: page([closed(2, 20), closed(3, 28), ...many]) });
    const [, , section] = screen.sections(state, 78);
    expect(section).toMatchObject({ title: 'CLOSED', total: 20 });
    const rows = section?.rows.map(({ line }) => textOf(line)) ?? [];
    expect(rows[0]).toMatch(/^#2↑ +CLOSED +■ +Task 2 +\d\d:29$/);
    expect(rows[1]).toMatch(/^#3↑ .*\d\d:28$/);
    expect(section?.rows[0]?.spoken).toMatch(/^Issue 2, Task 2, closed, high priority, \d\d:29\.$/);
    expect(detailOf(screen, state, idOf(3))).toContain('Task 3');
    const filter = (typed: string) =>
      screen.sections({ ...state, lists: { ...state.lists, tasks: { ...state.lists.tasks, filter: typed } } }, 78);
    expect(filter('status:closed').map(({ rows: kept }) => kept.length)).toEqual([0, 0, 20]);
    expect(filter('status:dispatch')).toHaveLength(2);
  });
  it('shows the worst of the checks by a sign, and by its tone', () => {
    const signOf = (...ci: ('success' | 'pending' | 'failure')[]) => {
      const pulls = ci.map((state, index) => samplePull(10 + index, [1], { ci: state }));
      const [section] = screen.sections(stateOf(worldOf({ tasks: [sampleTask(1)], pulls })), 80);
      return section?.rows[0]?.line[1];
    };
    expect(signOf()).toMatchObject({ text: expect.stringMatching(/^— *$/), tone: 'dim' });
    expect(signOf('success')).toMatchObject({ text: expect.stringContaining('PR#10✓'), tone: 'good' });
    expect(signOf('success', 'pending')).toMatchObject({ text: expect.stringContaining('PRx2…'), tone: 'warning' });
    expect(signOf('pending', 'failure', 'success')).toMatchObject({ text: expect.stringContaining('PRx3✗'), tone: 'bad' });
  });
  it('says each row in words, without icons and columns', () => {
    const spoken = screen.sections(stateOf(world), 80).flatMap(({ rows }) => rows.map((row) => row.spoken));
    expect(spoken[0]).toBe(
      'Issue 1, Publish, an approval waits for you, high priority, implementor at work for 10 minutes, spent $0.42.',
    );
    expect(spoken[1]).toBe(
      'Issue 2, Greet in 日本語, approved, ready to merge, medium priority, pull request 482, checks passed.',
    );
    for (const text of spoken) expect(text).not.toMatch(/[⏸✔💥⛔🔎🤖…]/u);
  });

  it.each([
    ['status:failed', ['#3']],
    ['-status:blocked -status:failed -status:approve', ['#2', '#4', '#5']],
    ['agent:implementor', ['#1', '#3', '#5']],
    ['label:implement 日本', ['#2']],
    ['PR#483', ['#4']],
  ])('keeps of %s what fits, and counts what it hides', (filter, expected) => {
    const sections = screen.sections(filtered(filter), 78);
    const shown = sections.flatMap(({ rows }) => rows.map(({ line }) => textOf(line).slice(0, 2)));
    expect(shown).toEqual(expected);
    expect(sections.map(({ total }) => total)).toEqual([4, 2]);
  });

  it('makes only the row of a touched task anew, and nothing while nothing changed', () => {
    const before = screen.sections(stateOf(world), 78);
    expect(screen.sections(stateOf(world), 78)).toBe(before);
    const run = world.runs[idOf(505)]!;
    const after = screen.sections(stateOf({ ...world, runs: { ...world.runs, [run.id]: { ...run, denials: 1 } } }), 78);
    expect(after[0]).toBe(before[0]);
    expect(after[1]?.rows[0]).toBe(before[1]?.rows[0]);
    expect(after[1]?.rows[1]).not.toBe(before[1]?.rows[1]);
  });
  it('lets time change only live rows, and those when their age reads otherwise', () => {
    const before = screen.sections(stateOf(world), 78);
    expect(screen.sections(stateOf(world, { nowMs: nowMs + 1000 }), 78)[1]).toBe(before[1]);
    const later = screen.sections(stateOf(world, { nowMs: nowMs + 60_000 }), 78);
    expect(later[1]?.rows[0]).toBe(before[1]?.rows[0]);
    expect(textOf(later[1]!.rows[1]!.line)).toContain('11m');
  });

  it('says what to do where there is nothing', () => {
    const none = stateOf(worldOf({}));
    expect(screen.sections(none, 40).map(({ empty }) => empty)).toEqual(['No tasks yet: press n', 'No agent is at work.']);
    expect(detailOf(screen, none, null)).toContain('Write a spec in docs/specs/');
    const loading = stateOf(worldOf({}), { connection: { status: 'loading', message: null, lagMs: null } });
    expect(screen.sections(loading, 40)[0]?.empty).toBe('Looking at the repository …');
    expect(screen.sections(filtered('nonsense'), 40).map(({ empty }) => empty)).toEqual([
      '4 hidden by the filter',
      '2 hidden by the filter',
    ]);
  });

  it.each([
    [1, 'approval'],
    [2, 'pull'],
    [3, 'crash'],
    [4, 'pull'],
    [5, 'output'],
    [6, 'issue'],
  ])('opens #%i at what its status calls for: %s', (number, tab) => {
    const tabs = screen.tabs(stateOf(world), idOf(number));
    expect(tabs[0]).toBe(tab);
    expect(new Set(tabs).size).toBe(tabs.length);
  });

  it('names the key with which a task is added as it is here', () => {
    const said = (key: KeyOf) => textOfSections(createScreens(key).tasks.sections(stateOf(worldOf({})), 72));
    expect(said(keyOf)).toContain('No tasks yet: press n');
    expect(said((id) => (id === 'task.add' ? 'ctrl+n' : null))).toContain('No tasks yet: press ctrl+n');
    expect(said((id) => (id === 'look.palette' ? ':' : null))).toContain('press : and choose “new task”');
  });
});
