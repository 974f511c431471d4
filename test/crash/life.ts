import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { InnerPoint, OuterPoint } from './kill-points.ts';
import { agents, kill, killTree } from './processes.ts';

export interface Life {
  /** Which inner point ended it; null: none did. */
  killedAt: InnerPoint | null;
  /** Whether the outer point was reached. */
  struck: boolean;
  /** Null when it was killed. */
  exitCode: number | null;
  output: string;
  ms: number;
}

const child = fileURLToPath(new URL('child.ts', import.meta.url));
const longestMs = 240_000;

/** One start of the demo on `directory`: until a point is reached, or until its end. */
export async function live(
  directory: string,
  { inner, outer, flags = [] }: { inner: readonly InnerPoint[]; outer: OuterPoint | null; flags?: readonly string[] },
): Promise<Life> {
  const began = performance.now();
  const args = [child, directory, JSON.stringify(inner), ...flags];
  const engine = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const pid = engine.pid ?? 0;
  let output = '';
  let ready = () => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const ended = new AbortController();
  for (const stream of [engine.stdout, engine.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('engine ready')) ready();
    });
  }
  const exit = new Promise<number | null>((resolve) => {
    engine.once('close', (code) => {
      ended.abort();
      resolve(code);
    });
  });
  const tooLong = setTimeout(() => {
    output += `\nThe life did not end within ${longestMs / 1000} s.\n`;
    kill(pid);
  }, longestMs);
  let struck = false;
  if (outer) {
    await Promise.race([isReady, exit]);
    struck = await strike(directory, pid, outer, ended.signal);
  }
  const exitCode = await exit;
  clearTimeout(tooLong);
  const index = /^KILLED (\d+)$/m.exec(output)?.[1];
  const killedAt = index === undefined ? null : (inner[Number(index)] ?? null);
  return { killedAt, struck, exitCode, output, ms: performance.now() - began };
}

async function strike(directory: string, engine: number, point: OuterPoint, ended: AbortSignal): Promise<boolean> {
  await sleep(point.afterMs, undefined, { signal: ended }).catch(() => undefined);
  while (!ended.aborted) {
    if (point.at === 'engine') return kill(engine);
    if (point.at === 'tree') {
      await killTree(directory, engine);
      return true;
    }
    const [agent] = await agents(directory);
    if (agent !== undefined) return kill(agent);
    await sleep(20);
  }
  return false;
}
