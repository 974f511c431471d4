import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMemoryEngine } from '../api/memory-engine.ts';
import { eventAt } from '../api/samples.ts';
import { cli } from './run-in-process.ts';

describe('export', () => {
  const memory = createMemoryEngine();
  const ran = (...args: string[]) => cli(memory.engine, args);

  it('writes every event, page after page, to stdout or a new file', async () => {
    memory.append(Array.from({ length: 1234 }, (_, index) => eventAt(index + 1)));
    const lines = (await ran('export')).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).cursor)).toEqual(Array.from({ length: 1234 }, (_, index) => String(index + 1)));
    const directory = await mkdtemp(join(tmpdir(), 'decree-export-'));
    const file = join(directory, 'e.ndjson');
    expect((await ran('export', '-o', file)).out).toBe(`1234 events written to ${file}\n`);
    expect((await readFile(file, 'utf8')).trimEnd().split('\n')).toEqual(lines);
    const again = await ran('export', '-o', file);
    expect([again.code, again.err]).toEqual([3, expect.stringContaining('exists already')]);
    await rm(directory, { recursive: true });
  });
});
