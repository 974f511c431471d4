import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Pty } from './pty.ts';
import { spec } from './support/busy.ts';
import { click, goHome, insist, keys, leave, listRows, openTab, ready, select, selected, wheel } from './support/hands.ts';
import { openWorld, poll, type World } from './support/world.ts';

const question = {
  questions: [
    {
      ...{ header: 'Way', question: 'Which way?', multiSelect: false },
      options: [
        { label: 'left', description: '' },
        { label: 'right', description: '' },
      ],
    },
  ],
};

let world: World;
/** What a person acts with. */
let pty: Pty;
let wide: Pty;
/** Each test has tasks of its own in one world; two terminals of the two sizes look at it. */
beforeAll(async () => {
  world = await openWorld({
    script: {
      planner: [{ say: 'I read the specs.' }, { hang: true }],
      implementor: [{ hang: true }],
      'implementor#2@1': [{ say: 'no' }, { exit: 3 }],
      'implementor#3': [{ ask: 'AskUserQuestion', input: question }, { say: 'I heard it.' }, { hang: true }],
      'implementor#4': [{ ask: 'AskUserQuestion', input: question }, { hear: true }, { hang: true }],
      'implementor#5': [{ lines: 60 }, { hear: true }, { lines: 5 }, { hear: true }, { say: 'the very end' }, { hang: true }],
    },
  });
  for (const title of ['Dispatch me', 'Fail me', 'Ask me', 'Refuse me', 'Read me', 'Leave me']) await world.addTask(title);
  pty = world.attach([80, 24]);
  wide = world.attach([200, 50]);
  await Promise.all([ready(pty), ready(wide)]);
});
afterAll(() => world?.remove());

/** A test that failed half way leaves nothing open for the next one. */
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await Promise.all([goHome(pty), goHome(wide)]);
});

const seenByBoth = (wanted: RegExp) => Promise.all([pty.see(wanted), wide.see(wanted)]);

const dispatch = async (name: string) => {
  await select(pty, name);
  await insist(pty, 'd', 'Please confirm');
  pty.type('y');
  await pty.lose('Please confirm');
};
const runsOf = async (issue: number) =>
  (await world.plane.engine.query('listRuns', {})).items.filter((run) => run.issue === issue);

describe.each([
  ['80×24', () => pty, 60],
  ['200×50', () => wide, 120],
] as const)('going about at %s', (_size, terminal, detailColumn) => {
  it('j, k and the arrows move the selection, G and g go to the ends', async () => {
    const pty = terminal();
    await select(pty, '#1');
    for (const [key, name] of [
      ['j', '#2'],
      [keys.down, '#3'],
      ['k', '#2'],
      [keys.up, '#1'],
      ['G', '#6'],
      ['g', '#1'],
    ] as const) {
      pty.type(key);
      await pty.until(() => selected(pty) === name, `${JSON.stringify(key)} to select ${name}`);
    }
  });

  it('the selected row stands out, by a sign and by its attributes', async () => {
    const pty = terminal();
    await select(pty, '#2');
    const row = pty.screen().findIndex((text) => text.startsWith('› #2'));
    expect(pty.isInverse(6, row)).toBe(true);
    expect(pty.isInverse(6, row + 1)).toBe(false);
  });

  it('Tab moves the focus, and the keys of the list go to the detail then', async () => {
    const pty = terminal();
    await select(pty, '#2');
    pty.type(keys.tab);
    await pty.see('▸ Issue #2');
    pty.type('j');
    pty.type(keys.tab);
    await pty.lose('▸ Issue #2');
    expect(selected(pty)).toBe('#2');
  });

  it('Enter pins a task to the detail while the selection goes on, and lets it go again', async () => {
    const pty = terminal();
    await select(pty, '#2');
    pty.type(keys.enter);
    await pty.see(/📌.*Issue #2/);
    pty.type('j');
    await pty.until(() => selected(pty) === '#3', 'the selection to go on');
    expect(pty.text()).toMatch(/📌.*Issue #2/);
    pty.type(keys.enter);
    await pty.lose('📌');
  });

  it('a click selects, and the wheel leaves the selection', async () => {
    const pty = terminal();
    const row = pty.screen().findIndex((text) => text.startsWith('  #4'));
    pty.type(click(5, row));
    await pty.until(() => selected(pty) === '#4', 'the clicked row');
    pty.type(wheel(5, 3, true));
    pty.type(click(detailColumn, 5));
    await pty.see('▸ Issue #4');
    pty.type(keys.tab);
    await pty.lose('▸');
    expect(selected(pty)).toBe('#4');
  });

  it('a disabled key is dimmed, stays, and says why when it is pressed', async () => {
    const pty = terminal();
    await select(pty, '#6');
    expect(pty.screen().at(-1)).toContain('a approve');
    pty.type('a');
    await pty.see('approve: nothing here waits for your approval');
    pty.type('x');
    await pty.see('cancel: no agent has worked on what is selected');
  });
});

describe('acting', () => {
  it('d asks; other keys than y, n and Escape do nothing; y dispatches once', async () => {
    await select(pty, '#1');
    pty.type('d');
    await pty.see('Dispatch an Implementor on #1?');
    pty.type('jqx:?d');
    pty.type(keys.tab);
    pty.type('n');
    await pty.lose('Dispatch an Implementor');
    expect(await runsOf(1)).toHaveLength(0);
    expect(selected(pty)).toBe('#1');
    pty.type('d');
    await pty.see('Dispatch an Implementor on #1?');
    // Somebody else was quicker: what the engine refuses is said.
    await world.command('task.dispatch', { task: '#1' });
    await seenByBoth(/#1 .*WIP\(1\)/);
    pty.type('yy');
    await pty.see(/dispatch #1: .*running|dispatch #1: .*already/);
    expect(await runsOf(1)).toHaveLength(1);
    pty.type('d');
    await pty.see(/dispatch: /);
    expect(pty.text()).not.toContain('Please confirm');
  });

  it('the selection stays with its issue when rows move', async () => {
    await select(pty, '#6');
    const above = listRows(pty).findIndex((row) => row.startsWith('› #6'));
    await world.command('task.label', { task: '#5', add: ['status:blocked'], remove: ['status:pending'] });
    await seenByBoth(/#5 .*BLOCKED/);
    expect(selected(pty)).toBe('#6');
    await world.command('task.label', { task: '#6', add: ['status:blocked', 'priority:high'], remove: ['status:pending'] });
    await pty.see(/› #6.*BLOCKED/);
    expect(listRows(pty).findIndex((row) => row.startsWith('› #6'))).not.toBe(above);
    for (const issue of ['#5', '#6'])
      await world.command('task.label', { task: issue, add: ['status:pending'], remove: ['status:blocked'] });
    await pty.lose('BLOCKED');
  });

  it('what failed says why, and d starts it again', async () => {
    await dispatch('#2');
    await seenByBoth(/#2 .*FAILED/);
    await select(pty, '#2');
    await openTab(pty, 'crash');
    await pty.see('The implementor failed: agent crashed');
    await world.until((rows) => rows.tasks.every(({ followUpRunId }) => followUpRunId === null), 'the follow-up');
    await insist(pty, 'd', 'Dispatch #2 again (attempt 2)?');
    pty.type('y');
    await seenByBoth(/#2 .*WIP\(2\)/);
  });

  it('! goes to what waits the longest, and an answer reaches the agent', async () => {
    await dispatch('#3');
    await seenByBoth(/#3 .*APPROVE/);
    await insist(pty, '!', '› approvals');
    await pty.see('Which way?');
    pty.type('a');
    await pty.see('a number, or your own words');
    pty.type('2\r');
    await poll(() => world.notes().some(({ issue, answer }) => issue === 3 && answer === 'right'), 'the answer');
    pty.type('1');
    await pty.see('› tasks');
  });

  it('a refusal needs a reason, and the agent reads it; what is said to it too', async () => {
    await dispatch('#4');
    await seenByBoth(/#4 .*APPROVE/);
    await select(pty, '#4');
    pty.type('D');
    await pty.see('the reason that the agent reads');
    pty.type(keys.enter);
    pty.type('find it out\r');
    await poll(() => world.notes().some(({ issue, reason }) => issue === 4 && /find it out/.test(`${reason}`)), 'the refusal');
    await pty.see(/#4 .*WIP/);
    await insist(pty, 'i', 'Say to the implementor on #4');
    pty.type('look left\r');
    await poll(() => world.notes().some(({ event, text }) => event === 'heard' && /look left/.test(`${text}`)), 'what was said');
    await insist(pty, 'x', 'Cancel the implementor on #4?');
    pty.type('y');
    await poll(async () => (await runsOf(4))[0]?.state === 'canceled', 'the end');
  });

  it('output follows its end until it is scrolled, and again from the bottom', async () => {
    await dispatch('#5');
    await select(pty, '#5');
    await openTab(pty, 'output');
    await pty.see('line 60');
    expect(pty.text()).toContain('· following');
    pty.type(keys.tab);
    pty.type('k');
    await pty.see('· paused');
    const pane = () =>
      pty
        .screen()
        .slice(2, -2)
        .map((row) => row.split('│')[1]?.trimEnd())
        .join('\n');
    const once = pane();
    pty.type('k');
    await pty.until(() => pane() !== once, 'the second step up');
    const before = pane();
    await world.command('run.say', { runId: (await runsOf(5))[0]?.id as string, text: 'more' });
    await pty.see(/paused, \d+ more/);
    await poll(() => world.notes().some(({ event, issue }) => event === 'heard' && issue === 5), 'the agent to go on');
    expect(pane()).toBe(before);
    pty.type('G');
    await pty.see('· following');
    await world.command('run.say', { runId: (await runsOf(5))[0]?.id as string, text: 'end' });
    await pty.see('the very end');
    pty.type(keys.tab);
    await pty.lose('▸');
  });

  it('the wheel over the detail scrolls that, and leaves selection and focus where they are', async () => {
    await select(pty, '#5');
    await openTab(pty, 'output');
    await pty.see('· following');
    const names = () => listRows(pty).map((row) => row.slice(0, 12));
    const before = names();
    pty.type(wheel(60, 8, false));
    await pty.see('· paused');
    expect(names()).toEqual(before);
    expect(selected(pty)).toBe('#5');
    expect(pty.text()).not.toContain('▸');
    pty.type(wheel(60, 8, true));
    await pty.see('· following');
  });

  it('dispatching is paused with a reason, and resumed', async () => {
    pty.type('P');
    await pty.see('Pause all dispatching');
    pty.type('a release\r');
    await seenByBoth(/Dispatching is paused by ann/);
    pty.type('P');
    await pty.lose('Dispatching is paused by ann');
  });

  it('a Planner is a row while it works, can be canceled, and waits for a person then', async () => {
    world.place.commit({ 'docs/specs/checkout.md': spec }, 'Add a spec');
    await seenByBoth(/plan .*WIP\(1\)/);
    await seenByBoth(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Planner \d/);
    await select(pty, 'plan');
    await insist(pty, 'x', 'Cancel the planner');
    pty.type('y');
    await seenByBoth(/plan .*FAILED/);
    await seenByBoth(/✗ Planner failed/);
  });

  it('n writes a task in the editor', async () => {
    const editor = join(world.place.root, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\nprintf "Sell socks\\n\\nWoollen ones.\\n" > "$1"\n');
    chmodSync(editor, 0o755);
    const editing = world.attach([80, 24], { EDITOR: editor });
    await ready(editing);
    editing.type('n');
    await editing.see('Sell socks');
    expect(editing.isAlternate()).toBe(true);
    editing.kill();
  });
});

describe('what is kept and what is not', () => {
  it('a filter survives a restart', async () => {
    const first = world.attach([80, 24]);
    await ready(first);
    first.type('/leave me\r');
    await first.see('filtered out');
    first.type('q');
    await first.see('The engine goes on.');
    first.type('y');
    expect(await first.ended).toBe(0);
    const second = world.attach([80, 24]);
    await second.see('filtered out');
    expect(listRows(second).filter((row) => row.includes('#'))).toEqual([expect.stringMatching(/#6.*Leave me/)]);
    await leave(second, 'filtered out');
    second.type('q');
    await second.see('The engine goes on.');
    second.type('y');
    await second.ended;
  });

  it('a long list scrolls to every item, and its heading counts what is on the screen', async () => {
    for (let count = 0; count < 20; count++) await world.addTask(`Filler ${count}`);
    await pty.see(/ACTION \((\d+)\/(?!\1\))\d+\)/);
    const { tasks } = await world.plane.engine.query('snapshot', {});
    const left = new Set(tasks.flatMap(({ issue }) => (issue === null ? [] : [`#${issue}`])));
    // The newest is the last of its section: with it on the screen, all the others have come.
    pty.type('G');
    const newest = `#${Math.max(...tasks.map(({ issue }) => issue ?? 0))}`;
    await pty.until(() => listRows(pty).some((row) => row.includes(`${newest} `)), `${newest} on the screen`);
    pty.type('g');
    await pty.until(() => listRows(pty)[0]?.startsWith('›') === true, 'the first row');
    for (left.delete(selected(pty) as string); left.size > 0; left.delete(selected(pty) as string)) {
      const now = selected(pty);
      pty.type('j');
      await pty.until(() => selected(pty) !== now, `the row after ${now}; left: ${[...left].join(' ')}`);
    }
  });

  it('the wheel over the list scrolls the list, and the selection stays with its task', async () => {
    pty.type('g');
    await pty.until(() => listRows(pty)[0]?.startsWith('›') === true, 'the first row');
    const name = selected(pty);
    const heading = (pty.screen()[1] ?? '').split('│')[1];
    pty.type(wheel(5, 10, true));
    await pty.until(() => selected(pty) === null, 'the selected row to leave the screen');
    expect((pty.screen()[1] ?? '').split('│')[1]).toBe(heading);
    pty.type(wheel(5, 10, false));
    await pty.until(() => listRows(pty)[0]?.startsWith('›') === true && selected(pty) === name, 'it to come back');
  });
});
