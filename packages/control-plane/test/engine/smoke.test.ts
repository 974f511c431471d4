import { expect, it } from 'vitest';
import { openEngine } from './support/open-engine.ts';

it("takes a task from a dispatch through a pull request, a person's approval and a review to a merge", async () => {
  const pull =
    'scripts/workflow/gh.sh api repos/local/repo/pulls -f title=Done -f head={branch} -f base=main -f "body=Closes #{issue}"';
  const bench = await openEngine({
    script: {
      implementor: [
        {
          run: 'scripts/workflow/gh.sh api -X PUT repos/local/repo/issues/{issue}/labels -f "labels[]=task:implement" -f "labels[]=status:in-progress"',
        },
        { write: 'new.txt', text: 'new\n' },
        { run: 'git add new.txt' },
        { run: 'git commit -m "Add new.txt"' },
        { run: 'git push -u origin {branch}' },
        { run: pull },
      ],
      reviewer: [
        {
          run: 'scripts/workflow/gh.sh api -X PUT repos/local/repo/issues/{issue}/labels -f "labels[]=task:implement" -f "labels[]=status:approved"',
        },
      ],
    },
  });
  const issue = await bench.addTask();
  await bench.command('task.dispatch', { task: `#${issue}` });
  const approval = await bench.poll(
    async () => (await bench.ledger.listApprovals({ state: 'pending', limit: 1 })).items[0],
    'the question',
  );
  expect(approval.action.kind).toBe('forge.pull.create');
  await bench.command('approval.approve', { approvalId: approval.id });
  await bench.until((event) => event.type === 'run.succeeded' && event.payload.summary.startsWith('verdict'), 'the verdict');
  const merged = await bench.command('task.merge', { task: `#${issue}` });
  expect(merged.pull).toBe(2);
  expect((await bench.forge.getIssue(issue)).state).toBe('closed');

  // From any of it to all of it.
  const whole = await bench.engine.query('trace', { reference: `#${issue}` });
  expect(whole.tasks.map((task) => task.issue)).toEqual([issue]);
  expect(whole.runs.map(({ role }) => role).toSorted()).toEqual(['implementor', 'reviewer']);
  expect(whole.approvals.map(({ id }) => id)).toEqual([approval.id]);
  const kinds = new Set(whole.artifacts.map(({ kind }) => kind));
  expect(kinds).toEqual(new Set([...kinds, 'commit', 'pull_request', 'merge']));
  const commit = whole.artifacts.find(({ kind }) => kind === 'commit')?.reference;
  const session = whole.runs[0]?.sessionId;
  for (const reference of [`#${merged.pull}`, whole.runs[0]?.id, whole.tasks[0]?.id, approval.id, commit, session])
    expect(await bench.engine.query('trace', { reference: reference as string })).toEqual(whole);
  await bench.close();
});
