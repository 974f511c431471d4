/** The command as a person types it: what is drawn before the program is loaded, and that it is gone before anything is said. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPty, type Pty } from './pty.ts';
import { makeTerminalPlace, type TerminalPlace } from './support/world.ts';

const command = fileURLToPath(new URL('../../packages/control-plane/bin/control-plane.mjs', import.meta.url));
const otherScreen = '\x1b[?1049h';

let place: TerminalPlace;
const ptys: Pty[] = [];
beforeAll(() => {
  place = makeTerminalPlace();
});
afterAll(async () => {
  for (const pty of ptys) pty.kill('SIGKILL');
  await Promise.all(ptys.map(({ ended }) => ended));
  await place.remove();
});

interface How {
  env?: Record<string, string>;
  size?: readonly [columns: number, rows: number];
  /** Its standard output is a pipe. */
  piped?: boolean;
}

/** The command in a terminal, with all that it wrote. */
function open(args: readonly string[], { env = {}, size: [columns, rows] = [80, 24], piped = false }: How = {}) {
  const words = [process.execPath, command, ...args];
  const pty = openPty({
    ...(piped ? { file: 'sh', args: ['-c', '"$@" | cat', 'sh', ...words] } : { file: process.execPath, args: words.slice(1) }),
    ...{ columns, rows, cwd: place.place.repository, env: { ...place.env, ...env } },
  });
  ptys.push(pty);
  let written = '';
  pty.onData((data) => {
    written += data;
  });
  return { pty, written: () => written };
}

describe('the first frame', () => {
  it.each<[string, string[], string]>([
    ['start', [], 'starting the engine …'],
    ['start by its name', ['start', '--read-only'], 'starting the engine …'],
  ])('of %s stands until the dashboard does', async (_name, args, saying) => {
    const { pty, written } = open(args);
    await pty.see(saying);
    expect(pty.isAlternate()).toBe(true);
    await pty.see(/nothing needs you/);
    expect(written().split(otherScreen)[1]).toContain(saying);
    pty.kill('SIGTERM');
    expect(await pty.ended).toBe(0);
    expect(pty.isAlternate()).toBe(false);
    expect(pty.modes().cursorShown).toBe(true);
  });

  it('of the demo stands until its dashboard does, which is the terminal over a real engine', async () => {
    const { pty } = open(['--demo', '--dir', join(place.place.root, 'demo')]);
    await pty.see(/ACTION \(/, 120_000);
    pty.type('q');
    await pty.see('Stop the engine and quit?');
    pty.kill('SIGTERM');
    await pty.ended;
    expect(pty.isAlternate()).toBe(false);
  });

  it('of attach is left by Ctrl-Z, and goes on with fg', async () => {
    const engine = open(['--headless']).pty;
    await engine.see('engine ready', 60_000);
    process.kill(engine.pid, 'SIGSTOP');
    const shell = openPty({
      ...{ file: '/bin/bash', args: ['--norc', '--noprofile', '-i'], columns: 80, rows: 24, cwd: place.place.repository },
      env: { ...place.env, PS1: 'ready> ', COMMAND: command },
    });
    ptys.push(shell);
    await shell.see('ready>');
    shell.type(`"${process.execPath}" "$COMMAND" attach\r`);
    await shell.see('reaching the engine …');
    shell.type('\x1a');
    await shell.see('Stopped');
    expect(shell.isAlternate()).toBe(false);
    expect(shell.modes().cursorShown).toBe(true);
    process.kill(engine.pid, 'SIGCONT');
    shell.type('fg\r');
    await shell.see(/nothing needs you/, 60_000);
    shell.type('q');
    await shell.see('The engine goes on');
    shell.type('y');
    await shell.see(/ready> *$/m);
    expect(shell.isAlternate()).toBe(false);
    engine.kill('SIGTERM');
    expect(await engine.ended).toBe(0);
  });

  it('of attach is gone before it is said that no engine is there', async () => {
    const { pty, written } = open(['attach', '--data', join(place.place.root, 'nobody')]);
    expect(await pty.ended).toBe(6);
    expect(written()).toContain('reaching the engine …');
    expectSaid(pty, 'no engine is running for this repository');
  });

  it('of attach is gone before it is said that the socket leads nowhere, however small the terminal', async () => {
    const data = join(place.place.root, 'deserted');
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(join(data, 'operator-token'), 'left behind\n', { mode: 0o600 });
    const { pty, written } = open(['attach', '--data', data], { size: [60, 5] });
    expect(await pty.ended).toBe(6);
    expect(written()).toContain('reaching the engine');
    expectSaid(pty, 'control-plane:');
  });

  it('of start is gone before it is said what is wrong with where it was started', async () => {
    const { pty, written } = open(['--repo', join(place.place.root, 'nowhere')]);
    expect(await pty.ended).not.toBe(0);
    expect(written()).toContain('starting the engine …');
    expectSaid(pty, 'control-plane:');
  });

  it('ends at a Ctrl-C, before the program listens or after, and leaves the screen as it was', async () => {
    const { pty } = open(['attach', '--data', join(place.place.root, 'nobody')]);
    await pty.see('reaching the engine …');
    pty.type('\x03');
    await pty.ended;
    expect(pty.isAlternate()).toBe(false);
    expect(pty.modes().cursorShown).toBe(true);
  });

  it.each<[string, string[], How, string]>([
    ['a flag that there is not', ['attach', '--wrong'], {}, 'unknown option'],
    ['a flag without its word', ['attach', '--repo'], {}, 'argument missing'],
    ['a question for help', ['attach', '--help'], {}, 'Usage: control-plane attach'],
    ['another verb', ['doctor'], {}, 'node'],
    ['a terminal that cannot place text', ['attach'], { env: { TERM: 'dumb' } }, 'TERM is "dumb"'],
    ['a pipe on standard output', ['attach'], { piped: true }, 'standard output is not one'],
  ])('is not drawn for %s', async (_name, args, how, said) => {
    const { pty, written } = open(args, how);
    await pty.ended;
    expect(written()).not.toContain('\x1b[?');
    expectSaid(pty, said);
  });
});

function expectSaid(pty: Pty, text: string): void {
  expect(pty.isAlternate()).toBe(false);
  expect(pty.modes().cursorShown).toBe(true);
  // Rows end where they end, within words too.
  expect(pty.text().replace(/\s+/g, '')).toContain(text.replace(/\s+/g, ''));
}
