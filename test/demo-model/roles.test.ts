import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exec } from '../../packages/control-plane/src/engine/system/process.ts';
import { runToEnd } from './session.ts';
import { makeWorld, plannerContext, taskContext, type World } from './world.ts';

const titles = ['Make the reading time honest', 'Show the most frequent words', 'Show how a text begins'] as const;
const [readingTime, topWords, excerpt] = titles;
const minutes = 60_000;

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const implement = async (title: string, options = {}) => runToEnd(world, await taskContext(world, 'implementor', title), options);
const review = async (title: string, options = {}) => runToEnd(world, await taskContext(world, 'reviewer', title), options);
const plan = async (options = {}) => runToEnd(world, await plannerContext(world), options);
const labelsOf = (title: string) => world.forge.issues.find((issue) => issue.title === title)?.labels;
const seePull = () => world.git(world.project, 'fetch', '-q', 'origin');

test.each([
  ['undisturbed', false],
  ['killed after each call and resumed', true],
])(
  'an approved spec becomes reviewed work, %s',
  async (_, killEach) => {
    const before = await world.git(world.project, 'rev-parse', 'HEAD:');

    const planned = await plan({ killEach });
    expect(world.forge.issues.map(({ title }) => title)).toEqual(titles);
    expect(world.forge.issues[0]).toMatchObject({
      labels: ['task:implement', 'status:pending', 'priority:high', 'complexity:simple'],
      body: expect.stringContaining('- [ ] A blank text (empty, or white space only) takes 0 minutes.'),
    });
    expect(await world.git(world.project, 'status', '--short')).toBe('');

    const [first, other] = await Promise.all([implement(readingTime, { killEach }), implement(topWords, { killEach })]);
    expect([first.text, other.text]).toEqual([expect.stringContaining('"completed"'), expect.stringContaining('"completed"')]);
    expect(world.forge.pulls.map(({ head }) => head).sort()).toEqual(['issue-1', 'issue-2']);
    expect(labelsOf(readingTime)).toContain('status:in-progress');

    await seePull();
    const rejected = await review(readingTime, { killEach });
    const approved = await review(topWords, { killEach });
    expect(labelsOf(readingTime)).toEqual(['task:implement', 'priority:high', 'complexity:simple', 'status:needs-changes']);
    expect(rejected.text).toContain('A blank text must take 0 minutes');
    expect(labelsOf(topWords)).toContain('status:approved');

    const repaired = await implement(readingTime, { killEach });
    await seePull();
    const approvedThen = await review(readingTime, { killEach });
    expect(labelsOf(readingTime)).toContain('status:approved');

    const denied = await implement(excerpt, { killEach, refuse: denyPull });
    expect(denied.data).toMatchObject({ outcome: 'denied', pull: null });
    expect(denied.text).toContain('We do not need this now.');

    // Nothing is doubled: three issues, one pull request and one push of each task, one commit of each attempt, one review of each commit.
    expect(world.forge.pulls).toHaveLength(2);
    expect(world.forge.pulls.map(({ head, reviews }) => [head, reviews.length]).sort()).toEqual([
      ['issue-1', 2],
      ['issue-2', 1],
    ]);
    for (const [branch, commits] of [
      ['issue-1', '2'],
      ['issue-2', '1'],
      ['issue-3', '1'],
    ] as const) {
      expect(await world.git(world.project, 'rev-list', '--count', `main..origin/${branch}`)).toBe(commits);
    }
    const sessions = [planned, first, other, rejected, approved, repaired, approvedThen, denied];
    expect(sessions.every(({ kills }) => (killEach ? kills > 3 : kills === 0))).toBe(true);

    for (const branch of ['issue-1', 'issue-2']) await world.git(world.project, 'merge', '-q', '--no-edit', `origin/${branch}`);
    const tests = await exec('npm', ['test'], { cwd: world.project, env: { ...world.env, HOME: world.folder } });
    expect(tests).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('ℹ pass 15') });
    expect(await world.git(world.project, 'rev-parse', 'HEAD:')).not.toBe(before);
  },
  8 * minutes,
);

test(
  'planning the same spec again makes no second issue, even of a task that is closed',
  async () => {
    await plan();
    const again = await runToEnd(world, { ...(await plannerContext(world)), openTaskIssues: [] });

    expect(world.forge.issues).toHaveLength(3);
    expect(again.data).toMatchObject({ created: [], unchanged: [...titles] });
  },
  minutes,
);

test(
  'a call that is to be issued again is issued again, and the rest is as if nothing had been',
  async () => {
    await plan();
    let refusals = 0;
    const refuse = ({ command }: { command: string }) =>
      command.startsWith('git push') && refusals++ === 0
        ? 'Another call waited for a decision. Issue the call again.'
        : undefined;

    const session = await implement(topWords, { refuse });

    expect(refusals).toBe(2);
    expect(session.data.outcome).toBe('completed');
    expect(session.calls.filter((call) => call.includes('git push'))).toHaveLength(1);
  },
  minutes,
);

test(
  'a test of the project that was broken before stops the Implementor, who says which',
  async () => {
    await exec('sed', ['-i', 's/three/four/', join(world.project, 'test/words.test.ts')], { cwd: world.project, env: world.env });
    await world.git(world.project, 'commit', '-q', '-a', '-m', 'Break a test');
    await plan();

    const session = await implement(topWords);

    expect(session.data).toMatchObject({
      outcome: 'blocked',
      summary: expect.stringContaining('splits at anything that is neither letter nor digit'),
    });
    expect(labelsOf(topWords)).toContain('status:blocked');
    expect(world.forge.issues[1]?.comments).toHaveLength(1);
    expect(world.forge.pulls).toEqual([]);
  },
  minutes,
);

test(
  'the result names tokens and a cost that the agent’s own price list knows',
  async () => {
    const { results } = await plan();

    expect(results[0]?.total_cost_usd).toBeGreaterThan(0);
    expect(Object.values(results[0]?.modelUsage ?? {})[0]).toMatchObject({ costBasis: 'list' });
  },
  minutes,
);

test(
  'a model that answers 500 ends the session with an error that says so',
  async () => {
    const failing = await makeWorld({ faults: ['error500'] });
    try {
      const { results } = await runToEnd(failing, await plannerContext(failing));

      expect(results[0]).toMatchObject({ is_error: true, api_error_status: 500, terminal_reason: 'api_error' });
      expect(failing.forge.writes).toEqual([]);
    } finally {
      await failing.close();
    }
  },
  minutes,
);

function denyPull({ command }: { command: string }): string | undefined {
  const opens = command.startsWith('scripts/workflow/gh.sh api repos/acme/textkit/pulls -f');
  return opens ? 'We do not need this now.' : undefined;
}
