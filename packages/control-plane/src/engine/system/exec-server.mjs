// Runs programs for its parent, see exec.ts. Plain JavaScript over Node alone, so that it starts at once and stays small.
import { spawn } from 'node:child_process';

/** From SIGTERM to SIGKILL. */
const graceMs = 2_000;
const running = new Map();

process.on('message', async (message) => {
  if (message.cancel !== undefined) {
    running.get(message.cancel)?.end('canceled');
    return;
  }
  const result = await run(message);
  running.delete(message.id);
  if (process.connected) process.send({ id: message.id, result });
  else if (running.size === 0) process.exit();
});

/** Never rejects: what cannot be started has exit code 127, and what was ended by us 124. */
function run({ id, file, args, options }) {
  const { cwd, env, input, encoding = 'utf8', timeoutMs, maxOutput } = options;
  return new Promise((resolve) => {
    let child;
    const cannotStart = (error) =>
      resolve({ exitCode: 127, stdout: '', stderr: error.message, timedOut: false, canceled: false });
    try {
      child = spawn(file, args, { cwd, env, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    } catch (error) {
      // A null byte in an argument, say.
      cannotStart(error);
      return;
    }
    let why = null;
    let timeout;
    let force;
    const end = (reason) => {
      if (why !== null) return;
      why = reason;
      child.kill('SIGTERM');
      force = setTimeout(() => child.kill('SIGKILL'), graceMs);
    };
    running.set(id, { end });
    if (timeoutMs) timeout = setTimeout(end, timeoutMs, 'timed out');
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding(encoding).on('data', (text) => {
        if (output[name].length + text.length > maxOutput) end('its output was too long');
        output[name] = (output[name] + text).slice(0, maxOutput);
      });
    }
    let failure = null;
    child.on('error', (error) => {
      failure = error;
      if (child.pid === undefined) cannotStart(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timeout);
      clearTimeout(force);
      const timedOut = why === 'timed out';
      const canceled = why === 'canceled';
      const reason = why ?? failure?.message ?? (signal ? `was ended by ${signal}` : '');
      resolve({
        exitCode: code ?? (timedOut || canceled ? 124 : 127),
        stdout: output.stdout,
        stderr: output.stderr || (code === null ? `${file}: ${reason}` : ''),
        timedOut,
        canceled,
      });
    });
    // A program that ends before it has read everything is judged by its exit code.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

// Signals of a terminal reach the whole group; the parent decides when this ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

process.on('disconnect', () => {
  for (const { end } of running.values()) end('canceled');
  if (running.size === 0) process.exit();
  setTimeout(() => process.exit(), 3_000).unref();
});
