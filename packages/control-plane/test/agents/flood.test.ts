import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProcessAdapter } from '../../src/engine/agents/process.ts';
import { createRedactor } from '../../src/engine/agents/redact.ts';
import { createTranscripts } from '../../src/engine/agents/transcript.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { systemRandom } from '../../src/engine/system/random.ts';
import { lastOf, makePlace, type Place, until } from './harness.ts';

const lines = 1_000_000;

/** Writes the lines as fast as they are taken, and says on stderr how many it has written. */
const flood = `
  const hello = { type: 'hello', v: 1, adapter: 'flood', agentVersion: '1', capabilities: { gate: 'none', resume: false, defer: false } };
  console.log(JSON.stringify(hello));
  let at = 0;
  const write = () => {
    while (at < ${lines}) {
      let batch = '';
      for (let end = Math.min(at + 1000, ${lines}); at < end; at += 1) batch += '{"type":"text","text":"line ' + at + ' of what an agent says"}\\n';
      if (!process.stdout.write(batch)) return void process.stdout.once('drain', write);
    }
    console.log('{"type":"turn.completed","status":"ok","message":"done"}');
  };
  setInterval(() => require('node:fs').writeFileSync(process.env.HOME + '/written', String(at)), 20).unref();
  write();
`;

describe('an agent that floods', { timeout: 120_000 }, () => {
  let place: Place;
  let directory: string;
  beforeEach(async () => {
    place = await makePlace();
    directory = await mkdtemp(join(tmpdir(), 'decree-flood-'));
  });
  afterEach(async () => {
    await place.remove();
    await rm(directory, { recursive: true, force: true });
  });

  it('is written to its transcript whole, a million lines of it, while the memory stays flat', async () => {
    const adapter = createProcessAdapter({ name: 'flood', command: [process.execPath, '-e', flood], clock: systemClock });
    const transcripts = createTranscripts({
      directory,
      clock: systemClock,
      redact: createRedactor(),
      log: pino({ level: 'silent' }),
    });
    const sessionId = systemRandom.uuidv7();
    const session = adapter.open(place.start('flood'), {
      signal: new AbortController().signal,
      stateDirectory: place.stateDirectory,
    });
    const writer = transcripts.open(sessionId);
    const at = systemClock.now();
    let read = 0;
    let settled = 0;
    let highest = 0;
    let last: Parameters<typeof lastOf>[0] = [];
    for await (const report of session.reports) {
      if (report.type === 'text') writer.append({ kind: 'text', at, text: report.text });
      last = [report];
      read += 1;
      // What the runtime sets up in the first tenth is no growth.
      if (read === lines / 10) settled = process.memoryUsage.rss();
      if (read > lines / 10 && read % 10_000 === 0) highest = Math.max(highest, process.memoryUsage.rss());
    }
    await session.close();
    await writer.end();
    expect(lastOf(last).status).toBe('ok');

    let next = 0;
    for await (const page of transcripts.accessor.follow({ sessionId }, new AbortController().signal)) {
      for (const entry of page.entries) {
        if (entry.kind !== 'text' || entry.text !== `line ${next} of what an agent says`)
          throw new Error(`entry ${next} is ${JSON.stringify(entry)}`);
        next += 1;
      }
    }
    expect(next).toBe(lines);
    expect((highest - settled) / 2 ** 20).toBeLessThan(64);
  });

  it('is held back by a reader that stops reading', async () => {
    const adapter = createProcessAdapter({ name: 'flood', command: [process.execPath, '-e', flood], clock: systemClock });
    const session = adapter.open(place.start('flood'), {
      signal: new AbortController().signal,
      stateDirectory: place.stateDirectory,
    });
    const reports = session.reports[Symbol.asyncIterator]();
    for (let at = 0; at < 100; at += 1) await reports.next();
    const written = join(place.start('').env.HOME!, 'written');
    await until('the first count', async () => (await stat(written).catch(() => null)) !== null);
    let before = '';
    let same = 0;
    await until('the agent to stand still', async () => {
      const now = await readFile(written, 'utf8');
      same = now === before && now !== '' ? same + 1 : 0;
      before = now;
      return same >= 20;
    });
    expect(Number(before)).toBeLessThan(20_000);
    await session.close();
  });
});
