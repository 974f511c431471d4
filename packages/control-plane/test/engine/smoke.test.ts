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
  await bench.close();
});
