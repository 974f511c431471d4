import { freemem } from 'node:os';
import type { LiveRuns } from './live-runs.ts';

export interface Admission {
  /** Null when one more agent may start; else why not. */
  refuse(): string | null;
  readonly limit: number;
}

/** By number and by free memory (15 agents of 2 GB each take a common host down). A parked run holds no place. */
export function createAdmission(options: {
  liveRuns: LiveRuns;
  maxAgents: number;
  minimumFreeMemoryMb: number;
  freeBytes?: () => number;
}): Admission {
  const freeBytes = options.freeBytes ?? freemem;
  return {
    limit: options.maxAgents,
    refuse() {
      const running = options.liveRuns.all().length;
      if (running >= options.maxAgents) return `${running} of ${options.maxAgents} agents run`;
      const freeMb = Math.floor(freeBytes() / 2 ** 20);
      // The first one may always start: a small machine would otherwise never do anything.
      if (running > 0 && freeMb < options.minimumFreeMemoryMb)
        return `${freeMb} MB of memory are free, ${options.minimumFreeMemoryMb} MB are wanted`;
      return null;
    },
  };
}
