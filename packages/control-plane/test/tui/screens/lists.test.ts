import { noUsage, spendKey, type Task } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { createScreens } from '../../../src/tui/screens/index.ts';
import { type TuiState, type View, views } from '../../../src/tui/store/state.ts';
import { textOf } from '../../../src/tui/text/line.ts';
import { at, idOf, repositoryId, sampleApproval, sampleRun, sampleTask, worldOf } from '../model/sample-world.ts';
import { detailOf, failed, keyOf, noOutputs, page, sampleEvent, size, stateOf, textOfSections } from './sample-state.ts';

const screens = createScreens(keyOf);
const usage = sampleRun('running', 1).usage;
const spendOf = (day: string, model: string, costUsd: number) => ({
  [spendKey(repositoryId, day, 'implementor', model)]: {
    ...{ repositoryId, day, role: 'implementor' as const, model },
    usage: { ...usage, costUsd, costBasis: model === 'opus' ? ('table' as const) : ('reported' as const) },
  },
});
const worktree = (branch: string, change: object = {}) => ({
  ...{ branch, path: `/repo/.worktrees/${branch}`, runId: null, taskId: null, issue: 7, inUse: false },
  ...{ modified: 0, untracked: 0, unpushedCommits: 0, salvageRef: null, ...change },
});
const operation = (id: number, change: object = {}) => ({
  ...{ id: idOf(id), at: at(29), kind: 'program', summary: 'git worktree add x', directory: '/repo', runId: null },
  ...{ resultCode: 0, durationMs: 34, stderrTail: null, ...change },
});
const state = stateOf(
  {
    ...worldOf({
      tasks: [sampleTask(1), sampleTask(2), sampleTask(3)],
      runs: [sampleRun('running', 1), sampleRun('waiting_approval', 2), sampleRun('failure', 3)],
      approvals: [sampleApproval(2)],
    }),
    spend: { ...spendOf('2026-02-08', 'sonnet', 3.2), ...spendOf('2026-02-07', 'opus', 5.1) },
  },
  {
    runPages: page([sampleRun('success', 4)]),
    approvalPages: page([
      sampleApproval(1, {
        id: idOf(901),
        state: 'denied',
        decidedAt: at(20),
        decidedBy: { type: 'user', id: 'ada' },
        decisionReason: 'not now',
      }),
    ]),
    eventPages: page([
      sampleEvent('run.failed', { code: 'agent_crashed', message: 'boom' }),
      sampleEvent('system.dispatch_paused', { reason: 'lunch' }),
    ]),
    worktreePages: page([
      worktree('issue-1-1', { inUse: true }),
      worktree('issue-7-1', { modified: 2, unpushedCommits: 1 }),
    ] as never),
    operationPages: page([
      operation(1, { resultCode: 128, stderrTail: 'fatal: no' }),
      operation(2, { kind: 'forge', summary: 'POST /issues', resultCode: 201 }),
    ] as never),
  },
);
const textOfView = (view: View, from: TuiState = state, columns = 78) => textOfSections(screens[view].sections(from, columns));
const filteredBy = (view: View, filter: string): TuiState => ({
  ...state,
  lists: { ...state.lists, [view]: { selected: null, top: 0, filter } },
});

describe('every view', () => {
  it.each(views)('%s has rows of different identities that say themselves in words', (view) => {
    const rows = screens[view].sections(state, 78).flatMap((section) => section.rows);
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ identity }) => identity)).size).toBe(rows.length);
    for (const row of rows) expect(row.spoken.length).toBeGreaterThan(5);
  });
  it.each(views)('%s gives the same objects for the same state', (view) => {
    const sections = screens[view].sections(state, 78);
    expect(screens[view].sections({ ...state }, 78)).toBe(sections);
    const identity = sections.flatMap(({ rows }) => rows)[0]?.identity ?? null;
    expect(screens[view].detail({ ...state }, identity, size, noOutputs)).toBe(
      screens[view].detail(state, identity, size, noOutputs),
    );
  });
  it.each(views)('%s has a detail for each row, and for none, each with a key of its own', (view) => {
    const identities = screens[view].sections(state, 78).flatMap(({ rows }) => rows.map(({ identity }) => identity));
    for (const identity of [...identities, null, 'gone']) {
      const detail = screens[view].detail(state, identity, size, noOutputs);
      expect(detail.key.startsWith(`${view}:`)).toBe(true);
      expect(detail.length).toBeGreaterThan(0);
    }
  });
  it.each(views)('%s says what is so, or what to do, where it has nothing', (view) => {
    const empty = page<never>([]);
    const nothing = stateOf(worldOf({}), {
      runPages: empty,
      approvalPages: empty,
      eventPages: empty,
      worktreePages: empty,
      operationPages: empty,
    });
    for (const section of screens[view].sections(nothing, 40)) if (section.rows.length === 0) expect(section.empty).toMatch(/\w/);
    expect(detailOf(screens[view], nothing, null)).toMatch(/\w/);
  });
});

describe('a list that cannot be fetched', () => {
  it.each(['events', 'worktrees', 'operations'] as const)('of %s says why', (view) => {
    const broken = { ...stateOf(worldOf({})), [`${view.slice(0, -1)}Pages`]: { ...failed, more: false } };
    expect(textOfView(view, broken)).toContain('could not be fetched: the forge did not answer');
  });
});

describe('runs', () => {
  it('stand with the live ones first, with outcome, time and cost', () => {
    const text = textOfView('runs');
    expect(text).toMatch(/LIVE \(2\/2\)[\s\S]*ENDED \(2\/2\)/);
    expect(text).toMatch(/#3 +implementor 1 ✗ failed +agent.* 5m +\$0\.42/);
  });
  it('are looked at for what they need', () => {
    expect([1, 2, 3].map((number) => screens.runs.tabs(state, idOf(500 + number))[0])).toEqual(['output', 'approval', 'crash']);
  });
  it('are filtered by state and agent', () => {
    expect(textOfView('runs', filteredBy('runs', 'status:failure agent:impl'))).toMatch(
      /LIVE \(0\/2\)\n2 hidden.*\nENDED \(1\/2\)\n#3/,
    );
  });
});

describe('approvals', () => {
  it('show which issue asks, how long there is to decide, and what became of those before', () => {
    const rows = /WAITING \(1\/1\)\n⏸ #2 +approve +run npm publish +25m\nDECIDED \(1\/1\)\n✗ #1 +denied/;
    expect(textOfView('approvals')).toMatch(rows);
    expect(detailOf(screens.approvals, state, idOf(901))).toContain('denied by ada');
  });
});

describe('costs', () => {
  it('are totalled for today and the week, by role, model, day and task', () => {
    const { tasks } = state.world;
    const first = { ...(tasks[idOf(3)] as Task), usage: { ...noUsage, inputTokens: 900, costUsd: 0.42 } };
    const spent = { ...state, world: { ...state.world, tasks: { ...tasks, [first.id]: first } } };
    const text = textOfView('costs', spent, 40);
    for (const row of [
      /Today \(UTC\) +\$3\.20/,
      /Last 7 days +~\$8\.30/,
      /implementor +~\$8\.30/,
      /opus +~\$5\.10/,
      /2026-02-08 +\$3\.20/,
      /#3 Task 3 +\$0\.42/,
    ])
      expect(text).toMatch(row);
    expect(detailOf(screens.costs, state, 'total:week')).toContain('~ is priced from our own table');
    expect(detailOf(screens.costs, state, `task:${idOf(3)}`)).toMatch(/implementor 1 +✗ failed +\$0\.42/);
  });
});

describe('worktrees', () => {
  it('say what is unsaved, and what cleaning would do', () => {
    expect(textOfView('worktrees')).toMatch(/LEFT OVER \(1\/1\)\n! #7 +issue-7-1 +2 changed files, 1 commit not pushed/);
    const text = detailOf(screens.worktrees, state, 'issue-7-1').replace(/\s+/g, ' ');
    expect(text).toContain('Removes the directory /repo/.worktrees/issue-7-1. The branch issue-7-1 stays.');
    expect(text).toContain('they are first kept under a hidden ref');
    expect(detailOf(screens.worktrees, state, 'issue-1-1')).toContain('It cannot be cleaned now');
  });
});

describe('operations', () => {
  it('show what the engine ran with its exit code, and the last words of what failed', () => {
    const rows = screens.operations.sections(state, 78).flatMap((section) => section.rows.map(({ line }) => textOf(line)));
    expect(rows[0]).toMatch(/✗ exit 128 +git worktree add x +34ms$/);
    expect(rows[1]).toMatch(/✓ 201 +POST \/issues/);
    expect(detailOf(screens.operations, state, idOf(1))).toContain('fatal: no');
  });
});

describe('events', () => {
  it('say what happened, with all that they carry in the detail', () => {
    expect(textOfView('events')).toMatch(/failed, agent crashed: boom\n.*dispatching paused: lunch/);
    const [event] = state.eventPages.value ?? [];
    expect(detailOf(screens.events, state, event?.id ?? null)).toMatch(/run\.failed[\s\S]*"message": "boom"/);
  });
});
