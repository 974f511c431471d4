// Hands over to a program on Node 24 and ends as it ends.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { endBySignal, explain, forwardSignals, SetupError } from './steps.mjs';
import { nodeEnvironment } from './toolchain.mjs';

/** Node's arguments for a TypeScript file, which it runs itself by erasing the types. */
export function typescriptArgs(file, args) {
  if (!existsSync(file))
    throw new SetupError(`${file} does not exist`, { advice: 'this checkout or package is not whole: get it again' });
  return [file, ...args];
}

/** The control plane's own program. */
export function controlPlaneArgs(args) {
  return typescriptArgs(fileURLToPath(new URL('../src/main.ts', import.meta.url)), args);
}

/**
 * Starts Node with these arguments on our own stdio, passes signals on, and sets the exit code, or dies of the same signal.
 */
export async function handOver(node, args, { cwd, env = process.env } = {}) {
  const child = spawn(node, args, { cwd, stdio: 'inherit', env: nodeEnvironment(node, env) });
  const stop = forwardSignals(child);
  const { code, signal } = await new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new SetupError(`${node} could not be started`, { output: error.message })));
    child.once('exit', (exitCode, exitSignal) => resolve({ code: exitCode, signal: exitSignal }));
  });
  stop();
  if (signal) endBySignal(signal);
  process.exitCode = code ?? 1;
}

/** Runs a program of ours: what fails is explained, and the exit code is 1. */
export function runMain(main) {
  main().catch((error) => {
    process.stderr.write(explain(error));
    process.exitCode = 1;
  });
}
