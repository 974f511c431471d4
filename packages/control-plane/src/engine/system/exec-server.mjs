// Runs programs for its parent, see exec.ts. Plain JavaScript, so that it starts at once and stays small.
import { execa } from 'execa';

const running = new Map();

process.on('message', async (message) => {
  if (message.cancel !== undefined) {
    running.get(message.cancel)?.abort();
    return;
  }
  const { id, file, args, options } = message;
  const controller = new AbortController();
  running.set(id, controller);
  const result = await execa(file, args, {
    cwd: options.cwd,
    ...(options.input !== undefined ? { input: options.input } : { stdin: 'ignore' }),
    cancelSignal: controller.signal,
    timeout: options.timeoutMs ?? 0,
    env: options.env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: options.maxOutput,
    forceKillAfterDelay: 2_000,
  });
  running.delete(id);
  if (!process.connected) return;
  process.send({
    id,
    result: {
      exitCode: result.exitCode ?? (result.timedOut || result.isCanceled ? 124 : 127),
      stdout: String(result.stdout ?? ''),
      stderr: String(result.stderr || (result.failed && result.exitCode === undefined ? result.shortMessage : '') || ''),
      timedOut: result.timedOut,
      canceled: result.isCanceled,
    },
  });
});

// Signals of a terminal reach the whole group; the parent decides when this ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

process.on('disconnect', () => {
  for (const controller of running.values()) controller.abort();
  if (running.size === 0) process.exit();
  setTimeout(() => process.exit(), 3_000).unref();
});
