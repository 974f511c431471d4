import { DecreeError, type Engine } from '@decree/contracts';
import { type ProgramOptions, runCli } from '../../src/cli/index.ts';
import type { Io } from '../../src/cli/io.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { at, idOf } from '../api/samples.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
  json(): never;
}

/** Runs one command line with captured output, a standing clock and ids that count up. */
export async function cli(
  engine: Engine | null,
  args: readonly string[],
  changes: Partial<Omit<ProgramOptions, 'io'>> & { io?: Partial<Io>; onOut?: (text: string) => void } = {},
): Promise<Ran> {
  let out = '';
  let err = '';
  let ids = 700;
  const { io, onOut, ...rest } = changes;
  const code = await runCli(args, {
    io: {
      out: async (text) => {
        out += text;
        onOut?.(out);
      },
      err: (text) => {
        err += text;
      },
      waitShortly: () => undefined,
      written: async () => null,
      readInput: async () => 'from stdin',
      columns: 80,
      terminal: false,
      colour: false,
      signal: new AbortController().signal,
      ...io,
    },
    version: '0.1.0',
    user: 'ada',
    clock: { ...systemClock, nowMs: () => Date.parse(at) + 100_000 },
    random: { uuidv7: () => idOf(ids++) },
    async connect() {
      if (!engine)
        throw new DecreeError('unavailable', 'no engine is running for this repository: start one with `control-plane`');
      return engine;
    },
    async start() {},
    async attach() {},
    init: async () => ({ steps: [], commit: [] }),
    doctor: async () => [],
    ...rest,
  });
  return { code, out, err, json: () => JSON.parse(out) as never };
}
