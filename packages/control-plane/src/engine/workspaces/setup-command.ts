import type { Clock } from '../system/clock.ts';
import { childEnv, type Env } from '../system/env.ts';
import { type ExecOptions, type ExecResult, exec, killByMark } from '../system/process.ts';
import { WorkspaceError } from './errors.ts';

export interface SetupCommand {
  command: readonly [string, ...string[]];
  timeoutMs: number;
  env?: Record<string, string>;
}

/** How a set-up command is run; a sandbox can take the place of `exec`, for a pull request's branch holds an agent's scripts. */
export type RunSetup = (file: string, args: readonly string[], options: ExecOptions) => Promise<ExecResult>;

const keptCharacters = 64 * 1024;

/** Runs the project's own set-up command in a new worktree and returns the end of its output; throws `setup_failed`. */
export async function runSetupCommand(
  setup: SetupCommand,
  where: { directory: string; runId: string; env: Env; mark: { name: string; value: string }; clock: Clock },
  run: RunSetup = exec,
): Promise<string> {
  const [file, ...args] = setup.command;
  const ended = new AbortController();
  // The time limit ends the command itself; what it started would hold its output open, and go on writing.
  const watchdog = where.clock.sleep(setup.timeoutMs, { signal: ended.signal, unref: true }).then(
    () => killByMark('DECREE_SETUP', where.runId),
    () => 0,
  );
  const result = await run(file, args, {
    cwd: where.directory,
    env: childEnv(where.env, { ...setup.env, [where.mark.name]: where.mark.value, DECREE_SETUP: where.runId }),
    timeoutMs: setup.timeoutMs,
  });
  ended.abort();
  await watchdog;
  const output = `${result.stdout}${result.stderr}`.slice(-keptCharacters);
  if (result.exitCode === 0 && !result.timedOut) return output;
  await killByMark('DECREE_SETUP', where.runId);
  const what = result.timedOut ? `did not end within ${setup.timeoutMs} ms` : `ended with exit code ${result.exitCode}`;
  throw new WorkspaceError(
    'setup_failed',
    `The set-up command ${JSON.stringify(setup.command)} ${what}; expected exit code 0. It printed last: ${output.trim().slice(-500) || '(nothing)'}`,
    { output },
  );
}
