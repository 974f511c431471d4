import { existsSync, readFileSync } from 'node:fs';

/** Since the machine began, in ticks: all time of its processors, and what a host gave to others meanwhile. Null where no kernel says so. */
export function processorTime(): { all: number; stolen: number } | null {
  if (!existsSync('/proc/stat')) return null;
  // user nice system idle iowait irq softirq steal; what guests use is counted in the first two.
  const times = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/).slice(1, 9).map(Number) ?? [];
  return { all: times.reduce((sum, time) => sum + time, 0), stolen: times[7] ?? 0 };
}
