import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Pty } from './pty.ts';
import { openBusyWorld } from './support/busy.ts';
import { seeGolden, withColours } from './support/golden.ts';
import { goHome, keys, leave, openTab, ready, select, selected } from './support/hands.ts';
import { type Size, sizes, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openBusyWorld();
});
afterAll(() => world?.remove());

/** One terminal for all the screens of a size; each test leaves it on the tasks, with nothing open. */
describe.each([...sizes, [120, 35] as const])('at %i×%i', (...size: Size) => {
  let pty: Pty;
  beforeAll(async () => {
    pty = world.attach(size);
    await ready(pty);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await goHome(pty);
  });

  it('the dashboard has a row for each standing, what needs a person above what agents do', async () => {
    await select(pty, '#3');
    await seeGolden(pty, 'dashboard-busy');
  });

  it.each([
    ['#11', 'approval', 'approval-card'],
    ['#12', 'approval', 'question-card'],
    ['#1', 'issue', 'detail-issue'],
    ['#8', 'output', 'detail-output'],
    ['#1', 'pull', 'detail-pull'],
    ['#3', 'pull', 'detail-pull-absent'],
    ['#2', 'crash', 'detail-crash'],
    ['#14', 'crash', 'detail-limit'],
    ['#9', 'history', 'detail-history'],
    ['#2', 'timeline', 'detail-timeline'],
    ['#11', 'decisions', 'detail-decisions'],
    ['#1', 'cost', 'detail-cost'],
    ['#13', 'output', 'detail-queued'],
    ['plan', 'output', 'detail-planner'],
  ])('of %s the tab %s', async (name, tab, file) => {
    await select(pty, name);
    await openTab(pty, tab);
    await seeGolden(pty, file);
  });

  it.each([
    ['2', 'runs'],
    ['3', 'approvals'],
    ['5', 'costs'],
    ['6', 'worktrees'],
  ])('key %s: the view %s', async (key, view) => {
    pty.type(key);
    await pty.see(new RegExp(`› ${view}`));
    pty.type('g');
    await seeGolden(pty, `view-${view}`);
    pty.type('1');
    await pty.see('› tasks');
  });

  it('the events are narrowed by a filter', async () => {
    pty.type('4');
    await pty.see('› events');
    pty.type('/run.failed\r');
    await pty.see(/EVENTS .*filtered/);
    await leave(pty, /filtered|hidden/);
    pty.type('1');
    await pty.see('› tasks');
  });

  it('the operations are narrowed by a filter', async () => {
    pty.type('7');
    await pty.see('› operations');
    pty.type('/POST pulls\r');
    await seeGolden(pty, 'view-operations');
    await leave(pty, /filtered|hidden/);
    pty.type('1');
    await pty.see('› tasks');
  });

  it('what lies over the screen: help, palette, filter, question, prompt, quit', async () => {
    await select(pty, '#5');
    pty.type('?');
    await seeGolden(pty, 'help');
    await leave(pty, '── Keys');
    pty.type(':unbl');
    await seeGolden(pty, 'palette');
    await leave(pty, '── Commands');
    pty.type('/status:dispatch pri');
    await seeGolden(pty, 'filter-typed');
    pty.type(keys.enter);
    await seeGolden(pty, 'filter-on');
    await leave(pty, /filtered|hidden/);
    await select(pty, '#5');
    pty.type('d');
    await seeGolden(pty, 'confirm');
    pty.type('n');
    pty.type('L');
    await pty.see('Labels of #5');
    pty.type('later');
    await seeGolden(pty, 'input-refused');
    await leave(pty, 'Labels of #5');
    pty.type('q');
    await seeGolden(pty, 'quit');
    pty.type('n');
    await pty.lose('Leave?');
    expect(selected(pty)).toBe('#5');
  });

  it('without colours it says the same', async () => {
    const plain = world.attach(size, { NO_COLOR: '1' });
    await ready(plain);
    await select(plain, '#3');
    await seeGolden(plain, 'dashboard-busy');
    expect(plain.hasColours()).toBe(false);
    plain.kill();
  });

  it('whoever only looks sees it said', async () => {
    const looker = world.attach(size, {}, ['--read-only']);
    await ready(looker);
    await select(looker, '#5');
    looker.type('d');
    await seeGolden(looker, 'read-only');
    looker.kill();
  });
});

it.each([
  ['light', '0;15'],
  ['dark', '15;0'],
])('has colours of its own on a %s ground', async (name, ground) => {
  const pty = world.attach([80, 24], { COLORTERM: 'truecolor', COLORFGBG: ground });
  await ready(pty);
  await select(pty, '#3');
  await seeGolden(pty, `colours-${name}`, 45_000, withColours);
  pty.kill();
});

it('says what it needs where it has too little room, and comes back when it has it', async () => {
  const pty = world.attach([80, 24]);
  await ready(pty);
  pty.resize(50, 12);
  await seeGolden(pty, 'too-small');
  pty.resize(80, 24);
  await pty.see('AGENTS');
  pty.kill();
});
