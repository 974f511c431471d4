/** However a terminal ends: the person's own screen is back, what happened is said, and the engine stops in order or goes on. */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { Pty } from './pty.ts';
import { makeTerminalPlace, poll, program, type TerminalPlace } from './support/world.ts';

const at: TerminalPlace[] = [];
afterEach(async () => {
  for (const place of at.splice(0)) await place.remove();
});

function openPlace(): TerminalPlace {
  const place = makeTerminalPlace();
  at.push(place);
  return place;
}

const cli = async (place: TerminalPlace, ...args: string[]) =>
  promisify(execFile)(process.execPath, [program, ...args], { cwd: place.place.repository, env: { ...place.env } });

/** The reasons for which engines of this place stopped in order, oldest first. */
async function stops(place: TerminalPlace): Promise<string[]> {
  const { stdout } = await cli(place, 'events', '--json', '--type', 'system.engine_stopped');
  const { items } = JSON.parse(stdout) as { items: { payload: { reason: string } }[] };
  return items.map(({ payload }) => payload.reason);
}

/** Throws inside of the process when it hears SIGUSR2, as a fault of ours would. */
const faulty = (fault: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript,process.on('SIGUSR2',()=>{${encodeURIComponent(fault)}})`,
});
const ready = (pty: Pty) => pty.see('ACTION', 60_000);

/** Leaves by the keys: the engine in the same process stops in order. */
async function quit(pty: Pty): Promise<void> {
  pty.type('q');
  await pty.see('Stop the engine and quit?');
  pty.type('y');
  expect(await pty.ended).toBe(0);
}

describe('a fault inside of the terminal', () => {
  it.each([
    ['an exception that nobody caught', "throw(new(Error)('broken\tinside'))"],
    ['a rejection that nobody handled', "void(Promise.reject(new(Error)('broken\tinside')))"],
  ])('%s gives the screen back, stops the engine in order, and is said with the log', async (_, fault) => {
    const place = openPlace();
    place.script({ implementor: [{ hang: true }] });
    const pty = place.open([80, 24], [], faulty(fault));
    await ready(pty);
    process.kill(pty.pid, 'SIGUSR2');
    await pty.see('stopped', 60_000);
    expect(await pty.ended).toBe(1);
    expect(pty.isAlternate()).toBe(false);
    const log = join(place.place.state, 'terminal.log');
    expect(pty.text().replaceAll('\n', '')).toContain(`the terminal failed: broken inside. Its log is ${log}`);
    expect(readFileSync(log, 'utf8')).toContain('broken');
    expect(pty.text()).toContain('stopping (the screen failed)');
  });
});

it('gives the screen back and stops in order after a fault that no log takes, and says both', async () => {
  const place = openPlace();
  mkdirSync(place.place.state, { recursive: true, mode: 0o700 });
  const log = join(place.place.state, 'terminal.log');
  symlinkSync('/dev/full', log);
  const pty = place.open([80, 24], [], faulty("throw(new(Error)('broken inside'))"));
  await ready(pty);
  process.kill(pty.pid, 'SIGUSR2');
  expect(await pty.ended).toBe(1);
  expect(pty.isAlternate()).toBe(false);
  const said = pty.text().replaceAll('\n', '');
  expect(said).toContain('stopping (the screen failed)');
  expect(said).toContain('the terminal failed: broken inside');
  expect(said).toMatch(/terminal\.log could not be written: ENOSPC/);
});

it('goes on where neither its log nor what it remembers can be written', async () => {
  const place = openPlace();
  mkdirSync(join(place.place.state, 'terminal.json'), { recursive: true, mode: 0o700 });
  symlinkSync('/dev/full', join(place.place.state, 'terminal.log'));
  const pty = place.open([80, 24]);
  await ready(pty);
  pty.type('/nothing');
  await pty.see('── Filter');
  pty.type('\r');
  await pty.lose('── Filter');
  // Preferences are written every half second.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  pty.type('?');
  await pty.see('── Keys');
  pty.type('\x1b');
  await pty.lose('── Keys');
  await quit(pty);
  expect(pty.text().replaceAll('\n', '')).toMatch(/terminal\.log could not be written: ENOSPC/);
});

it('keeps what others print off the screen, and logs it', async () => {
  const place = openPlace();
  const pty = place.open([80, 24], [], faulty("console.warn('a library warns')"));
  await ready(pty);
  process.kill(pty.pid, 'SIGUSR2');
  const log = join(place.place.state, 'terminal.log');
  await poll(() => existsSync(log) && readFileSync(log, 'utf8').includes('a library warns'), 'the log of it');
  pty.type('?');
  await pty.see('── Keys');
  expect(pty.text()).not.toContain('a library warns');
});

describe('while an editor has the terminal', () => {
  /** Says that it is there, ends when it is told to, and takes its time. */
  const editing = (place: TerminalPlace, trap: string) => {
    const editor = join(place.place.root, 'editor.sh');
    writeFileSync(editor, `#!/bin/sh\ntrap '${trap}' INT TERM\nprintf 'editing %s\\n' "$0"\nwhile :; do sleep 0.1; done\n`);
    chmodSync(editor, 0o755);
    return place.open([80, 24], [], { EDITOR: editor });
  };

  it('Ctrl-C is the editor’s: the engine goes on', async () => {
    const place = openPlace();
    const pty = editing(place, 'exit 1');
    await ready(pty);
    pty.type('n');
    await pty.see('editing');
    pty.type('\x03');
    await pty.see(/q quit/);
    await quit(pty);
    const again = place.open([80, 24], ['--headless']);
    await again.see('engine ready', 60_000);
    expect(await stops(place)).toEqual(['asked to stop']);
  });

  it('an end from elsewhere ends the editor first, and nothing is written over it', async () => {
    const place = openPlace();
    const pty = editing(place, 'printf "saved by the editor\\n"; exit 0');
    await ready(pty);
    pty.type('n');
    await pty.see('editing');
    pty.kill('SIGTERM');
    expect(await pty.ended).toBe(0);
    expect(pty.isAlternate()).toBe(false);
    expect(pty.text()).toMatch(/saved by the editor[\s\S]*stopping \(a signal\)/);
  });
});

describe('the terminal that is closed', () => {
  it.each(['SIGHUP', 'SIGQUIT'])('stops the engine in order when it hears of it by %s', async (signal) => {
    const place = openPlace();
    const pty = place.open([80, 24]);
    await ready(pty);
    pty.kill(signal);
    expect(await pty.ended).toBe(0);
    expect(pty.modes()).toMatchObject({ cursorShown: true, mouse: 'none' });
    const again = place.open([80, 24], ['--headless']);
    await again.see('engine ready', 60_000);
    expect(await stops(place)).toEqual(['a signal']);
  });
});

it('begins with defaults, and says why, where what it remembered cannot be read', async () => {
  const place = openPlace();
  mkdirSync(join(place.place.state, 'terminal.json'), { recursive: true, mode: 0o700 });
  const pty = place.open([120, 35]);
  await ready(pty);
  await pty.see('the kept preferences cannot be read');
  await quit(pty);
  expect(pty.isAlternate()).toBe(false);
});

it('goes when the engine is stopped from elsewhere', async () => {
  const place = openPlace();
  const pty = place.open([80, 24]);
  await ready(pty);
  await cli(place, 'stop', '--wait');
  expect(await pty.ended).toBe(0);
  expect(pty.isAlternate()).toBe(false);
  expect(pty.text()).toContain('stopped');
});

describe('attached to an engine', () => {
  it('that does not answer any more, is killed and started again: it says so, and goes on by itself', async () => {
    const place = openPlace();
    const engine = place.open([80, 24], ['--headless']);
    await engine.see('engine ready', 60_000);
    const pty = place.open([120, 24], ['attach']);
    await pty.see(/\/\d+ running/, 60_000);
    process.kill(engine.pid, 'SIGSTOP');
    await pty.see('has not answered for', 90_000);
    // Keys are answered all the same; what would write says why it does not.
    pty.type('?');
    await pty.see('── Keys');
    pty.type('\x1b');
    await pty.lose('── Keys');
    const late = place.open([120, 24], ['attach']);
    await late.see('is there but has not answered for 10 seconds', 90_000);
    expect(await late.ended).toBe(6);
    process.kill(engine.pid, 'SIGCONT');
    await pty.lose('has not answered for', 90_000);
    process.kill(engine.pid, 'SIGKILL');
    await engine.ended;
    await pty.see(/no engine is running|cannot be reached|lost/, 90_000);
    const next = place.open([80, 24], ['--headless']);
    await next.see('engine ready', 60_000);
    await pty.lose(/no engine is running|cannot be reached/, 90_000);
    await cli(place, 'task', 'add', 'A task of the new engine');
    await pty.see('A task of the new engine', 90_000);
    pty.type('q');
    await pty.see('The engine goes on');
    pty.type('y');
    expect(await pty.ended).toBe(0);
    expect(pty.isAlternate()).toBe(false);
    await cli(place, 'stop', '--wait');
    await poll(() => !existsSync(join(place.place.state, 'engine.lock')), 'the engine to have let go').catch(() => undefined);
  }, 240_000);
});
