import { type ChildProcess, spawn as nodeSpawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

export { type ExecOptions, type ExecResult, exec } from './exec.ts';

export interface SpawnOptions {
  cwd: string;
  /** The whole environment: nothing is inherited. */
  env: Record<string, string>;
}

/** Starts a program with piped stdio, as the leader of a process group of its own. */
export function spawn(file: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  return nodeSpawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
}

/** By so much an agent's nice value is above ours: its weight is a third of ours then. */
const niceness = 5;
const mostNice = 19;
/** Linux lets a user change a session's nice value once in 100 ms, over all sessions. */
const sessionEveryMs = 120;
const sessionTries = 50;

/**
 * Where the processor is short, this process and what it starts in its session come after what a person works with. To be called
 * as it is started. A courtesy: a system that does not grant it is left as it is. Never rejects.
 */
export async function giveWay(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const nice = Math.min(mostNice, getPriority() + niceness);
  const refused = await attempt(() => setPriority(pid, nice));
  // Where Linux shares the processor between sessions (sched(7), autogroup), the nice value of the session counts instead.
  for (let tries = 0; refused === null && tries < sessionTries; tries += 1) {
    // Its number may be another's.
    if (child.exitCode !== null || child.signalCode !== null) return;
    if ((await attempt(() => writeFile(`/proc/${pid}/autogroup`, String(nice)))) !== 'EAGAIN') return;
    await new Promise((resolve) => setTimeout(resolve, sessionEveryMs).unref());
  }
}

/** The code of what it fails with; null when it does not. */
async function attempt(work: () => unknown): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/**
 * Pids of live processes whose environment holds `name=value` (Linux /proc). This is how what a dead engine left behind
 * is found again: the mark is inherited by every descendant that does not clear its environment.
 */
export async function findByMark(name: string, value?: string): Promise<number[]> {
  const needle = value === undefined ? `${name}=` : `${name}=${value}`;
  const found: number[] = [];
  for (const entry of await readdir('/proc').catch(() => [] as string[])) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const environ = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '');
    const marked = environ.split('\0').some((pair) => (value === undefined ? pair.startsWith(needle) : pair === needle));
    if (marked) found.push(Number(entry));
  }
  return found;
}

/** SIGKILLs every marked process, again and again until none is left (they may fork meanwhile). Returns how many were found. */
export async function killByMark(name: string, value: string): Promise<number> {
  const seen = new Set<number>();
  for (let round = 0; round < 50; round += 1) {
    const pids = await findByMark(name, value);
    if (pids.length === 0) break;
    for (const pid of pids) {
      seen.add(pid);
      killQuietly(pid, 'SIGKILL');
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return seen.size;
}

/** Signals a process (or a group, by negative pid); one that is gone already is what was wanted. */
export function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
