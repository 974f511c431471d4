import { spawn as start } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Env } from './env.ts';

let inForeground = 0;

/** Whether a program has the person's terminal: Ctrl-C and Ctrl-\, which every process on it hears, are meant for that one. */
export const isLent = (): boolean => inForeground > 0;

/**
 * Runs a program on the person's own terminal, such as an editor, and resolves to its exit code; null when it cannot start. It
 * is told to end when the signal aborts.
 */
export function runInForeground(file: string, args: readonly string[], env: Env, signal: AbortSignal): Promise<number | null> {
  if (signal.aborted) return Promise.resolve(null);
  inForeground += 1;
  return new Promise<number | null>((resolve) => {
    const child = start(file, args, { stdio: 'inherit', env });
    const end = () => child.kill('SIGTERM');
    signal.addEventListener('abort', end, { once: true });
    const ended = (code: number | null) => {
      signal.removeEventListener('abort', end);
      resolve(code);
    };
    child.once('error', () => ended(null));
    child.once('exit', (code) => ended(code ?? 1));
  }).finally(() => {
    inForeground -= 1;
  });
}

/** Stops this process and all of its job as Ctrl-Z does, and resolves when the shell has brought it back. */
export async function suspendProcess(): Promise<void> {
  let resume = (): void => undefined;
  const resumed = new Promise<void>((resolve) => {
    resume = resolve;
  });
  process.once('SIGCONT', resume);
  // Its whole group: whoever started us in it, such as yarn, is what the shell waits for.
  process.kill(0, 'SIGTSTP');
  // Without job control nothing stops us: then nobody will bring us back either.
  await Promise.race([resumed, nextTurn().then(() => nextTurn())]);
  process.off('SIGCONT', resume);
}

/**
 * Has Ctrl-Z do `leave` before it stops this process, and `back` once the shell has brought it back; until `suspendByDefault`.
 * What was wanted first stays: taken away and set anew, it would miss a key that was pressed just before.
 */
export function whenSuspended(leave: () => void, back: () => void): void {
  if (process.listenerCount('SIGTSTP') > 0) return;
  process.on('SIGTSTP', () => {
    leave();
    process.once('SIGCONT', back);
    // The key has told the others of our job by itself.
    process.kill(process.pid, 'SIGSTOP');
  });
}
export const suspendByDefault = (): void => void process.removeAllListeners('SIGTSTP');

/**
 * From here on writing to a terminal does not wait until it has taken everything, which it does by itself in Node: with that a
 * person whose line hangs holds up all else in this process.
 */
export function writeWithoutWaiting(stream: NodeJS.WriteStream): void {
  (stream as NodeJS.WriteStream & { _handle?: { setBlocking?(blocking: boolean): void } })._handle?.setBlocking?.(false);
}
