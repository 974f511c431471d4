import { freemem } from 'node:os';
import type { LiveRuns } from './live-runs.ts';

export interface Admission {
  /** Null when one more agent may start; else why not. */
  refuse(): string | null;
  readonly limit: number;
  /** What is free on this machine, and below which no further agent is started. */
  memory(): { freeBytes: number; minimumFreeBytes: number };
}

/** By a person's word, by number and by free memory (15 agents of 2 GB each take a common host down). A parked run holds no place. */
export function createAdmission(options: {
  liveRuns: LiveRuns;
  maxAgents: number;
  minimumFreeMemoryMb: number;
  /** Whether a person has paused dispatching. */
  paused?: () => boolean;
  freeBytes?: () => number;
}): Admission {
  const freeBytes = options.freeBytes ?? freemem;
  return {
    limit: options.maxAgents,
    memory: () => ({ freeBytes: freeBytes(), minimumFreeBytes: options.minimumFreeMemoryMb * 2 ** 20 }),
    refuse() {
      if (options.paused?.()) return 'dispatching is paused';
      const running = options.liveRuns.all().length;
      if (running >= options.maxAgents) return `${running} of ${options.maxAgents} agents run`;
      const freeMb = Math.floor(freeBytes() / 2 ** 20);
      // The first one may always start: a small machine would otherwise never do anything.
      if (running > 0 && freeMb < options.minimumFreeMemoryMb)
        return `${freeMb} MiB of memory are free, ${options.minimumFreeMemoryMb} MiB are wanted`;
      return null;
    },
  };
}
