import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from '../crash/campaign.ts';

const main = fileURLToPath(new URL('../../examples/demo/main.ts', import.meta.url));
const longestMs = 480_000;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'decree-demo-test-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('the demo, headless', () => {
  it(
    'plans, implements, reviews, repairs, approves and merges, and leaves nothing behind',
    async () => {
      const { code, output } = await demo('whole');
      expect(output).toContain('The demo is complete');
      expect(code, output).toBe(0);
      expect(await check(join(root, 'whole'))).toEqual([]);
    },
    longestMs,
  );

  // The next two begin where the first has ended: what they break comes after the story.
  it('fails, and says so, when the Planner plans a second time', { timeout: longestMs }, async () => {
    await expectFailure('whole', 'second-plan', /expected the Planner to plan once, it did 2 times/);
  });

  it('fails, and names the event, when an event is edited', { timeout: longestMs }, async () => {
    await expectFailure('whole', 'edited-event', /the ledger does not verify: .*event [0-9a-f-]{36}/);
  });

  it("fails, and names the test, when one of the project's tests cannot pass", { timeout: longestMs }, async () => {
    await expectFailure('broken', 'broken-test', /holds water/);
  });

  it('fails, and says what it waits for, when an approval is withheld', { timeout: longestMs }, async () => {
    await expectFailure('withheld', 'withheld-approval', /still waiting for a decision on ".*pull request.*"/);
  });

  it('fails, and names the task, when a pull request is missing', { timeout: longestMs }, async () => {
    await expectFailure('missing', 'missing-pull', /there is no pull request for #\d+: its approval was denied/);
  });

  it('fails, and gives its status, when the model answers 500', { timeout: longestMs }, async () => {
    await expectFailure('model', 'model-500', /the planner failed \(agent_error\): .*500/s);
  });
});

async function expectFailure(directory: string, sabotage: string, cause: RegExp): Promise<void> {
  const { code, output } = await demo(directory, '--sabotage', sabotage);
  const failures = output.split('\n').filter((line) => line.startsWith('FAILED: '));
  expect(failures.join('\n'), output).toMatch(cause);
  expect(code).toBe(1);
}

function demo(directory: string, ...more: string[]): Promise<{ code: number | null; output: string }> {
  const args = [main, '--headless', '--dir', join(root, directory), ...more];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: longestMs, killSignal: 'SIGKILL' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, output }));
  });
}
