// What a set-up says: one line a step with the time it took, and for a failure what was tried, what was seen and what to do.
// Everything goes to stderr, so that a command's own output stays clean. Plain ESM: this runs on whatever Node is there.
import { spawn } from 'node:child_process';

/** A failure that is told to a person: never a stack trace. */
export class SetupError extends Error {
  /** @param {string} message @param {{ tried?: string, output?: string, advice?: string }} detail */
  constructor(message, detail = {}) {
    super(message);
    this.name = 'SetupError';
    this.detail = detail;
  }
}

/** Prints the failure the same way everywhere; an error that nobody foresaw keeps its message and says that it is ours. */
export function explain(error) {
  if (!(error instanceof SetupError)) {
    const where = /\n\s+at .*?([^/\\]+\.mjs:\d+)/.exec(error?.stack ?? '')?.[1];
    return `Stopped by an error nobody foresaw${where ? ` (${where})` : ''}: ${error?.message ?? error}\n  do:     run the same command again; if it stays, report this line\n`;
  }
  const { tried, output, advice } = error.detail;
  const lines = [`Stopped: ${error.message}`];
  if (tried) lines.push(`  tried:  ${tried}`);
  const last = lastLines(output ?? '', 12);
  if (last.length > 0) lines.push('  last lines of its output:', ...last.map((line) => `    ${line}`));
  if (advice) lines.push(`  do:     ${advice}`);
  return `${lines.join('\n')}\n`;
}

/**
 * Runs one step and prints one line when it ends. A long step shows that it lives: on a terminal by its running time,
 * elsewhere by a line every 20 s.
 */
export async function step(title, work) {
  const started = Date.now();
  const live = process.stderr.isTTY;
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  const label = `  ${title} `.padEnd(44, '.');
  const tell = () => process.stderr.write(live ? `\r${label} ${seconds()} ` : `  ${title}: still at it after ${seconds()}\n`);
  const timer = setInterval(tell, live ? 200 : 20_000);
  timer.unref();
  try {
    const result = await work();
    process.stderr.write(`${live ? '\r' : ''}${label} ${seconds()}${live ? '   ' : ''}\n`);
    return result;
  } catch (error) {
    process.stderr.write(`${live ? '\r' : ''}${label} failed after ${seconds()}\n`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Runs a program to its end and returns what it printed; anything but exit code 0 is a SetupError with the end of it. */
export async function runProgram(file, args, { cwd, env = process.env, failure, advice, uid, gid, onStart } = {}) {
  const tried = [file, ...args].join(' ');
  const { code, signal, output, stdout } = await new Promise((resolve, reject) => {
    const identity = uid === undefined ? {} : { uid, gid };
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], ...identity });
    if (child.pid) onStart?.(child.pid);
    let all = '';
    let out = '';
    const keep = (text) => {
      all = (all + text).slice(-64 * 1024);
    };
    child.stdout.on('data', (data) => {
      out += data;
      keep(data);
    });
    child.stderr.on('data', keep);
    const stop = forwardSignals(child, { always: true });
    child.once('error', (error) => {
      stop();
      reject(new SetupError(failure ?? `${file} could not be started`, { tried, output: error.message, advice }));
    });
    child.once('close', (exitCode, exitSignal) => {
      const received = stop();
      if (received) endBySignal(received);
      resolve({ code: exitCode, signal: exitSignal, output: all, stdout: out });
    });
  });
  if (code === 0) return stdout;
  const how = signal ? `ended by ${signal}` : `exit code ${code}`;
  throw new SetupError(failure ?? `${file} failed`, { tried: `${tried} (${how})`, output, advice });
}

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * Passes signals on to a child; returns a function that stops doing so and tells the first signal that came. On a terminal Ctrl-C reaches
 * the whole process group by itself, and passing it on would make two of it: there SIGINT and SIGQUIT are only noted.
 */
export function forwardSignals(child, { always = false } = {}) {
  let first = null;
  const onTerminal = !always && Boolean(process.stdin.isTTY);
  const listeners = forwarded.map((name) => {
    const listener = () => {
      first ??= name;
      if (!(onTerminal && (name === 'SIGINT' || name === 'SIGQUIT'))) child.kill(name);
    };
    process.on(name, listener);
    return [name, listener];
  });
  return () => {
    for (const [name, listener] of listeners) process.removeListener(name, listener);
    return first;
  };
}

const cleanups = new Set();

/** Registers what must happen even when a signal ends this process; returns the function that takes it back. */
export function onEnd(cleanup) {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/** Ends this process as the signal would have. */
export function endBySignal(name) {
  for (const cleanup of cleanups) cleanup();
  process.kill(process.pid, name);
}

function lastLines(text, count) {
  return text
    .split(/\r?\n|\r/)
    .filter(
      (line) => line.trim() !== '' && !/^(?:npm error)?\s*at .*:\d+:\d+\)?(?: \{)?$/.test(line) && line.trim() !== 'npm error',
    )
    .slice(-count)
    .map((line) => line.slice(0, 240));
}
