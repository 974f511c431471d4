// The command line as a process of its own, over a real client on a real socket: `node … main-for-test.ts SOCKET TOKEN ARGUMENTS…`.
import { createClient } from '@decree/client';
import { processIo, runCli } from '../../src/cli/index.ts';
import { evaluateConfig } from '../../src/config/index.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { systemRandom } from '../../src/engine/system/random.ts';

const [socketPath = '', token = '', ...args] = process.argv.slice(2);
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
const { stdin, stdout, stderr, env } = process;
process.exitCode = await runCli(args, {
  io: processIo({ stdin, stdout, stderr, env, signal: interrupted.signal, timeoutSignal: (ms) => AbortSignal.timeout(ms) }),
  version: '0.1.0',
  user: 'ada',
  clock: systemClock,
  random: systemRandom,
  connect: async () => createClient({ socketPath, token, sleep: systemClock.sleep }),
  // The one verb that these tests do not need otherwise: shows that a config is read under the loader that main.ts runs under.
  start: async ({ repo = '' }) => {
    const value = await evaluateConfig({
      text: 'const n: number = 2; export default { n } satisfies object;',
      fileName: 'control-plane.config.ts',
      directory: repo,
    });
    stdout.write(`${JSON.stringify(value)}\n`);
  },
  attach: async () => {},
  init: async () => ({ steps: [], commit: [] }),
  doctor: async () => [],
});
