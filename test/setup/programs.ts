import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const bin = new URL('../../packages/control-plane/bin/', import.meta.url);

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Program {
  child: ChildProcess;
  /** What it has printed so far, both streams. */
  output(): string;
  ended: Promise<Ended>;
}

/** Runs a few lines of JavaScript, which may import what bin/ holds, as a process of its own. */
export function runLines(lines: string, env: Record<string, string> = {}): Program {
  const code = lines.replace(/from '\.\/(\w[\w-]*\.mjs)'/g, (_, name: string) => `from '${new URL(name, bin).href}'`);
  return run(['--input-type=module', '-e', code], { env });
}

/** Runs Node. npm's own variables are left out: a set-up must not depend on being started by npm. */
export function run(args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): Program {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('npm_') && name !== 'INIT_CWD'),
  );
  const child = spawn(process.execPath, args, {
    ...(options.cwd && { cwd: options.cwd }),
    env: { ...inherited, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, output: () => stdout + stderr, ended };
}

/** A temporary home: a cache of its own, and a directory for programs that come first on PATH. */
export async function makeHome(): Promise<{ path: string; env: Record<string, string>; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'decree-home-'));
  await mkdir(join(path, 'bin'));
  const env = { HOME: path, XDG_CACHE_HOME: join(path, 'cache'), PATH: `${join(path, 'bin')}:${process.env.PATH}` };
  return { path, env, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Stands for npm and its registry: each start is a line in `calls`; then it does what `body` says. */
export async function writeFakeNpm(home: string, body: string): Promise<void> {
  const file = join(home, 'bin', 'npm');
  await writeFile(file, `#!/bin/sh\necho "$$ $@" >> "${join(home, 'calls')}"\n${body}\n`);
  await chmod(file, 0o755);
}

export async function readCalls(home: string): Promise<string[]> {
  return (await readFile(join(home, 'calls'), 'utf8')).trim().split('\n');
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(20)) if (await condition()) return;
  throw new Error(`waited 15 s in vain for: ${what}`);
}

/** A process that has ended but that no parent has waited for (a container without an init) does not run. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return process.platform !== 'linux';
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
