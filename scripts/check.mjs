// The one gate: format and lint, types, then every test (the import rules are among them). All of it is run, so that one look shows all.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup.mjs';

const modules = join(root, 'node_modules');
const parts = [
  ['format and lint', [join(modules, '@biomejs/biome/bin/biome'), 'check', '--error-on-warnings']],
  ['types', [join(modules, 'typescript/bin/tsc'), '-p', root]],
  ['tests', [join(root, 'scripts/test.mjs'), ...process.argv.slice(2)]],
];

const failures = [];
for (const [name, args] of parts) {
  const started = Date.now();
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  process.stderr.write(`${status === 0 ? 'ok' : 'FAILED'}  ${name}  ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  if (status !== 0) failures.push(name);
  if (signal) break;
}
if (failures.length > 0) process.stderr.write(`check failed: ${failures.join(', ')}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
