/*
 * One life of the demo, to be killed: child.ts DIRECTORY POINTS. POINTS are inner kill points as JSON; the first that is
 * reached ends the process by SIGKILL, as the machine's own end would: nothing is flushed, closed or said afterwards.
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

const ledger = (real: Ledger): Ledger => ({
  ...real,
  async commit(commit) {
    for (const event of commit.events) {
      reach(
        (point) =>
          point.at === 'before-record' && event.type === 'artifact.recorded' && point.artifact === event.payload.artifact.kind,
      );
    }
    const stored = await real.commit(commit);
    for (const event of stored) reach((point) => point.at === 'event' && point.type === event.type);
    return stored;
  },
});

const fetch =
  (real: typeof globalThis.fetch): typeof globalThis.fetch =>
  async (input, init) => {
    const request = new Request(input, init);
    if (request.method === 'GET' || request.method === 'HEAD') return real(request);
    const name = nameWrite(request.method, request.url);
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
