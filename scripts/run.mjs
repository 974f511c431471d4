// What `npm run …` calls: sets up what is missing, then hands over to the command on Node 24. Runs on any Node from 18 on.
import { join } from 'node:path';
import { become, controlPlaneArgs, handOver, runMain, typescriptArgs } from '../packages/control-plane/bin/launch.mjs';
import { SetupError } from '../packages/control-plane/bin/steps.mjs';
import { root, setUp } from './setup.mjs';

const tool = (file) => (args) => [join(root, 'node_modules', file), ...args];
const script = (file) => (args) => [join(root, 'scripts', file), ...args];
const typescript = (file) => (args) => typescriptArgs(join(root, file), args);
const biome = '@biomejs/biome/bin/biome';

/** Each command's arguments for Node. `own`: a program of ours, which works in the directory the person is in, not in the repository. */
const commands = {
  demo: { args: typescript('examples/demo/main.ts'), own: true },
  'control-plane': { args: controlPlaneArgs, own: true },
  test: { args: script('test.mjs') },
  soak: { args: (args) => script('test.mjs')(['--mode', 'soak', ...args]) },
  check: { args: script('check.mjs') },
  crash: { args: typescript('test/crash/main.ts') },
  bench: { args: typescript('bench/main.ts') },
  lint: { args: (args) => tool(biome)(['check', ...args]) },
  format: { args: (args) => tool(biome)(['check', '--write', ...args]) },
  types: { args: (args) => tool('typescript/bin/tsc')(['-p', root, ...args]) },
};

runMain(async () => {
  const [name, ...rest] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
  if (!command) {
    throw new SetupError(`expected one of ${Object.keys(commands).join(', ')}, got ${name ? `"${name}"` : 'nothing'}`, {
      advice: 'npm run NAME -- ARGUMENTS',
    });
  }
  const node = await setUp();
  const args = command.args(rest[0] === '--' ? rest.slice(1) : rest);
  if (command.own) await become(node, args, { cwd: placeOfCaller(name) });
  else await handOver(node, args, { cwd: root });
});

/** npm and Yarn start scripts in the repository and tell in INIT_CWD where the person was; an outer script's word is not ours. */
function placeOfCaller(name) {
  return (process.env.npm_lifecycle_event === name && process.env.INIT_CWD) || process.cwd();
}
