import { expect } from 'vitest';
import { exec } from '../../packages/control-plane/src/engine/system/process.ts';
import { runToEnd, type Session, type SessionOptions } from './session.ts';
import { plannerContext, taskContext, type World } from './world.ts';

export const titles = ['Make the reading time honest', 'Show the most frequent words', 'Show how a text begins'] as const;
const [readingTime, topWords, excerpt] = titles;

/** The demo from the approved spec to the merged work, and what must be true of it however often the agents are killed. */
export async function playStory(world: World, options: SessionOptions = {}): Promise<Session[]> {
  const implement = async (title: string, more: SessionOptions = {}) =>
    runToEnd(world, await taskContext(world, 'implementor', title), { ...options, ...more });
  const review = async (title: string) => {
    await world.git(world.project, 'fetch', '-q', 'origin');
    return runToEnd(world, await taskContext(world, 'reviewer', title), options);
  };
  const labelsOf = (title: string) => world.forge.issues.find((issue) => issue.title === title)?.labels;

  const planned = await runToEnd(world, await plannerContext(world), options);
  expect(world.forge.issues.map(({ title }) => title)).toEqual(titles);
  expect(world.forge.issues[0]).toMatchObject({
    labels: ['task:implement', 'status:pending', 'priority:high', 'complexity:simple'],
    body: expect.stringContaining('- [ ] A blank text (empty, or white space only) takes 0 minutes.'),
  });
  expect(await world.git(world.project, 'status', '--short')).toBe('');

  const [first, other] = await Promise.all([implement(readingTime), implement(topWords)]);
  expect([first.text, other.text]).toEqual([expect.stringContaining('"completed"'), expect.stringContaining('"completed"')]);
  expect(world.forge.pulls.map(({ head }) => head).sort()).toEqual(['issue-1', 'issue-2']);
  expect(labelsOf(readingTime)).toContain('status:in-progress');

  const rejected = await review(readingTime);
  const approved = await review(topWords);
  expect(labelsOf(readingTime)).toEqual(['task:implement', 'priority:high', 'complexity:simple', 'status:needs-changes']);
  expect(rejected.text).toContain('A blank text must take 0 minutes');
  expect(labelsOf(topWords)).toContain('status:approved');

  const repaired = await implement(readingTime);
  const approvedThen = await review(readingTime);
  expect(labelsOf(readingTime)).toContain('status:approved');

  const denied = await implement(excerpt, { refuse: denyPull });
  expect(denied.data).toMatchObject({ outcome: 'denied', pull: null });
  expect(denied.text).toContain('We do not need this now.');

  await expectNothingDoubled(world);
  for (const branch of ['issue-1', 'issue-2']) await world.git(world.project, 'merge', '-q', '--no-edit', `origin/${branch}`);
  const tests = await exec('npm', ['test'], { cwd: world.project, env: { ...world.env, HOME: world.folder } });
  expect(tests).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('ℹ pass 15') });
  return [planned, first, other, rejected, approved, repaired, approvedThen, denied];
}

/** Three issues, one pull request of each delivered task, one commit of each attempt, one review of each commit. */
async function expectNothingDoubled({ forge, git, project }: World): Promise<void> {
  expect(forge.issues).toHaveLength(3);
  expect(forge.pulls.map(({ head, reviews }) => [head, reviews.length]).sort()).toEqual([
    ['issue-1', 2],
    ['issue-2', 1],
  ]);
  const commits = await Promise.all(
    ['issue-1', 'issue-2', 'issue-3'].map((branch) => git(project, 'rev-list', '--count', `main..origin/${branch}`)),
  );
  expect(commits).toEqual(['2', '1', '1']);
}

function denyPull({ command }: { command: string }): string | undefined {
  const opens = command.startsWith('scripts/workflow/gh.sh api repos/acme/textkit/pulls -f');
  return opens ? 'We do not need this now.' : undefined;
}
