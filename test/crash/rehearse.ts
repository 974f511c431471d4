import { join } from 'node:path';
import { artifactKinds } from '@decree/contracts';
import { openSqliteLedger } from '../../packages/control-plane/src/engine/ledger/index.ts';
import { createLogger, systemClock } from '../../packages/control-plane/src/engine/system/index.ts';
import { readEvents } from './check-ledger.ts';
import type { Story } from './kill-points.ts';
import { live } from './life.ts';

/** One life of the demo that nobody disturbs, and what stands in its ledger afterwards: so the kill points follow the product. */
export async function rehearse(directory: string, flags: readonly string[]): Promise<Story> {
  const life = await live(directory, { inner: [], outer: null, flags });
  if (life.exitCode !== 0) throw new Error(`the undisturbed demo ended with exit code ${life.exitCode}:\n${life.output}`);
  const file = join(directory, 'state', 'ledger.sqlite');
  const ledger = await openSqliteLedger({ file, clock: systemClock, log: createLogger({ level: 'silent' }) });
  try {
    const events = await readEvents(ledger);
    return {
      events: distinct(events.map(({ type }) => type)),
      effects: distinct(events.flatMap((event) => (event.type === 'system.effect_started' ? [event.payload.kind] : []))),
      writes: distinct([...life.output.matchAll(/^WRITE (.+)$/gm)].map((match) => match[1] ?? '')),
      artifacts: artifactKinds.filter((kind) => life.output.includes(`\nRECORD ${kind}\n`)),
    };
  } finally {
    await ledger.close();
  }
}

/** Each once, in an order that does not depend on the life. */
const distinct = <T extends string>(items: readonly T[]): T[] => [...new Set(items)].toSorted();
