import { appendFile, chmod, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamPage, TranscriptEntry } from '@decree/contracts';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/engine/agents/redact.ts';
import { createTranscripts, type Transcripts } from '../../src/engine/agents/transcript.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { systemRandom } from '../../src/engine/system/random.ts';

const text = (words: string): TranscriptEntry => ({ kind: 'text', at: '2026-01-01T00:00:00.000Z', text: words });
const words = (pages: readonly StreamPage[]) =>
  pages.flatMap((page) => page.entries.map((entry) => ('text' in entry ? entry.text : '')));

describe('transcripts', () => {
  let directory: string;
  let sessionId: string;
  let lines: string[];
  let transcripts: Transcripts;
  const make = (at = directory) =>
    createTranscripts({
      directory: at,
      clock: systemClock,
      redact: createRedactor(['swordfish-99']),
      log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }),
    });
  const follow = async (signal = new AbortController().signal, after?: string) => {
    const pages: StreamPage[] = [];
    for await (const page of transcripts.accessor.follow({ sessionId, after }, signal)) pages.push(page);
    return pages;
  };
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'decree-transcripts-'));
    sessionId = systemRandom.uuidv7();
    lines = [];
    transcripts = make();
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('gives back what was appended, in order, at once', async () => {
    const writer = transcripts.open(sessionId);
    const entries: TranscriptEntry[] = [
      text('hé\nllo 😀'),
      { kind: 'tool_requested', at: '2026-01-01T00:00:00.000Z', toolCallId: 'a', tool: 'Bash', input: { command: 'ls' } },
    ];
    for (const entry of entries) writer.append(entry);
    const page = await transcripts.accessor.read({ sessionId });
    expect(page).toMatchObject({ entries, ended: false });
    await writer.end();
    expect(await transcripts.accessor.read({ sessionId, after: page.next })).toEqual({
      entries: [],
      next: page.next,
      ended: true,
    });
  });

  it('pages through a transcript without loss or doubles, whatever the limits', async () => {
    const writer = transcripts.open(sessionId);
    for (let at = 0; at < 1_234; at += 1) writer.append(text(`line ${at} ${'x'.repeat(at % 97)}`));
    await writer.end();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }), async (limits) => {
        const seen: StreamPage[] = [];
        for (let at = 0; !seen.at(-1)?.ended; at += 1) {
          seen.push(await transcripts.accessor.read({ sessionId, after: seen.at(-1)?.next, limit: limits[at % limits.length] }));
        }
        expect(words(seen).map((line) => Number(line.split(' ')[1]))).toEqual(Array.from({ length: 1_234 }, (_, at) => at));
      }),
      { numRuns: 15 },
    );
  });

  it('is read back from its end, each page in order, while it grows, however long its lines are', async () => {
    const writer = transcripts.open(sessionId);
    for (let at = 0; at < 1_234; at += 1) writer.append(text(`line ${at} ${'é'.repeat(at % 500 === 7 ? 90_000 : at % 97)}`));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }), async (limits) => {
        const [first = 1, ...others] = limits;
        let page = await transcripts.accessor.read({ sessionId, newest: true, limit: first });
        expect(page.ended).toBe(false);
        const end = page.next;
        const seen = [page];
        for (let at = 0; page.previous !== undefined; at += 1) {
          writer.append(text('later'));
          const before = page.previous;
          page = await transcripts.accessor.read({ sessionId, before, limit: others[at % others.length] ?? first });
          expect(page.next).toBe(before);
          seen.unshift(page);
        }
        const numbers = words(seen)
          .filter((line) => line !== 'later')
          .map((line) => Number(line.split(' ')[1]));
        expect(numbers).toEqual(Array.from({ length: 1_234 }, (_, at) => at));
        const rest = await transcripts.accessor.read({ sessionId, after: end });
        expect(rest.entries.every((entry) => 'text' in entry && entry.text === 'later')).toBe(true);
      }),
      { numRuns: 10 },
    );
    await writer.end();
    const last = await transcripts.accessor.read({ sessionId, newest: true, limit: 1 });
    expect(last).toMatchObject({ entries: [text('later')], ended: true });
    // Half a line that a killed engine left is not there yet.
    await appendFile(join(directory, `${sessionId}.ndjson`), '{"kind":"text"');
    expect(await transcripts.accessor.read({ sessionId, newest: true, limit: 1 })).toEqual(last);
    await expect(transcripts.accessor.read({ sessionId, before: '3' })).rejects.toMatchObject({ code: 'invalid' });
    const both = { sessionId, before: last.next, after: last.next };
    await expect(transcripts.accessor.read(both)).rejects.toMatchObject({ code: 'invalid' });
  });

  it('is read at its end without what stands before it', async () => {
    const file = join(directory, `${sessionId}.ndjson`);
    // A gigabyte in one line, none of it on the disk: longer than any line may be, so who reads it gives up.
    await writeFile(file, '');
    await truncate(file, 1024 ** 3);
    await appendFile(file, '\n');
    const writer = transcripts.open(sessionId);
    for (let at = 0; at < 1_000; at += 1) writer.append(text(`line ${at}`));
    await writer.end();
    const page = await transcripts.accessor.read({ sessionId, newest: true, limit: 100 });
    expect(words([page])).toEqual(Array.from({ length: 100 }, (_, at) => `line ${900 + at}`));
  });

  it('is followed live by several readers, from where each stands, and ends with the session', async () => {
    const writer = transcripts.open(sessionId);
    writer.append(text('0'));
    const { next } = await transcripts.accessor.read({ sessionId });
    const readers = [follow(), follow(), follow(undefined, next)];
    for (let at = 1; at <= 3_000; at += 1) {
      writer.append(text(String(at)));
      if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await writer.end();
    const all = Array.from({ length: 3_001 }, (_, at) => String(at));
    const [first, second, third] = await Promise.all(readers);
    expect(words(first!)).toEqual(all);
    expect(words(second!)).toEqual(all);
    expect(words(third!)).toEqual(all.slice(1));
    expect(first!.at(-1)?.ended).toBe(true);
  });

  it('lets a follower go when it aborts', async () => {
    const writer = transcripts.open(sessionId);
    const controller = new AbortController();
    const following = follow(controller.signal);
    writer.append(text('one'));
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await following;
    await writer.end();
  });

  it('goes on after a kill in the middle of a line, without the half line', async () => {
    const writer = transcripts.open(sessionId);
    writer.append(text('whole'));
    await writer.end();
    await appendFile(join(directory, `${sessionId}.ndjson`), '{"kind":"text","at":"2026-01-01T0');
    expect(await transcripts.accessor.read({ sessionId })).toMatchObject({ entries: [text('whole')], ended: true });
    const again = make().open(sessionId);
    again.append(text('after'));
    await again.end();
    expect(words([await transcripts.accessor.read({ sessionId })])).toEqual(['whole', 'after']);
  });

  it('says so where a stored line cannot be read', async () => {
    await writeFile(join(directory, `${sessionId}.ndjson`), 'not json\n{"kind":"text"}\n');
    const { entries } = await transcripts.accessor.read({ sessionId });
    expect(entries.map((entry) => entry.kind)).toEqual(['notice', 'notice']);
  });

  it('takes secrets out before anything reaches the disk', async () => {
    const writer = transcripts.open(sessionId);
    const token = `ghs_${'a'.repeat(36)}`;
    writer.append(text(`the password is swordfish-99 and ${token}`));
    writer.append({
      kind: 'tool_requested',
      at: '2026-01-01T00:00:00.000Z',
      toolCallId: 'a',
      tool: 'Bash',
      input: { deep: [{ command: `curl -H ${token}` }] },
    });
    await writer.end();
    const stored = await readFile(join(directory, `${sessionId}.ndjson`), 'utf8');
    expect(stored).not.toContain('swordfish-99');
    expect(stored).not.toContain(token);
    expect(stored.match(/\[redacted\]/g)).toHaveLength(3);
  });

  it('cuts what is huge, and says how much is missing', async () => {
    const writer = transcripts.open(sessionId);
    writer.append({
      kind: 'tool_completed',
      at: '2026-01-01T00:00:00.000Z',
      toolCallId: 'a',
      isError: false,
      output: 'x'.repeat(3_000_000),
    });
    await writer.end();
    const [entry] = (await transcripts.accessor.read({ sessionId })).entries;
    expect(entry?.kind === 'tool_completed' && entry.output).toMatch(/\[cut here: 2737856 more characters\]$/);
  });

  it('is the person’s own', async () => {
    await transcripts.open(sessionId).end();
    expect((await stat(join(directory, `${sessionId}.ndjson`))).mode & 0o777).toBe(0o600);
  });

  it('never disturbs the agent when it cannot write, and says so once', async () => {
    const file = join(directory, 'a-file-where-the-directory-should-be');
    await writeFile(file, '');
    const broken = make(file);
    const writer = broken.open(sessionId);
    for (let at = 0; at < 5; at += 1) {
      writer.append(text('lost'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writer.end();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(sessionId);
  });

  it('goes on when writing works again, and marks the gap', async () => {
    const blocked = join(directory, 'blocked');
    await writeFile(blocked, '');
    transcripts = make(blocked);
    const writer = transcripts.open(sessionId);
    writer.append(text('lost'));
    await systemClock.sleep(5);
    await rm(blocked);
    writer.append(text('kept'));
    await writer.end();
    expect(words([await transcripts.accessor.read({ sessionId })])).toEqual([
      expect.stringContaining('could not be written'),
      'kept',
    ]);
  });

  it('refuses an unknown session, a path, a foreign cursor and a limit out of range', async () => {
    const read = (input: Parameters<Transcripts['accessor']['read']>[0]) => transcripts.accessor.read(input);
    await expect(read({ sessionId })).rejects.toMatchObject({ code: 'not_found' });
    await expect(read({ sessionId: '../../etc/passwd' })).rejects.toMatchObject({ code: 'invalid' });
    const writer = transcripts.open(sessionId);
    writer.append(text('one'));
    for (const after of ['3', '-1', 'x', '999999', '1e3', '']) {
      await expect(read({ sessionId, after })).rejects.toMatchObject({ code: 'invalid' });
    }
    for (const limit of [0, 5_001, 1.5]) await expect(read({ sessionId, limit })).rejects.toMatchObject({ code: 'invalid' });
    expect(() => transcripts.open(sessionId)).toThrow(/already/);
    await writer.end();
    expect(await readdir(directory)).toEqual([`${sessionId}.ndjson`]);
    await chmod(directory, 0o700);
  });
});
