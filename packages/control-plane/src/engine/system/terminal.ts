import { spawn as start } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Env } from './env.ts';

/** Runs a program on the person's own terminal, such as an editor, and resolves to its exit code; null when it cannot start. */
export function runInForeground(file: string, args: readonly string[], env: Env): Promise<number | null> {
  return new Promise((resolve) => {
    const child = start(file, args, { stdio: 'inherit', env });
    child.once('error', () => resolve(null));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Stops this process as Ctrl-Z does, and resolves when the shell has brought it back. */
export async function suspendProcess(): Promise<void> {
  const resumed = new Promise<void>((resolve) => {
    process.once('SIGCONT', () => resolve());
  });
  process.kill(process.pid, 'SIGTSTP');
  // Without job control nothing stops us: then nobody will bring us back either.
  await Promise.race([resumed, nextTurn().then(() => nextTurn())]);
}

/**
 * Whether writing to a terminal waits until it has taken everything, which is what Node does by itself: with that a person
 * whose line hangs holds up all else in this process. Nothing may be on its way when it is made to wait again.
 */
export function setBlocking(stream: NodeJS.WriteStream, blocking: boolean): void {
  const { _handle: handle } = stream as NodeJS.WriteStream & { _handle?: { setBlocking?(blocking: boolean): void } };
  if (!blocking || stream.writableLength === 0) handle?.setBlocking?.(blocking);
}
