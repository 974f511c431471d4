// `node bench/policy.ts`: one decision as the gate makes it: tool call → action (shell analysis, paths) → floor → Cedar.
// Target: p99 ≤ 1 ms without recording. Extra policies show what a repository's own files cost.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createCedarEngine,
  createPolicy,
  createWorkspaceView,
  normalise,
} from '../packages/control-plane/src/engine/policy/index.ts';

const root = mkdtempSync(join(tmpdir(), 'decree-bench-'));
mkdirSync(join(root, 'src'));
mkdirSync(join(root, 'scripts/workflow'), { recursive: true });
const calls = [
  { tool: 'Bash', input: { command: "git commit -m 'Add a thing'" } },
  { tool: 'Bash', input: { command: 'npm test' } },
  { tool: 'Bash', input: { command: 'grep -rn "export const" src' } },
  { tool: 'Bash', input: { command: 'git status && rm -rf .' } },
  { tool: 'Read', input: { file_path: `${root}/src/app.ts` } },
  { tool: 'Edit', input: { file_path: `${root}/src/app.ts`, old_string: 'a', new_string: 'b' } },
  {
    tool: 'Bash',
    input: {
      command: `scripts/workflow/gh.sh api repos/{owner}/{repo}/pulls -f title=T -f head=issue-7-1 -f base=main -f body='${'text '.repeat(400)}'`,
    },
  },
  { tool: 'Bash', input: { command: 'git push -u origin issue-7-1' } },
];
const view = createWorkspaceView(root);
const rounds = 500;

console.log('policies added  load ms   p50 ms    p99 ms    max ms  mean CPU ms');
for (const added of [0, 100, 500]) {
  const text = Array.from(
    { length: added },
    (_, index) =>
      `@id("r${index}") forbid (principal, action == Action::"file.write", resource) when { context.path like "secret${index}/*" };`,
  ).join('\n');
  const started = performance.now();
  const policy = createPolicy({ engines: [await createCedarEngine({ texts: [{ name: 'bench', text }] })] });
  const loadMs = performance.now() - started;
  const samples: number[] = [];
  const cpu = process.cpuUsage();
  for (let round = 0; round < rounds + 50; round += 1) {
    for (const call of calls) {
      const before = performance.now();
      const action = normalise(call, { view, repository: 'owner/project', ownBranch: 'issue-7-1' });
      await policy.decide({
        subject: { role: 'implementor', agentId: 'implementor', runId: 'run', taskId: 'task' },
        action,
        context: { repositoryId: 'owner/project', issue: 7, ownBranch: 'issue-7-1', attempt: 1, tainted: true, sandbox: 'none' },
      });
      if (round >= 50) samples.push(performance.now() - before);
    }
  }
  // Wall time on a busy machine measures the others; CPU time measures the decision.
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = ((user + system) / 1000 / (samples.length + 50 * calls.length)).toFixed(3);
  samples.sort((a, b) => a - b);
  const at = (share: number) =>
    (samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? 0).toFixed(3).padStart(8);
  console.log(
    `${String(added).padStart(14)} ${loadMs.toFixed(0).padStart(8)} ${at(0.5)}  ${at(0.99)}  ${at(1)}  ${cpuMs.padStart(11)}`,
  );
}
rmSync(root, { recursive: true });
