import { expect, it } from 'vitest';
import { runMonkey } from './monkey.ts';

const seed = Number(process.env.MONKEY_SEED ?? 12);
const steps = Number(process.env.MONKEY_STEPS ?? 20_000);

it(`holds whatever is pressed in whatever order, for long (seed ${seed}, ${steps} steps)`, async () => {
  const report = await runMonkey({ seed, steps, log: console.error });
  console.info(JSON.stringify(report));
  expect(report.runs).toBeGreaterThan(10);
});
