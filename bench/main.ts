import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { processorTime } from './processor-time.ts';

/** `yarn bench NAME …` runs bench/NAME.ts, which exports `run(args)`: it prints its tables, and says whether its bounds held. */
interface Bench {
  run(args: readonly string[]): Promise<boolean>;
}

const place = new URL('.', import.meta.url);
const own = new Set(['main.ts', 'processor-time.ts', 'table.ts']);
const names = readdirSync(place)
  .filter((file) => file.endsWith('.ts') && !own.has(file) && !/\.(test|soak)\.ts$/.test(file))
  .map((file) => file.slice(0, -3));

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name) || !existsSync(fileURLToPath(new URL(`${name}.ts`, place)))) {
  process.stderr.write(`Expected one of ${names.join(', ')}; got ${name ?? 'nothing'}. yarn bench NAME\n`);
  process.exitCode = 2;
} else {
  const bench = (await import(new URL(`${name}.ts`, place).href)) as Bench;
  const before = processorTime();
  process.exitCode = (await bench.run(args)) ? 0 : 1;
  const after = processorTime();
  if (before && after) {
    const share = (after.stolen - before.stolen) / Math.max(1, after.all - before.all);
    console.log(`Of the processor's time ${(share * 100).toFixed(1)} % went to other machines of its host meanwhile (steal).`);
  }
}
