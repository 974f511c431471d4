import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, it } from 'vitest';
import { createProcessAdapter } from '../../src/engine/agents/process.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { adapterContract } from './adapter-contract.ts';

const adapters = resolve(import.meta.dirname, '../../../../adapters');
const capabilities = { gate: 'every_call', resume: true, defer: true } as const;

adapterContract('the shell adapter', {
  makeAdapter: () =>
    createProcessAdapter({ name: 'shell', command: ['sh', `${adapters}/shell/adapter.sh`], capabilities, clock: systemClock }),
});

if (hasPython()) {
  adapterContract('the Python adapter', {
    makeAdapter: () =>
      createProcessAdapter({
        name: 'python',
        command: ['python3', `${adapters}/python/adapter.py`],
        capabilities,
        clock: systemClock,
      }),
  });
} else {
  describe('the Python adapter', () => {
    it.skip('keeps the adapter contract (there is no python3 here)', () => undefined);
  });
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
