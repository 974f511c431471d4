import { spendKey } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/tui/keymap/commands.ts';
import { headerLine, metersOf, standingLine, standings } from '../../../src/tui/model/meters.ts';
import { textOf } from '../../../src/tui/text/line.ts';
import { displayWidth } from '../../../src/tui/text/width.ts';
import { stateOf } from '../screens/sample-state.ts';
import { at, repositoryId, sampleApproval, sampleRepository, sampleRun, sampleTask, worldOf } from './sample-world.ts';

const usage = { ...sampleRun('running', 1).usage, costUsd: 3.2 };
const spend = (day: string) => ({
  [spendKey(repositoryId, day, 'implementor', 'sonnet')]: {
    repositoryId,
    day,
    role: 'implementor' as const,
    model: 'sonnet',
    usage,
  },
});
const tasks = [1, 2, 3, 4].map((number) => sampleTask(number));
const world = worldOf({
  tasks,
  runs: [sampleRun('running', 1), sampleRun('waiting_approval', 2), sampleRun('queued', 3)],
  approvals: [sampleApproval(2)],
});
const health = { state: 'ready', settings: { maxAgents: 4, sandbox: 'none' }, rateLimit: null, memory: null } as never;

describe('the meters', () => {
  it('say what today cost on a narrow screen too', () => {
    const state = stateOf({ ...world, spend: spend('2026-02-08') }, { health });
    expect(textOf(headerLine(state, 80))).toContain('$3.20 today');
  });

  it('count what runs, waits, is queued, needs a person, and what today cost', () => {
    const state = stateOf({ ...world, spend: { ...spend('2026-02-08'), ...spend('2026-02-07') } }, { health });
    expect(metersOf(state)).toEqual({
      running: 1,
      waiting: 1,
      queued: 1,
      limit: 4,
      needsYou: 2,
      costToday: '$3.20',
      lag: '<0.1s',
      sandbox: 'no sandbox',
      requests: null,
    });
  });
  it('say what the forge still answers, louder when it is little, and nothing where it counts nothing', () => {
    const withRequests = (remaining: number) =>
      stateOf(world, { health: { ...(health as object), rateLimit: { limit: 5000, remaining, resetAt: at(45) } } as never });
    expect(textOf(headerLine(withRequests(4312), 200))).toContain('4.3k/5.0k requests');
    expect(standings(withRequests(4312))).toEqual([]);
    expect(textOf(headerLine(withRequests(12), 120))).toContain('12/5.0k requests');
    expect(standings(withRequests(12))[0]?.text).toMatch(/^⚠ The forge answers 12 more requests until \d\d:45$/);
    expect(textOf(headerLine(stateOf(world, { health }), 200))).not.toContain('requests');
  });
  it.each([60, 80, 120, 200])('fill a header of %i columns, and what needs the person is always on it', (columns) => {
    const text = textOf(headerLine(stateOf(world, { health }), columns));
    expect(displayWidth(text)).toBe(columns);
    expect(text).toContain('! 2 need you');
    expect(text).toContain('1/4 running');
    expect(text.trimEnd()).toMatch(/Planner$/);
  });
  it.each([
    ['idle', {}, [], '💤 Planner'],
    ['at work', {}, [sampleRun('running', 9, { role: 'planner', startedAt: at(28) })], '⠋ Planner 2m'],
    ['failed for good', { planFailure: { key: 'a', count: 5, nextTryAt: null } }, [], '✗ Planner failed'],
    ['trying again', { planFailure: { key: 'a', count: 1, nextTryAt: at(31) } }, [], '↻ Planner again'],
  ] as const)('say that the Planner is %s', (_what, repository, runs, said) => {
    const planning = worldOf({
      tasks: [sampleTask(9, { kind: 'plan', issue: null })],
      runs,
      repositories: [sampleRepository(repository)],
    });
    expect(textOf(headerLine(stateOf(planning), 120))).toContain(said);
  });
});

describe('a pause', () => {
  const dispatchPaused = { at: at(3), by: { type: 'user' as const, id: 'ada' }, reason: 'release day' };
  const paused = stateOf(worldOf({ repositories: [sampleRepository({ dispatchPaused })] }), { health });
  it('stands in the header, with who said so, and why where there is room', () => {
    expect(textOf(headerLine(paused, 120))).toContain('⏸ PAUSED by ada: release day');
    expect(textOf(headerLine(paused, 80))).toContain('⏸ PAUSED by ada');
    expect(textOf(headerLine(stateOf(world, { health }), 200))).not.toContain('PAUSED');
  });
  it('turns the key that pauses into one that resumes', () => {
    const command = commands.find(({ id }) => id === 'dispatch.pause');
    expect([command?.labelNow?.(stateOf(world)), command?.labelNow?.(paused)]).toEqual(['pause', 'resume']);
  });
});

describe('the status line', () => {
  it('says what of the filter that stands is not understood', () => {
    const lists = { ...stateOf(world).lists, tasks: { selected: null, top: 0, filter: 'stat:failed' } };
    expect(textOf(standingLine(stateOf(world, { health, lists })))).toMatch(
      /^⚠ Filter: stat: is no filter and is looked for as text/,
    );
    expect(textOf(standingLine(stateOf(world, { health, lists, view: 'runs' })))).toBe('');
  });
  it('is empty while all is well', () => expect(standingLine(stateOf(world, { health }))).toEqual([]));
  it('says what is paused, by whom and why, and which sensor fails until when', () => {
    const repository = sampleRepository({
      dispatchPaused: { at: at(3), by: { type: 'user', id: 'ada' }, reason: 'release day' },
      sensorFailures: { pulls: { message: 'HTTP 502', since: at(1), nextTryAt: at(31) } },
    });
    const said = textOf(standingLine(stateOf(worldOf({ repositories: [repository] }))));
    expect(said).toMatch(/Dispatching is paused by ada since \d\d:\d\d: release day/);
    expect(said).toMatch(/Cannot read pull requests: HTTP 502; next try \d\d:\d\d/);
  });
  it('says that the engine does not answer before anything else', () => {
    const connection = { status: 'lost', message: 'connection refused', lagMs: null } as const;
    const repository = sampleRepository({ dispatchPaused: { at: at(3), by: { type: 'user', id: 'ada' }, reason: null } });
    expect(textOf(standingLine(stateOf(worldOf({ repositories: [repository] }), { connection })))).toMatch(
      /^✖ The engine does not answer: connection refused; trying again/,
    );
  });
  it('says when there is too little memory for another agent', () => {
    const memory = { freeBytes: 1024 ** 3, minimumFreeBytes: 2 * 1024 ** 3 };
    expect(textOf(standingLine(stateOf(world, { health: { ...(health as object), memory } as never })))).toContain(
      '1.0 GB of memory free, 2.0 GB needed',
    );
  });
});
