/** From node's exec to the first frame and to a dashboard that can be used, over tasks that are known already: with an engine, or attached to one. */
import { readFileSync } from 'node:fs';
import type { WatchedPty } from './watched-pty.ts';
import { makeWorld, screenSize, type World } from './world.ts';

export interface Started {
  readonly firstFrameMs: number;
  /** What the process has computed until then, in milliseconds of all its threads. */
  readonly firstFrameCpuMs: number;
  readonly dashboardMs: number;
  readonly dashboardCpuMs: number;
}

export async function measureStarts(
  { verb, tasks, starts }: { verb: 'start' | 'attach'; tasks: number; starts: number },
  node: readonly string[] = [],
): Promise<Started[]> {
  const world = makeWorld({ agents: 1, linesPerSecond: 1 });
  try {
    if (tasks > 0) await world.fill(tasks);
    if (verb === 'attach') await runEngine(world, tasks);
    const all: Started[] = [];
    // The first finds the tasks, and fills node's cache of compiled code: it is not a warm one.
    for (let index = 0; index <= starts; index += 1) {
      const started = await startOnce(() => world.open([verb], screenSize, index === starts ? node : []), tasks);
      if (index > 0) all.push(started);
    }
    return all;
  } finally {
    await world.remove();
  }
}

/** An engine without a screen, once it has seen all tasks. */
async function runEngine(world: World, tasks: number): Promise<void> {
  const pty = world.open(['--headless']);
  await pty.when(() => pty.rows().some((row) => row.includes('engine ready')), 'the engine', 120_000);
  const { engine } = await world.connect();
  while ((await engine.query('health', {})).needsYou < tasks) await new Promise((resolve) => setTimeout(resolve, 250));
}

async function startOnce(open: () => WatchedPty, tasks: number): Promise<Started> {
  const began = performance.now();
  const pty = open();
  const first = await pty.when(
    () => pty.rows().some((row) => /(starting|reaching) the engine/.test(row)),
    'the first frame',
    120_000,
  );
  const firstFrameCpuMs = cpuOf(pty.pid);
  const usable = tasks > 0 ? new RegExp(`! ${tasks} need you`) : /nothing needs you/;
  const dashboard = await pty.when(() => usable.test(pty.row(0)), 'the dashboard', 120_000);
  const dashboardCpuMs = cpuOf(pty.pid);
  pty.kill('SIGTERM');
  await pty.ended;
  return { firstFrameMs: first - began, firstFrameCpuMs, dashboardMs: dashboard - began, dashboardCpuMs };
}

/** Linux counts in hundredths of a second. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
