// Hands over to a program on Node 24 and ends as it ends.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { endBySignal, explain, forwardSignals, SetupError } from './steps.mjs';
import { nodeEnvironment } from './toolchain.mjs';

/** Node's arguments for a TypeScript file under tsx, independent of the working directory. */
export function typescriptArgs(file, args, from = import.meta.url) {
  let loader;
  try {
    loader = pathToFileURL(createRequire(from).resolve('tsx')).href;
  } catch {
    throw new SetupError('the package tsx is not installed', {
      advice: 'install the dependencies again (in a clone: npm run demo, npm test)',
    });
  }
  if (!existsSync(file))
    throw new SetupError(`${file} does not exist`, { advice: 'this checkout or package is not whole: get it again' });
  return ['--import', loader, file, ...args];
}

/** The control plane's own program. */
export function controlPlaneArgs(args) {
  return typescriptArgs(fileURLToPath(new URL('../src/main.ts', import.meta.url)), args);
}

/**
 * Starts Node with these arguments on our own stdio, passes signals on, and sets the exit code, or dies of the same signal.
 * tsx would read the tsconfig.json of the directory it is started in, which may be anybody's: it is given ours.
 */
export async function handOver(node, args, { cwd, env = process.env } = {}) {
  const tsconfig = fileURLToPath(new URL('tsconfig.json', import.meta.url));
  const child = spawn(node, args, { cwd, stdio: 'inherit', env: { ...nodeEnvironment(node, env), TSX_TSCONFIG_PATH: tsconfig } });
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
