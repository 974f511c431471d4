import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exec } from '../../packages/control-plane/src/engine/system/process.ts';
import { runToEnd, type SessionOptions } from './session.ts';
import { playStory, titles } from './story.ts';
import { makeWorld, plannerContext, taskContext, type World } from './world.ts';

const [, topWords] = titles;
const minutes = 60_000;

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const implement = async (title: string, options: SessionOptions = {}) =>
  runToEnd(world, await taskContext(world, 'implementor', title), options);
const plan = async () => runToEnd(world, await plannerContext(world));
const labelsOf = (title: string) => world.forge.issues.find((issue) => issue.title === title)?.labels;

test(
  'an approved spec becomes reviewed work',
  async () => {
    const sessions = await playStory(world);

    expect(sessions.every(({ kills, results }) => kills === 0 && results.length === 1)).toBe(true);
  },
  3 * minutes,
);

test(
  'an agent that is killed right after an effect looks at what is there and does only what is missing',
  async () => {
    // The nth process of a session is killed after the nth of these.
    const killAfter =
      (...effects: RegExp[]): NonNullable<SessionOptions['killAfter']> =>
      ({ command, turn }) =>
        effects[turn - 1]?.test(command) ?? false;

    const planned = await runToEnd(world, await plannerContext(world), {
      killAfter: killAfter(/issues -f 'title=Show the most/),
    });
    expect(world.forge.issues.map(({ title }) => title)).toEqual(titles);

    const implemented = await implement(topWords, { killAfter: killAfter(/^git commit/, /^git push/, /pulls -f/) });
    await world.git(world.project, 'fetch', '-q', 'origin');
    expect(implemented.data).toMatchObject({ outcome: 'completed', pull: 4 });
    expect(await world.git(world.project, 'rev-list', '--count', 'main..origin/issue-2')).toBe('1');
    expect(world.forge.pulls).toHaveLength(1);

    const killReviewer = killAfter(/reviews -f event/, /^scripts.*PUT/);
    const reviewed = await runToEnd(world, await taskContext(world, 'reviewer', topWords), { killAfter: killReviewer });
    expect(world.forge.pulls[0]?.reviews).toHaveLength(1);
    expect(labelsOf(topWords)).toContain('status:approved');

    expect([planned, implemented, reviewed].map(({ kills }) => kills)).toEqual([1, 3, 2]);
  },
  3 * minutes,
);

test(
  'planning the same spec again makes no second issue, even of a task that is closed',
  async () => {
    const { results } = await plan();
    const again = await runToEnd(world, { ...(await plannerContext(world)), openTaskIssues: [] });

    expect(world.forge.issues).toHaveLength(3);
    expect(again.data).toMatchObject({ created: [], unchanged: [...titles] });
    expect(Object.values(results[0]?.modelUsage ?? {})).toEqual([
      expect.objectContaining({ costBasis: 'list', costUSD: expect.any(Number) }),
    ]);
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
