/*
 * One life of the demo, to be killed: child.ts DIRECTORY POINTS. POINTS are inner kill points as JSON; the first that is
 * reached ends the process by SIGKILL, as the machine's own end would: nothing is flushed, closed or said afterwards. It
 * prints what it does outside without an intent before it, and what it records that no effect's end brings along.
 */
import { writeSync } from 'node:fs';
import { runDemo } from '../../examples/demo/run-demo.ts';
import type { Ledger } from '../../packages/control-plane/src/engine/ledger/port.ts';
import { type InnerPoint, nameWrite } from './kill-points.ts';

const [directory, encoded, ...flags] = process.argv.slice(2);
if (!directory || !encoded) throw new Error('expected a directory and kill points as JSON');
const points = JSON.parse(encoded) as InnerPoint[];
const left = points.map((point) => point.nth);

function reach(matches: (point: InnerPoint) => boolean): void {
  points.forEach((point, index) => {
    if (!matches(point)) return;
    left[index] = (left[index] ?? 0) - 1;
    if (left[index] !== 0) return;
    writeSync(1, `KILLED ${index}\n`);
    process.kill(process.pid, 'SIGKILL');
    // SIGKILL is delivered before this call returns to a thread that could do more; wait for it all the same.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}

/** Of what kind each effect outside is, by its key; asked of the ledger for those that an earlier life began. */
const kinds = new Map<string, string>();
/** Effects that are begun and not recorded. */
const underway = new Set<string>();

const ledger = (real: Ledger): Ledger => ({
  ...real,
  async commit(commit) {
    const ends = commit.events.some(({ type }) => type === 'system.effect_finished');
    for (const event of commit.events) {
      if (event.type === 'artifact.recorded' && !ends) process.stdout.write(`RECORD ${event.payload.artifact.kind}\n`);
      if (event.type === 'system.effect_started') kinds.set(event.payload.key, event.payload.kind);
      if (event.type === 'system.effect_finished') {
        const { key } = event.payload;
        underway.delete(key);
        const kind = kinds.get(key) ?? (await real.get('effects', key))?.kind;
        reach((point) => point.at === 'after-effect' && point.kind === kind);
      }
      reach(
        (point) =>
          point.at === 'before-record' && event.type === 'artifact.recorded' && point.artifact === event.payload.artifact.kind,
      );
    }
    const stored = await real.commit(commit);
    for (const event of stored) {
      reach((point) => point.at === 'event' && point.type === event.type);
      if (event.type !== 'system.effect_started') continue;
      reach((point) => point.at === 'before-effect' && point.kind === event.payload.kind);
      underway.add(event.payload.key);
    }
    return stored;
  },
});

const fetch =
  (real: typeof globalThis.fetch): typeof globalThis.fetch =>
  async (input, init) => {
    const request = new Request(input, init);
    if (request.method === 'GET' || request.method === 'HEAD') return real(request);
    const name = nameWrite(request.method, request.url);
    if (underway.size === 0) process.stdout.write(`WRITE ${name}\n`);
    reach((point) => point.at === 'before-write' && point.path === name);
    const answer = await real(request);
    if (answer.ok) reach((point) => point.at === 'after-write' && point.path === name);
    return answer;
  };

const broken = await runDemo({
  directory,
  pace: 'fast',
  sabotage: null,
  print: (line) => process.stdout.write(`${line}\n`),
  decorate: { ledger, fetch },
  parkAfterSeconds: flags.includes('--park') ? 0 : undefined,
  signal: new AbortController().signal,
});
for (const line of broken) process.stdout.write(`FAILED: ${line}\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
