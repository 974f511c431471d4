import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ExecOptions {
  cwd?: string;
  /** The whole environment: nothing is inherited. */
  env: Record<string, string>;
  input?: string | Uint8Array;
  /** Of the output. `latin1` carries bytes of any kind through a string and back unchanged. Default: utf8. */
  encoding?: 'utf8' | 'latin1';
  signal?: AbortSignal;
  timeoutMs?: number;
  /** Output past this many characters is cut. */
  maxOutput?: number;
}

export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  timedOut: boolean;
  canceled: boolean;
}

interface Server {
  child: ChildProcess;
  pending: Map<number, (result: ExecResult) => void>;
}

let server: Server | null = null;
let lastId = 0;

/**
 * Runs a program to its end. Arguments are an array: there is no shell. A program that cannot start has exit code 127.
 *
 * It is started by a small process of ours: a fork copies the page tables of whoever forks, which for a grown engine stops
 * its event loop for 7 to 40 ms each time (187 and 380 MB resident, two busy cores); git is run many times a second.
 */
export function exec(file: string, args: readonly string[], options: ExecOptions): Promise<ExecResult> {
  const { signal, maxOutput = 64 * 1024 * 1024, ...rest } = options;
  if (signal?.aborted) return Promise.resolve({ exitCode: 124, stdout: '', stderr: '', timedOut: false, canceled: true });
  server ??= start();
  const { child, pending } = server;
  lastId += 1;
  const id = lastId;
  return new Promise((resolve) => {
    const cancel = () => void (child.connected && child.send({ cancel: id }));
    const settle = (result: ExecResult) => {
      signal?.removeEventListener('abort', cancel);
      pending.delete(id);
      // It keeps this process alive only while it works for it.
      if (pending.size === 0) child.channel?.unref();
      resolve(result);
    };
    pending.set(id, settle);
    child.channel?.ref();
    signal?.addEventListener('abort', cancel, { once: true });
    child.send({ id, file, args, options: { ...rest, maxOutput } }, (error) => {
      if (error) settle(lost(error.message));
    });
  });
}

function start(): Server {
  const child = fork(fileURLToPath(new URL('exec-server.mjs', import.meta.url)), [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // The server's own; the programs get theirs with each request.
    env: { PATH: process.env.PATH ?? '' },
  });
  const own: Server = { child, pending: new Map() };
  child.on('message', (message: { id: number; result: ExecResult }) => own.pending.get(message.id)?.(message.result));
  child.on('exit', () => {
    if (server === own) server = null;
    for (const settle of [...own.pending.values()]) settle(lost('the process that runs programs has died'));
  });
  child.unref();
  child.channel?.unref();
  return own;
}

const lost = (why: string): ExecResult => ({ exitCode: 127, stdout: '', stderr: why, timedOut: false, canceled: false });
