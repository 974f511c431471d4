import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPty, type Pty } from './pty.ts';
import { alike, masked, seeGolden, stands } from './support/golden.ts';
import { insist, keys, ready, select } from './support/hands.ts';
import { makeTerminalPlace, openWorld, poll, program, sizes, type TerminalPlace, type World } from './support/world.ts';

/** As a shell leaves it: nothing of ours is still asked of the terminal. */
const expectGivenBack = (pty: Pty) => {
  expect(pty.isAlternate()).toBe(false);
  expect(pty.modes()).toEqual({ cursorShown: true, mouse: 'none', bracketedPaste: false });
};

describe('engine and terminal in one process', () => {
  let place: TerminalPlace;
  beforeAll(() => {
    place = makeTerminalPlace();
    place.script({ implementor: [{ hang: true }] });
  });
  afterAll(() => place?.remove());

  it('says that it loads, is empty at first, counts who works when it is left, and gives the terminal back', async () => {
    const pty = place.open([80, 24]);
    await seeGolden(pty, 'loading');
    await pty.see('No tasks yet');
    await seeGolden(pty, 'dashboard-empty');
    expect(pty.isAlternate()).toBe(true);
    expect(pty.modes()).toEqual({ cursorShown: false, mouse: 'vt200', bracketedPaste: true });
    const add = place.open([80, 24], ['task', 'add', 'Work']);
    expect(await add.ended).toBe(0);
    await pty.see(/› #1/);
    await insist(pty, 'd', 'Please confirm');
    pty.type('y');
    await pty.see(/#1 .*WIP\(1\)/);
    await pty.see('It has not said anything yet');
    pty.type('q');
    await pty.see('1 agent runs. Stop the engine and quit?');
    await seeGolden(pty, 'quit-running');
    pty.type('n');
    await pty.lose('Stop the engine');
    pty.type('q');
    await pty.see('Stop the engine');
    pty.type('y');
    expect(await pty.ended).toBe(0);
    expectGivenBack(pty);
    expect(pty.text()).toContain('stopped');
  });
});

describe('over an engine that runs elsewhere', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ script: { implementor: [{ hang: true }] } });
    for (const title of ['One', 'Two', 'Three']) await world.addTask(title);
  });
  afterAll(() => world?.remove());

  it('is quiet while nothing changes', async () => {
    const pty = world.attach([80, 24]);
    await ready(pty);
    await pty.until(() => /\[issue\]/.test(pty.text()), 'the detail');
    await poll(async () => (await quietFor(pty, 1_500)) === 0, 'it to come to rest');
    expect(await quietFor(pty, 4_000)).toBe(0);
    pty.kill();
  });

  it.each(sizes)('is linear text in the mode for screen readers, at %i×%i', async (...size) => {
    const pty = world.attach(size, { INK_SCREEN_READER: 'true' });
    await pty.see('Decree, Tasks.');
    await pty.see(/Selected: Issue 1, One, ready to be dispatched/);
    expect(pty.text()).toContain('AGENTS: 0 of 0.');
    expect(pty.text()).not.toMatch(/[│─●]/);
    pty.type('j');
    await pty.see(/Selected: Issue 2, Two/);
    pty.kill();
  });

  it('follows the size of the terminal, and shows the same again', async () => {
    const pty = world.attach([80, 24]);
    await ready(pty);
    await select(pty, '#2');
    await stands(pty);
    const before = masked(pty.screen());
    pty.resize(200, 50);
    const isWide = () => (pty.screen()[1] ?? '').length > 150 && (pty.screen().at(-1) ?? '').includes('q quit');
    await pty.until(isWide, 'the wide screen, to its last row');
    pty.resize(80, 24);
    await pty.until(() => alike(masked(pty.screen()), before), 'the narrow screen as it was');
    pty.kill();
  });

  it('is suspended by Ctrl-Z under a shell, and comes back with fg', async () => {
    const shell = openPty({
      ...{ file: '/bin/bash', args: ['--norc', '--noprofile', '-i'], columns: 80, rows: 24, cwd: world.place.repository },
      env: { ...world.env, PS1: 'ready> ', PROGRAM: program },
    });
    await shell.see('ready>');
    shell.type(`"${process.execPath}" "$PROGRAM" attach\r`);
    await ready(shell);
    expect(shell.isAlternate()).toBe(true);
    shell.type(keys.suspend);
    await shell.see('Stopped');
    expect(shell.isAlternate()).toBe(false);
    expect(shell.modes()).toMatchObject({ cursorShown: true, mouse: 'none' });
    shell.type('fg\r');
    await ready(shell);
    expect(shell.modes()).toMatchObject({ cursorShown: false, mouse: 'vt200' });
    await select(shell, '#3');
    shell.type('q');
    await shell.see('The engine goes on.');
    shell.type('y');
    await shell.see(/ready> *$/m);
    expectGivenBack({ ...shell, modes: () => ({ ...shell.modes(), bracketedPaste: false }) });
    shell.type('exit\r');
    await shell.ended;
  });

  it('gives the terminal back when it meets an error that nobody caught, and when it is ended by a signal', async () => {
    const throwing = "process.on('SIGUSR2',()=>setImmediate(()=>{throw new Error('nobody caught this')}))";
    const fault = `data:text/javascript,${encodeURIComponent(throwing)}`;
    const pty = world.attach([80, 24], { NODE_OPTIONS: `--import=${fault}` });
    await ready(pty);
    process.kill(pty.pid, 'SIGUSR2');
    expect(await pty.ended).not.toBe(0);
    expectGivenBack(pty);
    expect(pty.text()).toContain('nobody caught this');
    const ended = world.attach([80, 24]);
    await ready(ended);
    process.kill(ended.pid, 'SIGTERM');
    await ended.ended;
    expectGivenBack(ended);
  });

  it('keeps showing what it knew, and says so, when the engine goes away', async () => {
    const ptys = sizes.map((size) => world.attach(size));
    for (const pty of ptys) {
      await ready(pty);
      await select(pty, '#2');
    }
    await world.plane.close('it goes');
    for (const pty of ptys) {
      await pty.see(/✖ The engine/);
      expect(pty.text()).toContain('› #2');
      pty.type('d');
      await pty.see(/dispatch: /);
      pty.kill();
    }
  });
});

it('shows what it knew of an engine that died, says so, and promises nothing when it is left', async () => {
  const place = makeTerminalPlace();
  try {
    const engine = place.open([120, 24], ['--headless']);
    await engine.see('engine ready', 60_000);
    const add = place.open([80, 24], ['task', 'add', 'Work on']);
    expect(await add.ended).toBe(0);
    const pty = place.open([80, 24], ['attach']);
    await pty.see(/› #1 /, 60_000);
    // What was fetched stays; what was on its way would be said to have failed.
    await pty.see('Opened');
    await pty.lose('Fetching');
    engine.kill('SIGKILL');
    await pty.see('✖ The engine does not answer', 40_000);
    await seeGolden(pty, 'engine-lost', 30_000);
    pty.type('q');
    await pty.see('The engine does not answer. Leave?');
    await seeGolden(pty, 'quit-lost', 30_000);
    pty.type('y');
    expect(await pty.ended).toBe(0);
    expectGivenBack(pty);
  } finally {
    await place.remove();
  }
}, 150_000);

async function quietFor(pty: Pty, ms: number): Promise<number> {
  const before = pty.bytes();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return pty.bytes() - before;
}
