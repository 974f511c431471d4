import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runSeries } from './series.ts';

const times = 60;
const seed = 20;

it(
  'comes to the same end after sixty kills at points and times that a seed has chosen',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'decree-crash-'));
    const breaches = await runSeries({ directory, times, seed, print: (line) => process.stdout.write(`crash: ${line}\n`) });
    expect(breaches).toEqual([]);
    await rm(directory, { recursive: true, force: true });
  },
  30 * 60_000,
);
