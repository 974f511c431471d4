// Becomes a program on Node 24, or hands over to one and ends as it ends.
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { endBySignal, explain, forwardSignals, SetupError } from './steps.mjs';
import { nodeEnvironment } from './toolchain.mjs';

/** Node's arguments for a TypeScript file, which it runs itself by erasing the types. */
export function typescriptArgs(file, args) {
  if (!existsSync(file))
    throw new SetupError(`${file} does not exist`, { advice: 'this checkout or package is not whole: get it again' });
  return [file, ...args];
}

/** The control plane's own program; with `--demo` the demo, which comes with the sources. */
export function controlPlaneArgs(args) {
  if (args.includes('--demo')) {
    const demo = fileURLToPath(new URL('../../../examples/demo/main.ts', import.meta.url));
    return typescriptArgs(
      demo,
      args.filter((arg) => arg !== '--demo'),
    );
  }
  return typescriptArgs(program, args);
}

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/**
 * Becomes one of our own programs: in this process where it is Node 24 already, which saves the start of another.
 * React asks NODE_ENV what it is for.
 */
export async function become(node, [file, ...args], { cwd } = {}) {
  const env = { NODE_ENV: 'production', ...process.env };
  if (node !== process.execPath) return handOver(node, [file, ...args], { cwd, env });
  checkPlace(cwd);
  if (cwd) process.chdir(cwd);
  Object.assign(process.env, nodeEnvironment(node, env));
  // Before the program is loaded: what was compiled at the start before is taken. Another process is told by its environment.
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(process.env.NODE_COMPILE_CACHE);
  process.argv = [node, file, ...args];
  let leave = () => undefined;
  if (file === program) {
    const { drawFirstFrame } = await import('./first-frame.mjs');
    leave = drawFirstFrame(args);
  }
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    // What is said of it belongs on the person's own screen.
    leave();
    throw error;
  }
}

/** Starts Node with these arguments on our own stdio, passes signals on, and sets the exit code, or dies of the same signal. */
export async function handOver(node, args, { cwd, env = process.env } = {}) {
  checkPlace(cwd);
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

/** Nothing can begin in a directory that was removed: Node itself would say so in a stack trace. */
function checkPlace(cwd) {
  try {
    if (statSync(cwd ?? process.cwd()).isDirectory()) return;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  throw new SetupError('the directory that you are in no longer exists', {
    advice: 'go to one that does (cd), then run the same command again',
  });
}

/** Runs a program of ours: what fails is explained, and the exit code is 1. */
export function runMain(main) {
  main().catch((error) => {
    process.stderr.write(explain(error));
    process.exitCode = 1;
  });
}
