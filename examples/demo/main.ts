import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readCapabilities } from '../../packages/control-plane/src/tui/terminal/capabilities.ts';
import { isSabotage, sabotages } from './sabotage.ts';

const help = `npm run demo -- [options]

Opens the screen, with you as the operator. In anything but a terminal, and with a sabotage, it plays the operator itself.

  --headless       play the operator itself, print what happens, exit 0 when all is as promised
  --dir D          where the demo's repository and state are; the same again goes on where it was
  --pace P         fast, or human: slow enough to follow (default: human on the screen, else fast)
  --stall S        give up when nothing happens for S seconds (default: 30; 300 at a human pace)
  --sabotage S     make it fail: ${sabotages.join(', ')}
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      headless: { type: 'boolean', default: false },
      dir: { type: 'string' },
      pace: { type: 'string' },
      stall: { type: 'string' },
      sabotage: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const { pace = 'fast', sabotage } = values;
  if (pace !== 'fast' && pace !== 'human') throw new UsageError(`--pace: expected fast or human, got ${pace}`);
  if (sabotage !== undefined && !isSabotage(sabotage))
    throw new UsageError(`--sabotage: expected one of ${sabotages.join(', ')}, got ${sabotage}`);
  const stallMs = values.stall === undefined ? undefined : Number(values.stall) * 1000;
  if (stallMs !== undefined && !(stallMs > 0))
    throw new UsageError(`--stall: expected a number of seconds above 0, got ${values.stall}`);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const refusal = values.headless ? null : screenRefusal();
  if (refusal) print(`${refusal} These are the lines that --headless prints.`);
  const directory = values.dir ? resolve(values.dir) : await mkdtemp(join(tmpdir(), 'decree-demo-'));
  await mkdir(directory, { recursive: true });
  print(`demo directory ${directory}`);
  const shows = !values.headless && refusal === null && sabotage === undefined;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      if (!shows) print(`stopping; \`npm run demo -- --headless --dir ${directory}\` goes on from here`);
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  if (shows) {
    const { showDemo } = await import('./show-demo.ts');
    await showDemo({ directory, pace: values.pace === undefined ? 'human' : pace, signal: stop.signal });
    print(`The demo is in ${directory}; \`npm run demo -- --dir ${directory}\` goes on where it was.`);
    return 0;
  }
  const { runDemo } = await import('./run-demo.ts');
  const { systemClock } = await import('../../packages/control-plane/src/engine/system/index.ts');
  const began = systemClock.monotonicMs();
  const broken = await runDemo({ directory, pace, sabotage: sabotage ?? null, print, stallMs, signal: stop.signal });
  print(`took        ${((systemClock.monotonicMs() - began) / 1000).toFixed(1)} s`);
  for (const line of broken) print(`FAILED: ${line}`);
  if (broken.length === 0) print('The demo is complete: planned, implemented, reviewed, repaired, approved, merged; one denied.');
  return broken.length === 0 ? 0 : 1;
}

/** Why there can be no screen here; null when there can. */
const screenRefusal = (): string | null =>
  readCapabilities({ env: process.env, input: process.stdin.isTTY === true, output: process.stdout.isTTY === true }).refusal;

class UsageError extends Error {}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`FAILED: ${message}\n${error instanceof UsageError ? `\n${help}` : ''}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
