import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCampaign } from './campaign.ts';
import type { KillPoint } from './kill-points.ts';

/** One for each place where something could be lost or done twice. */
const telling: readonly KillPoint[] = [
  { at: 'event', type: 'run.session_started', nth: 1 },
  { at: 'after-write', path: 'POST /issues', nth: 2 },
  { at: 'agent', afterMs: 1_000 },
  { at: 'tree', afterMs: 2_500 },
  { at: 'before-record', artifact: 'commit', nth: 1 },
  { at: 'event', type: 'policy.approval_decided', nth: 1 },
  { at: 'after-write', path: 'POST /pulls', nth: 1 },
  { at: 'event', type: 'run.succeeded', nth: 2 },
  { at: 'after-write', path: 'POST /pulls/N/reviews', nth: 1 },
  { at: 'after-write', path: 'PUT /pulls/N/merge', nth: 1 },
];

it(
  'comes to the same end after ten kills, with nothing lost, doubled or left behind',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'decree-crash-'));
    const { missed, breaches } = await runCampaign(directory, telling, {
      print: (line) => process.stdout.write(`crash: ${line}\n`),
    });
    expect(breaches).toEqual([]);
    expect(missed).toEqual([]);
    // What is broken can be looked at.
    await rm(directory, { recursive: true, force: true });
  },
  10 * 60_000,
);
