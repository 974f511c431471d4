import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killAtEach, killEverywhere } from './cover.ts';
import type { InnerPoint } from './kill-points.ts';
import { runSeries } from './series.ts';

const seed = 20;
const atLeast = 60;
const longestMs = 30 * 60_000;
const print = (line: string) => process.stdout.write(`crash: ${line}\n`);

it(
  'comes to the same end after a kill at every type of event that it writes and around each outside effect',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'decree-crash-'));
    const { kills, breaches } = await killEverywhere({ directory, seed, print });
    expect(breaches).toEqual([]);
    const times = atLeast - kills;
    if (times > 0) expect(await runSeries({ directory: join(directory, 'more'), times, seed, print })).toEqual([]);
    await rm(directory, { recursive: true, force: true });
  },
  longestMs,
);

it(
  'fails, and names the point, when one is never reached',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'decree-crash-'));
    const points: InnerPoint[] = [{ at: 'event', type: 'source.spec_removed', nth: 1 }];
    const { breaches } = await killAtEach(points, { directory, seed, print, maxTries: 1 });
    expect(breaches).toEqual(['never reached in 1 try: after source.spec_removed is durable']);
    await rm(directory, { recursive: true, force: true });
  },
  longestMs,
);
