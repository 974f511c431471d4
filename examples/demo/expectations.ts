import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, Run } from '@decree/contracts';
import { childEnv, exec, processEnv } from '../../packages/control-plane/src/engine/system/index.ts';
import { denied, isInterrupted, rejectedOnce, rightAtOnce, runsOf, type Scene, taskOf } from './operator.ts';
import { git } from './prepare-project.ts';

/** Null when the story is over; else what it still waits for. */
export function awaited(scene: Scene): string | null {
  const live = scene.runs.find((run) => ['queued', 'running', 'waiting_approval'].includes(run.state));
  const pending = scene.approvals.find((approval) => approval.state === 'pending');
  if (pending) return `a decision on "${pending.action.summary}"`;
  if (live) return `the ${live.role} of ${live.issue === null ? 'the plan' : `#${live.issue}`} (${live.state})`;
  if (scene.tasks.some((task) => task.followUpRunId)) return 'the consequences of a run that has ended';
  for (const title of [rejectedOnce, rightAtOnce]) {
    const task = taskOf(scene, title);
    if (!task) return `the Planner to open "${title}"`;
    if (!task.closedAt) return `"${title}" (#${task.issue}) to be merged; it is ${task.sighting?.status ?? 'without a status'}`;
  }
  const third = taskOf(scene, denied);
  if (!third) return `the Planner to open "${denied}"`;
  if (third.lastFailure?.code !== 'approval_denied') return `"${denied}" to be denied`;
  if (third.sighting?.status !== 'pending') return `#${third.issue} to be pending again`;
  return null;
}

/** What makes going on pointless: it will not become right by waiting. */
export function hopeless(scene: Scene): string | null {
  const failed = scene.runs.find(
    (run) => run.state === 'failure' && !(run.code === 'approval_denied' && run.role === 'implementor') && !isInterrupted(run),
  );
  if (failed?.state === 'failure') return `the ${failed.role} failed (${failed.code}): ${failed.message}`;
  const unexpected = scene.runs.find(
    (run) => run.state === 'failure' && run.code === 'approval_denied' && taskOf(scene, denied)?.id !== run.taskId,
  );
  if (unexpected) return `there is no pull request for #${unexpected.issue}: its approval was denied`;
  return null;
}

/** An Implementor that could not go on has said why on its issue. */
export async function findBlocked(engine: Engine, scene: Scene): Promise<string | null> {
  const task = scene.tasks.find((each) => each.kind === 'implement' && each.sighting?.status === 'blocked' && !each.activeRunId);
  if (task?.issue == null) return null;
  const { comments } = await engine.query('getIssue', { issue: task.issue });
  const why = comments
    .at(-1)
    ?.body.replace(/<!--.*?-->/gs, '')
    .trim();
  return `"${task.title}" (#${task.issue}) is blocked: ${why ?? 'no comment says why'}`;
}

/** Everything the demo promises; each line says what was expected and what came. */
export async function findBroken(engine: Engine, scene: Scene, forgeDirectory: string): Promise<string[]> {
  const broken: string[] = [];
  const expect = (holds: boolean, message: string) => {
    if (!holds) broken.push(message);
  };
  const plans = scene.runs.filter((run) => run.role === 'planner' && run.state === 'success');
  expect(plans.length === 1, `expected the Planner to plan once, it did ${plans.length} times`);
  const tasks = scene.tasks.filter((task) => task.kind === 'implement');
  expect(tasks.length === 3, `expected three task issues, there are ${tasks.length}`);
  const artifacts = (await engine.query('listArtifacts', { limit: 500 })).items;
  for (const title of [rejectedOnce, rightAtOnce]) {
    const task = taskOf(scene, title);
    const pulls = artifacts.filter((artifact) => artifact.kind === 'pull_request' && artifact.taskId === task?.id);
    expect(pulls.length === 1, `expected one pull request for "${title}", there are ${pulls.length}`);
    const merges = artifacts.filter((artifact) => artifact.kind === 'merge' && artifact.taskId === task?.id);
    expect(merges.length === 1, `expected "${title}" to be merged once, it was ${merges.length} times`);
  }
  const { items: starts } = await engine.query('listEvents', { type: 'system.engine_started', limit: 2 });
  /** Whether anything was killed: then a task may have taken more runs, one after the other, to the same end. */
  const disturbed = starts.length > 1 || scene.runs.some(isInterrupted);
  const implementors = runsOf(scene, rejectedOnce, 'implementor').filter((run) => run.state === 'success').length;
  expect(implementors === 2, `expected "${rejectedOnce}" to take two Implementors, it took ${implementors}`);
  const once = runsOf(scene, rightAtOnce, 'implementor').filter((run) => run.state === 'success').length;
  expect(once === 1, `expected "${rightAtOnce}" to take one Implementor, it took ${once}`);
  const reviewers = runsOf(scene, rejectedOnce, 'reviewer');
  const verdicts = reviewers.flatMap((run) => (run.state === 'success' ? [run.summary] : [])).toReversed();
  // A Reviewer that is killed after it has rejected leaves its label, and no verdict of its own.
  const half = reviewers.some(isInterrupted) && verdicts.join() === 'verdict: approved';
  expect(
    verdicts.join() === 'verdict: needs-changes,verdict: approved' || half,
    `expected "${rejectedOnce}" to be rejected once and then approved, the verdicts were: ${verdicts.join(', ') || 'none'}`,
  );
  expect(
    disturbed || runsOverlap(runsOf(scene, rejectedOnce, 'implementor').at(-1), runsOf(scene, rightAtOnce, 'implementor').at(-1)),
    'expected two Implementors side by side',
  );
  const report = await engine.query('verify', {});
  for (const problem of report.problems)
    broken.push(`the ledger does not verify: ${problem.stream}: ${problem.message} (event ${problem.eventId ?? 'unknown'})`);
  const failing = await testMerged(forgeDirectory);
  if (failing) broken.push(`the project's tests fail on the default branch: ${failing}`);
  return broken;
}

/** Whether the first runs of two tasks were at work at the same time; after a kill they may have begun apart. */
function runsOverlap(a: Run | undefined, b: Run | undefined): boolean {
  const end = (run: Run) => ('endedAt' in run ? run.endedAt : '');
  return a?.startedAt != null && b?.startedAt != null && a.startedAt < end(b) && b.startedAt < end(a);
}

/** The project's own tests, on what is merged; null when they pass. */
async function testMerged(forgeDirectory: string): Promise<string | null> {
  const directory = await mkdtemp(join(tmpdir(), 'decree-demo-merged-'));
  try {
    await git(directory, ['clone', '--quiet', forgeDirectory, 'merged']);
    const env = childEnv(processEnv(), { HOME: directory });
    const result = await exec(process.execPath, ['--test', 'test/all.ts'], { cwd: join(directory, 'merged'), env });
    if (result.exitCode === 0) return null;
    const line = result.stdout.split('\n').find((text) => /^\s*(not ok|✖)/.test(text));
    return (line ?? result.stderr.trim().split('\n').at(-1) ?? `exit code ${result.exitCode}`).trim();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
