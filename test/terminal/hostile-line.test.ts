/** Terminals behind a slow line, or one that takes nothing any more: the engine in the same process goes on, and keys are answered. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { spawn } from '@lydell/node-pty';
import { afterEach, expect, it } from 'vitest';
import { emulator, write } from '../../packages/control-plane/test/tui/text/terminals.ts';
import { openOver } from './monkey-terminal.ts';
import { makeTerminalPlace, openWorld, poll, program, type TerminalPlace } from './support/world.ts';

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A terminal whose line takes at most one buffer of the kernel's (4 kB) every `everyMs`; none while it is infinite. */
function openSlowly(place: TerminalPlace, fault: string) {
  const screen = emulator('unicode11', 120, 35);
  const pty = spawn(process.execPath, [program], {
    ...{ name: 'xterm-256color', cols: 120, rows: 35, cwd: place.place.repository },
    env: { ...place.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}` },
  });
  let came = 0;
  let everyMs = 0;
  let timer: NodeJS.Timeout | undefined;
  pty.onData((data) => {
    came += data.length;
    void write(screen, data);
    if (everyMs === 0) return;
    pty.pause();
    if (Number.isFinite(everyMs)) timer = setTimeout(() => pty.resume(), everyMs);
  });
  const ended = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode }) => resolve(exitCode));
  });
  endings.push(async () => {
    clearTimeout(timer);
    pty.kill('SIGKILL');
    pty.resume();
    await ended;
  });
  return {
    pid: pty.pid,
    ended,
    came: () => came,
    type: (keys: string) => pty.write(keys),
    slow(ms: number) {
      everyMs = ms;
      clearTimeout(timer);
      pty.resume();
    },
    /** Resolves when the screen holds this, or no longer does. */
    async see(wanted: string, is = true): Promise<void> {
      const text = () =>
        Array.from({ length: 35 }, (_, row) => screen.buffer.active.getLine(row)?.translateToString(true)).join('\n');
      await poll(() => text().includes(wanted) === is, wanted, 60_000).catch((error: Error) => {
        throw new Error(`${error.message} (${is}):\n${text()}`);
      });
    },
  };
}

/** Inside of the process, when it hears SIGUSR2: what it holds once garbage is collected, and what it has written that nobody took. */
const probe = (file: string) => `
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  process.on('SIGUSR2', () => {
    setFlagsFromString('--expose-gc');
    process.getBuiltinModule('node:vm').runInNewContext('gc')();
    const { heapUsed, external } = process.memoryUsage();
    const waiting = process.stdout.writableLength;
    const { renameSync, writeFileSync } = process.getBuiltinModule('node:fs');
    writeFileSync(${JSON.stringify(file)} + '~', JSON.stringify({ held: heapUsed + external, waiting }));
    renameSync(${JSON.stringify(file)} + '~', ${JSON.stringify(file)});
  });`;

async function look(terminal: { pid: number }, file: string): Promise<{ held: number; waiting: number }> {
  rmSync(file, { force: true });
  process.kill(terminal.pid, 'SIGUSR2');
  await poll(() => existsSync(file), 'what the terminal holds');
  return JSON.parse(readFileSync(file, 'utf8'));
}
const cli = (place: TerminalPlace, ...args: string[]) =>
  promisify(execFile)(process.execPath, [program, ...args], {
    ...{ cwd: place.place.repository, env: { ...place.env }, timeout: 120_000 },
  });

it('a slow line holds up neither keys nor the engine, and nothing piles up; nor does one that takes nothing', async () => {
  const place = makeTerminalPlace();
  endings.push(() => place.remove());
  place.script({ implementor: [{ lines: 100_000, every: 1 }] });
  const seen = join(place.place.root, 'seen.json');
  const terminal = openSlowly(place, probe(seen));
  await terminal.see(': commands');
  await cli(place, 'task', 'add', 'Talk without end');
  await cli(place, 'dispatch', '#1');
  await terminal.see('line ');
  terminal.slow(1_000);
  await cli(place, 'runs');
  terminal.type('?');
  await terminal.see('── Keys');
  terminal.type('\x1b');
  await terminal.see('── Keys', false);

  terminal.slow(Number.POSITIVE_INFINITY);
  const came = terminal.came();
  const before = await look(terminal, seen);
  for (let times = 0; times < 3; times += 1) await cli(place, 'runs');
  const after = await look(terminal, seen);
  expect(terminal.came() - came).toBeLessThan(70_000);
  // A frame at most; the kernel has what went before.
  expect(after.waiting).toBeLessThan(70_000);
  // What is shown of the output, ten thousand lines at most, may have grown.
  expect((after.held - before.held) / 2 ** 20).toBeLessThan(16);

  // What was written meanwhile was never sent: the next frame is the newest.
  terminal.slow(0);
  terminal.type('q');
  await terminal.see('Stop the engine and quit?');
  terminal.type('y');
  expect(await terminal.ended).toBe(0);
}, 240_000);

it('a line that takes nothing any more keeps no engine from its orderly stop, nor the process', async () => {
  const place = makeTerminalPlace();
  endings.push(() => place.remove());
  const terminal = openSlowly(place, '');
  await terminal.see(': commands');
  terminal.slow(Number.POSITIVE_INFINITY);
  // More than the kernel takes for a terminal that nobody reads.
  for (let times = 0; times < 60; times += 1) {
    terminal.type(times % 2 === 0 ? '?' : '\x1b');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  process.kill(terminal.pid, 'SIGTERM');
  await poll(() => !existsSync(`/proc/${terminal.pid}`), 'the end of the process', 60_000);
  const again = place.open([80, 24], ['--headless']);
  await again.see('engine ready', 60_000);
  const { stdout } = await cli(place, 'events', '--json', '--type', 'system.engine_stopped');
  expect(JSON.parse(stdout)).toMatchObject({ items: [{ payload: { reason: 'a signal' } }] });
});

it("draws nothing on the person's own screen, whatever its size does while the last of the other is on its way", async () => {
  const world = await openWorld();
  endings.push(() => world.remove());
  const { terminal, close } = openOver(world.plane.engine, [120, 35]);
  endings.push(close);
  await terminal.see(/q quit/);
  terminal.type('q');
  await terminal.see('Leave?');
  terminal.stdout.cork();
  terminal.type('y');
  await expect.poll(() => terminal.stdin.listenerCount('readable')).toBe(0);
  terminal.resize(80, 24);
  terminal.resize(120, 35);
  terminal.stdout.uncork();
  await close();
  await terminal.screen();
  expect(terminal.isAlternate()).toBe(false);
  expect(terminal.own()).toEqual([]);
});
