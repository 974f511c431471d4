import { expect, it } from 'vitest';
import { createAdmission } from '../../src/engine/runs/admission.ts';
import type { LiveRuns } from '../../src/engine/runs/live-runs.ts';

const mebibyte = 2 ** 20;

/** An admission while so many agents run and so much memory is free. */
function admissionOf({ running, freeMb, paused = false }: { running: number; freeMb: number; paused?: boolean }) {
  const liveRuns = { all: () => Array.from({ length: running }) } as unknown as LiveRuns;
  return createAdmission({
    ...{ liveRuns, maxAgents: 3, minimumFreeMemoryMb: 500 },
    ...{ paused: () => paused, freeBytes: () => freeMb * mebibyte },
  });
}

it.each([
  ['there is room', { running: 2, freeMb: 500 }, null],
  ['as many run as may', { running: 3, freeMb: 9_000 }, '3 of 3 agents run'],
  ['memory is short', { running: 1, freeMb: 499 }, '499 MiB of memory are free, 500 MiB are wanted'],
  // A small machine would otherwise never do anything.
  ['memory is short and none runs', { running: 0, freeMb: 1 }, null],
  ['a person has paused', { running: 0, freeMb: 9_000, paused: true }, 'dispatching is paused'],
])('of one more agent while %s', (_, now, refusal) => {
  const admission = admissionOf(now);
  expect(admission.refuse()).toBe(refusal);
  expect(admission.memory()).toEqual({ freeBytes: now.freeMb * mebibyte, minimumFreeBytes: 500 * mebibyte });
});
