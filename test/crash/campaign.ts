import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, isInner, type KillPoint, type OuterPoint } from './kill-points.ts';
import { type Life, live } from './life.ts';

export interface Campaign {
  /** Points that were reached; the others came too late in the story. */
  killed: KillPoint[];
  missed: KillPoint[];
  breaches: string[];
}

/**
 * Kills the demo at every point that it reaches, again and again on one directory, then lets it finish undisturbed and has
 * another process look at what is there. Inner points wait for their moment, so one life ends at whichever comes first;
 * outer ones come in their order, one to a life.
 */
export async function runCampaign(
  directory: string,
  points: readonly KillPoint[],
  { print, flags = [], most = points.length }: { print: (line: string) => void; flags?: readonly string[]; most?: number },
): Promise<Campaign> {
  await mkdir(directory, { recursive: true });
  const inner = points.filter(isInner);
  const outer = points.filter((point): point is OuterPoint => !isInner(point));
  const killed: KillPoint[] = [];
  for (let number = 1; ; number += 1) {
    if (killed.length >= most) {
      inner.length = 0;
      outer.length = 0;
    }
    const undisturbed = inner.length === 0 && outer.length === 0;
    // Every other life is struck from outside, so that both kinds come early and late.
    const next = number % 2 === 0 || inner.length === 0 ? (outer[0] ?? null) : null;
    const life = await live(directory, { inner, outer: next, flags });
    await writeFile(join(directory, `life-${number}.log`), life.output);
    if (life.struck && next) {
      outer.shift();
      killed.push(next);
      print(`${killed.length}. ${describe(next)} (${seconds(life)})`);
    }
    if (life.killedAt) {
      inner.splice(inner.indexOf(life.killedAt), 1);
      killed.push(life.killedAt);
      print(`${killed.length}. ${describe(life.killedAt)} (${seconds(life)})`);
    }
    if (life.exitCode === null && (life.killedAt || life.struck)) continue;
    const missed = [...inner, ...outer];
    const breaches = life.exitCode === 0 ? [] : [`life ${number} ended with exit code ${life.exitCode}: ${tailOf(life)}`];
    if (life.exitCode === 0 && !undisturbed) {
      // The story was over before the last points came: one start more has to find nothing to do.
      const again = await live(directory, { inner: [], outer: null, flags });
      if (again.exitCode !== 0) breaches.push(`a start after the end ended with exit code ${again.exitCode}: ${tailOf(again)}`);
    }
    breaches.push(...(await check(directory)));
    print(`undisturbed to its end (${seconds(life)}); ${killed.length} kills, ${missed.length} points not reached`);
    return { killed, missed, breaches };
  }
}

/** What another process finds broken in a directory whose demo is through. */
export async function check(directory: string): Promise<string[]> {
  const script = fileURLToPath(new URL('check.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, directory]);
  return JSON.parse(stdout) as string[];
}

const seconds = (life: Life): string => `${(life.ms / 1000).toFixed(1)} s`;
const tailOf = (life: Life): string => life.output.trim().split('\n').slice(-12).join('\n    ');
