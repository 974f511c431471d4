import { type ChildProcess, spawn as nodeSpawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';

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
