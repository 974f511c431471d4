import { DecreeError, errorTable } from '@decree/contracts';
import { CommanderError } from 'commander';
import type { Outcome, ProgramOptions } from './context.ts';
import { buildProgram } from './program.ts';
import { plainLines } from './text.ts';

/** Runs one command line (without `node` and the script) and returns the exit code. A person's mistake never shows a stack. */
export async function runCli(args: readonly string[], options: ProgramOptions): Promise<number> {
  const exitCode = await run(args, options);
  const failure = await options.io.written();
  if (!failure) return exitCode;
  const message = `the output cannot be written: ${failure.message}`;
  options.io.err(args.includes('--json') ? `${JSON.stringify({ code: 'internal', message })}\n` : `control-plane: ${message}\n`);
  return exitCode || 1;
}

async function run(args: readonly string[], options: ProgramOptions): Promise<number> {
  const outcome: Outcome = { exitCode: 0, usage: '' };
  try {
    await buildProgram(options, outcome).parseAsync([...args], { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      const usage = outcome.usage.trim().replace(/^error: /, '');
      options.io.err(args.includes('--json') ? `${JSON.stringify({ code: 'invalid', message: usage })}\n` : `${usage}\n`);
      return errorTable.invalid.exitCode;
    }
    // The person's own Ctrl-C, or nobody reads any more: not a failure to report.
    if (options.io.signal.aborted && !(error instanceof DecreeError && error.code !== 'unavailable')) return outcome.exitCode;
    const known = error instanceof DecreeError ? error : null;
    const body = known?.toBody() ?? {
      code: 'internal' as const,
      message: error instanceof Error ? error.message : String(error),
    };
    if (args.includes('--json')) options.io.err(`${JSON.stringify(body)}\n`);
    else options.io.err(`control-plane: ${plainLines(body.message)}\n${known ? '' : stackOf(error)}`);
    return errorTable[body.code].exitCode;
  }
}

/** What is not a DecreeError is a fault of ours, and its place helps to mend it. */
const stackOf = (error: unknown): string =>
  error instanceof Error && error.stack ? `${error.stack.split('\n').slice(1).join('\n')}\n` : '';
