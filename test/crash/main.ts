/*
 * yarn crash --times N --seed S [--dir D]: kill -9 at N points chosen by the seed, at most twelve on one directory.
 * yarn crash --every [--seed S] [--dir D]: at every point that the demo has, as in `yarn soak`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { killEverywhere } from './cover.ts';
import { runSeries } from './series.ts';

const { values } = parseArgs({
  options: {
    every: { type: 'boolean', default: false },
    times: { type: 'string', default: '12' },
    seed: { type: 'string', default: '1' },
    dir: { type: 'string' },
  },
});
const times = Number(values.times);
const seed = Number(values.seed);
if (!Number.isSafeInteger(times) || times < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    `yarn crash --every | --times N --seed S [--dir D]: expected whole numbers, got ${values.times} and ${values.seed}\n`,
  );
  process.exit(2);
}
const directory = values.dir ? resolve(values.dir) : await mkdtemp(join(tmpdir(), 'decree-crash-'));
const print = (line: string) => process.stdout.write(`${line}\n`);
print(`crash: ${values.every ? 'kills everywhere' : `${times} kills`}, seed ${seed}, in ${directory}`);
const breaches = values.every
  ? (await killEverywhere({ directory, seed, print })).breaches
  : await runSeries({ directory, times, seed, print });
for (const breach of breaches) process.stdout.write(`BROKEN: ${breach}\n`);
if (breaches.length === 0) {
  process.stdout.write('Same end, nothing lost, nothing doubled, nothing left behind.\n');
  if (!values.dir) await rm(directory, { recursive: true, force: true });
}
process.exitCode = breaches.length === 0 ? 0 : 1;
