/* yarn crash --times N --seed S [--dir D]: kill -9 at N points chosen by the seed, at most twelve on one directory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runSeries } from './series.ts';

const { values } = parseArgs({
  options: { times: { type: 'string', default: '12' }, seed: { type: 'string', default: '1' }, dir: { type: 'string' } },
});
const times = Number(values.times);
const seed = Number(values.seed);
if (!Number.isSafeInteger(times) || times < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    `yarn crash --times N --seed S [--dir D]: expected whole numbers, got ${values.times} and ${values.seed}\n`,
  );
  process.exit(2);
}
const directory = values.dir ? resolve(values.dir) : await mkdtemp(join(tmpdir(), 'decree-crash-'));
process.stdout.write(`crash: ${times} kills, seed ${seed}, in ${directory}\n`);
const breaches = await runSeries({ directory, times, seed, print: (line) => process.stdout.write(`${line}\n`) });
for (const breach of breaches) process.stdout.write(`BROKEN: ${breach}\n`);
if (breaches.length === 0) {
  process.stdout.write('Same end, nothing lost, nothing doubled, nothing left behind.\n');
  if (!values.dir) await rm(directory, { recursive: true, force: true });
}
process.exitCode = breaches.length === 0 ? 0 : 1;
