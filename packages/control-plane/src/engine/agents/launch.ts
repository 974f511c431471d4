import type { ChildProcess } from 'node:child_process';
import type { StartMessage } from '@decree/contracts';
import type { Clock } from '../system/clock.ts';
import { giveWay, killByMark, killQuietly, spawn } from '../system/process.ts';

/** Every process of a run carries `DECREE_RUN=<run id>` in its environment, so that what is left of it can be found. */
export const runMark = 'DECREE_RUN';

/** Rewrites the command that is started, e.g. to put a sandbox around it. */
export type WrapCommand = (
  command: readonly string[],
  context: { start: StartMessage; stateDirectory: string },
) => readonly string[];

export interface Launched {
  readonly child: ChildProcess;
  /** Resolves when the process has exited, or could not be started; never rejects. */
  readonly exited: Promise<Exit>;
  /** The last lines of its stderr. */
  stderrTail(): string;
  /** Ends the whole tree and resolves when nothing of it is left. The same promise each time. */
  end(): Promise<void>;
  /** The same without a chance to do anything more. */
  kill(): Promise<void>;
}

export type Exit = { code: number | null; signal: NodeJS.Signals | null; error?: Error };

export interface LaunchOptions {
  runId: string;
  cwd: string;
  env: Record<string, string>;
  clock: Clock;
  /** From SIGTERM to SIGKILL. */
  graceMs: number;
}

const tailCharacters = 8 * 1024;
const tailLines = 20;

/** Starts an agent's process as the leader of a group of its own; it gives way to the engine and the person. */
export function launch(command: readonly string[], options: LaunchOptions): Launched {
  const [file, ...args] = command;
  const env = { ...options.env, [runMark]: options.runId };
  const child = spawn(file ?? '', args, { cwd: options.cwd, env });
  void giveWay(child);
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-tailCharacters);
  });
  // What cannot be written to an agent that has ended was meant for nobody: its exit is reported, not this.
  child.stdin?.on('error', () => undefined);
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => {
      // Its group ends with it, at once: later the number could be another's.
      if (child.pid) endGroup(child.pid);
      resolve({ code, signal });
    });
  });
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= endTree(child, exited, options);
    return ending;
  };
  return {
    child,
    exited,
    stderrTail: () => tail.trimEnd().split('\n').slice(-tailLines).join('\n'),
    end,
    kill() {
      if (child.pid && !hasExited(child)) killQuietly(-child.pid, 'SIGKILL');
      return end();
    },
  };
}

function endGroup(leader: number): void {
  try {
    killQuietly(-leader, 'SIGKILL');
  } catch (error) {
    // Only processes of another user are left in it: they are not ours to end.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

async function endTree(child: ChildProcess, exited: Promise<Exit>, options: LaunchOptions): Promise<void> {
  child.stdin?.end();
  if (child.pid && !hasExited(child)) {
    killQuietly(-child.pid, 'SIGTERM');
    const patience = new AbortController();
    const grace = options.clock.sleep(options.graceMs, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([exited, grace]);
    patience.abort();
  }
  // Also what called setsid, and what was started meanwhile.
  while ((await killByMark(runMark, options.runId)) > 0);
  if (child.pid) await exited;
  // A process without the mark can still hold the pipes; nobody reads them any more.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

const hasExited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** One line on how a process ended, for a person. */
export function describeExit(exit: Exit, stderr: string): string {
  const how = exit.error
    ? `could not be started: ${exit.error.message}`
    : exit.signal
      ? `was ended by ${exit.signal}`
      : `exited with code ${exit.code}`;
  return stderr === '' ? how : `${how}; the end of its stderr:\n${stderr}`;
}
