import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Pids of live agents' processes of the runs of one directory: marked, and with their home in it. Zombies have no environment and do not count. */
export async function agentProcesses(directory: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // A process that has ended meanwhile is what is looked for least.
    const environ = await readFile(join('/proc', entry, 'environ'), 'latin1').catch(() => '');
    const pairs = environ.split('\0');
    if (pairs.some((pair) => pair.startsWith('DECREE_RUN=')) && environ.includes(`${directory}/`)) found.push(Number(entry));
  }
  return found;
}

/** Those of them that are nobody's child among them: one for each agent. */
export async function agents(directory: string): Promise<number[]> {
  const pids = new Set(await agentProcesses(directory));
  const parents = await Promise.all([...pids].map(async (pid) => [pid, await parentOf(pid)] as const));
  return parents.flatMap(([pid, parent]) => (parent !== null && !pids.has(parent) ? [pid] : []));
}

async function parentOf(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const parent = /^PPid:\s+(\d+)$/m.exec(status)?.[1];
  return parent === undefined ? null : Number(parent);
}

export function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

export async function killTree(directory: string, engine: number): Promise<void> {
  kill(engine);
  for (let pids = await agentProcesses(directory); pids.length > 0; pids = await agentProcesses(directory)) {
    for (const pid of pids) kill(pid);
  }
}
