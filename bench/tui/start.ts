/** From node's exec to the first frame and to a dashboard that can be used, over tasks that the ledger knows already. */
import { readFileSync } from 'node:fs';
import type { WatchedPty } from './watched-pty.ts';
import { makeWorld, screenSize } from './world.ts';

export interface Started {
  readonly firstFrameMs: number;
  /** What the process has computed until then, in milliseconds of all its threads. */
  readonly firstFrameCpuMs: number;
  readonly dashboardMs: number;
  readonly dashboardCpuMs: number;
}

export async function measureStarts(
  { tasks, starts }: { tasks: number; starts: number },
  node: readonly string[] = [],
): Promise<Started[]> {
  const world = makeWorld({ agents: 1, linesPerSecond: 1 });
  try {
    if (tasks > 0) await world.fill(tasks);
    const all: Started[] = [];
    // The first finds the tasks, and fills node's cache of compiled code: it is not a warm one.
    for (let index = 0; index <= starts; index += 1) {
      const started = await startOnce(() => world.open([], screenSize, index === starts ? node : []), tasks);
      if (index > 0) all.push(started);
    }
    return all;
  } finally {
    await world.remove();
  }
}

async function startOnce(open: () => WatchedPty, tasks: number): Promise<Started> {
  const began = performance.now();
  const pty = open();
  const first = await pty.when(() => pty.rows().some((row) => row.includes('starting the engine')), 'the first frame', 120_000);
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
