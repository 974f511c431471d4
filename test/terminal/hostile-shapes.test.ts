/** Terminals of every shape, terminals that are none, and what a person's hands and clipboard may send. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPty, type Pty } from './pty.ts';
import { openWorld, program, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.addTask('Print the version');
  await world.addTask(`${'👩‍👩‍👧 שלום 収入印紙 '.repeat(12)}`.slice(0, 256));
});
afterAll(() => world.remove());

const atList = /: commands {2}\? help {2}q quit/;
const tmux = await promisify(execFile)('tmux', ['-V']).then(
  () => true,
  () => false,
);

async function leave(pty: Pty): Promise<void> {
  pty.type('q');
  await pty.see(/The engine goes on/);
  pty.type('y');
  expect(await pty.ended).toBe(0);
  expect(pty.isAlternate()).toBe(false);
}

describe('what is no terminal', () => {
  it.each([
    ['standard output is a pipe', ['-c', 'exec "$@" | cat'], {}, 'standard output is not one'],
    ['standard input is a pipe', ['-c', 'echo d | exec "$@"'], {}, 'standard input is not a terminal'],
    ['TERM is dumb', ['-c', 'exec "$@"'], { TERM: 'dumb' }, 'TERM is "dumb"'],
  ])('is refused with what to do instead: %s', async (_, shell, env, said) => {
    const pty = openPty({
      ...{ file: 'sh', args: [...shell, 'sh', process.execPath, program, 'attach'], columns: 200, rows: 24 },
      ...{ cwd: world.place.repository, env: { ...world.env, ...env } },
    });
    await pty.see(said);
    await pty.ended;
    expect(pty.text()).toContain('run it with --headless');
    expect(pty.isAlternate()).toBe(false);
  });
});

it('shows as much as there is room for, and after a storm of sizes what a new terminal of that size shows', async () => {
  const pty = world.attach([60, 15]);
  await pty.see('Print the ver', 60_000);
  await pty.see(/q quit/);
  pty.resize(59, 14);
  await pty.see('Decree needs 60×15');
  // Nothing is done blindly.
  pty.type('dyq');
  // What follows in order has been heard, so that was too.
  await pty.see(/The engine goes on/);
  pty.type('n');
  await pty.see('Decree needs 60×15');
  pty.resize(300, 100);
  await pty.see(atList);
  expect(pty.text()).not.toContain('Dispatch an Implementor');
  for (let round = 0; round < 20; round += 1)
    for (const [columns, rows] of [
      [80, 24],
      [1, 1],
      [200, 50],
      [61, 16],
      [20, 5],
    ] as const)
      pty.resize(columns, rows);
  pty.resize(100, 30);
  await pty.see(atList);
  const fresh = world.attach([100, 30]);
  await fresh.see('Print the version', 60_000);
  await fresh.see(atList);
  const still = (text: string) =>
    text
      .split('\n')
      .slice(0, 1 + 20)
      .join('\n')
      .replace(/lag \S+/, '');
  await expect.poll(() => still(pty.text()) === still(fresh.text())).toBe(true);
  const { items } = await world.plane.engine.query('listRuns', {});
  expect(items).toEqual([]);
  await leave(fresh);
  await leave(pty);
});

it('takes the beginning of a megabyte that is pasted into a prompt, says so, and answers the next key', async () => {
  const pty = world.attach([100, 30]);
  await pty.see('Print the version', 60_000);
  pty.type('/');
  await pty.see('── Filter');
  pty.type(`\x1b[200~${'q y\n'.repeat(262_144)}\x1b[201~`);
  await pty.see('the pasted text is too long', 30_000);
  pty.type('\x1b');
  await pty.see(atList);
  await pty.see('Print the version');
  await leave(pty);
});

it('takes bytes that are no UTF-8 for text that means nothing, in a prompt and outside of one, and goes on', async () => {
  const pty = world.attach([100, 30]);
  await pty.see('Print the version', 60_000);
  // No beginning, a wrong continuation, a lone one, an overlong slash, a surrogate, what is past the last, and an end cut off.
  const broken = Buffer.from('fffec32880c0afeda080f4908080f09f', 'hex');
  pty.type('/');
  await pty.see('── Filter');
  pty.type(broken);
  pty.type('the end');
  await pty.see(/the end/);
  pty.type('\x1b');
  await pty.see(atList);
  await pty.see('Print the version');
  pty.type(broken);
  pty.type('?');
  await pty.see('── Keys');
  pty.type('\x1b');
  await pty.see(atList);
  await leave(pty);
});

it.runIf(tmux)('is the same inside of tmux', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'decree-tmux-'));
  const socket = ['-S', join(directory, 's'), '-f', '/dev/null'];
  const env = { ...world.env, TERM: 'xterm-256color' };
  const pty = openPty({
    ...{ file: 'tmux', args: ['-u', ...socket, 'new-session', process.execPath, program, 'attach'] },
    ...{ columns: 120, rows: 36, cwd: world.place.repository, env },
  });
  try {
    await pty.see('Print the version', 60_000);
    await pty.see(atList);
    pty.type('?');
    await pty.see('── Keys');
    pty.type('\x1b');
    await pty.lose('── Keys');
    pty.resize(90, 26);
    await pty.see(atList);
    pty.type('j');
    await pty.see(/^› #2/m);
    pty.type('q');
    await pty.see(/The engine goes on/);
    pty.type('y');
    expect(await pty.ended).toBe(0);
  } finally {
    await promisify(execFile)('tmux', [...socket, 'kill-server'], { env }).catch(() => undefined);
    rmSync(directory, { recursive: true, force: true });
  }
});
