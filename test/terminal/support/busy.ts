/** A world in which every row of the dashboard exists at once. */

import { migratePolicy } from './policy.ts';
import { openWorld, type Script, type World } from './world.ts';

const gh = 'scripts/workflow/gh.sh api';
const setStatus = (status: string) =>
  `${gh} -X PUT repos/local/repo/issues/{issue}/labels -f "labels[]=task:implement" -f "labels[]=status:${status}" -f "labels[]=priority:high"`;
const openPull = `${gh} repos/local/repo/pulls -f "title=Print the version" -f head={branch} -f base=main -f "body=Closes #{issue}"`;

const body = `Print the version of the package and exit 0.

## Done when
- \`shop --version\` prints \`1.4.2\`
- it works outside of a repository, **too**

\`\`\`sh
shop --version
\`\`\`
`;

const script: Script = {
  planner: [{ say: 'I read docs/specs/checkout.md and compare it with the open tasks.' }, { use: 0.12 }, { hang: true }],
  'implementor#1': [
    { say: 'I print the version.' },
    { use: 0.31 },
    { run: setStatus('in-progress') },
    { ask: 'Write', input: { file_path: 'version.txt', content: '1.4.2\n' }, write: 'version.txt', text: '1.4.2\n' },
    { run: 'git add version.txt' },
    { run: 'git commit -m "Print the version"' },
    { run: 'git push -u origin {branch}' },
    { run: openPull },
  ],
  'reviewer#1': [{ say: 'It does what was asked.' }, { use: 0.08 }, { run: setStatus('approved') }],
  'implementor#2': [
    { say: 'I look for the cart.' },
    { run: 'ls' },
    { run: 'cat src/cart.ts' },
    { use: 0.05 },
    { warn: 'the model hung up' },
    { exit: 3 },
  ],
  'implementor#8': [
    { think: 'The tests come first.' },
    { say: 'I begin with the tests of the basket, **then** the basket itself.' },
    { run: 'ls' },
    {
      ask: 'Write',
      input: { file_path: 'src/basket.ts', content: 'export const basket = [];\n' },
      write: 'src/basket.ts',
      text: 'export const basket = [];\n',
    },
    { use: 0.27 },
    { say: 'Now the totals.' },
    { hang: true },
  ],
  'implementor#9@1': [{ say: 'I give up.' }, { exit: 4 }],
  'implementor#9@2': [{ say: 'Once more, from the top.' }, { hang: true }],
  'implementor#11': [
    { say: 'The old prices have to move.' },
    { use: 0.02 },
    { run: 'node scripts/migrate.mjs --all' },
    { hang: true },
  ],
  'implementor#12': [
    {
      ask: 'AskUserQuestion',
      input: {
        questions: [
          {
            ...{ header: 'Currency', question: 'Which currency do prices have?', multiSelect: false },
            options: [
              { label: 'EUR', description: 'as in the specs' },
              { label: 'USD', description: 'as in the code' },
            ],
          },
        ],
      },
    },
    { hang: true },
  ],
  'implementor#14': [{ say: 'I count the stock.' }, { use: 2 }, { end: 'limit', message: 'stopped after 50 turns' }],
  implementor: [{ hang: true }],
};

export const spec = `---
status: approved
---
# Checkout
A basket can be paid.
`;

const migrate = "console.log('3 prices moved');\n";
/** Issues have the numbers of their places here; the pull request of #1 is #15. */
const tasks: readonly (readonly [title: string, ...labels: string[]])[] = [
  ['Print the version', 'priority:high'],
  ['Find the cart that a person had yesterday', 'priority:medium'],
  ['Take payments by invoice', 'status:blocked', 'priority:high'],
  ['Make it faster', 'status:needs-refinement', 'priority:low'],
  ['Say what is out of stock', 'status:pending', 'priority:low'],
  ['Send a receipt: 収入印紙と領収書 📧', 'status:unblocked', 'priority:high'],
  ['Round prices as the law wants it', 'status:needs-changes', 'priority:medium'],
  ['Keep a basket over a restart', 'priority:high'],
  ['Show תמונות של מוצרים in the list'],
  ['Log in with a passkey', 'status:review', 'priority:medium'],
  ['Move the old prices', 'priority:low'],
  ['Show prices in the currency of the person'],
  ['Translate the error messages', 'priority:low'],
  ['Count the stock', 'priority:medium'],
];

export async function openBusyWorld(): Promise<World> {
  const files = {
    'src/shop.ts': 'export const shop = 1;\n',
    'scripts/migrate.mjs': migrate,
    'policy/migrate.cedar': migratePolicy,
  };
  const config = { policy: { paths: ['policy/migrate.cedar'] }, concurrency: { agents: 5, minimumFreeMemoryMb: 0 } };
  const world = await openWorld({ files, script, config });
  try {
    await makeBusy(world);
    return world;
  } catch (error) {
    await world.remove();
    throw error;
  }
}

async function makeBusy(world: World): Promise<void> {
  const { command, until } = world;
  const dispatch = (issue: number) => command('task.dispatch', { task: `#${issue}` });
  for (const [index, [title, ...labels]] of tasks.entries()) await world.addTask(title, labels, index === 0 ? body : '');
  const runs = (issue: number, state: string) =>
    until((rows) => rows.runs.some((run) => run.issue === issue && run.state === state), `#${issue} ${state}`);
  await dispatch(1);
  await until((rows) => rows.approvals[0], 'the approval of the pull request');
  await failCheck(world);
  const { items } = await world.plane.engine.query('listApprovals', {});
  for (const { id } of items) await command('approval.approve', { approvalId: id });
  await dispatch(2);
  await runs(2, 'failure');
  await until(
    (rows) => rows.tasks.some(({ issue, sighting }) => issue === 1 && sighting?.status === 'approved'),
    'the review of #1',
  );
  await dispatch(14);
  await runs(14, 'failure');
  await dispatch(9);
  await runs(9, 'failure');
  await until((rows) => rows.tasks.every(({ followUpRunId }) => followUpRunId === null), 'the follow-ups');
  await dispatch(9);
  await runs(9, 'running');
  await dispatch(8);
  await runs(8, 'running');
  for (const issue of [11, 12]) {
    await dispatch(issue);
    await runs(issue, 'waiting_approval');
  }
  world.place.commit({ 'docs/specs/checkout.md': spec }, 'Add a spec');
  await until((rows) => rows.runs.some(({ role, state }) => role === 'planner' && state === 'running'), 'the Planner');
  await dispatch(13);
  // After the pull request, which is #15.
  const done = await world.addTask('Say where the shop is');
  await command('task.close', { task: `#${done}` });
}

/** What CI says of the commit, before there is a pull request: one whose checks passed is not looked at again. */
async function failCheck({ forge, plane }: World): Promise<void> {
  const at = 'https://api.github.com/repos/local/repo';
  const send = async (path: string, body?: object) => {
    const headers = { authorization: 'token local', 'content-type': 'application/json' };
    const answer = await forge.fetch(`${at}/${path}`, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { sha: string };
  };
  const { items } = await plane.engine.query('listRuns', {});
  const branch = items.find(({ issue }) => issue === 1)?.workspace?.branch;
  const { sha } = await send(`commits/${branch}`);
  const check = { head_sha: sha, status: 'completed' };
  const text = ['> shop@1.4.2 test', '> node --test', 'not ok 3 - prints the version outside of a repository', '# fail 1'].join(
    '\n',
  );
  await send('check-runs', {
    ...check,
    name: 'lint',
    conclusion: 'success',
    output: { title: 'clean', summary: 'nothing to say' },
  });
  await send('check-runs', {
    ...check,
    name: 'test',
    conclusion: 'failure',
    output: { title: '1 test failed', summary: 'node --test', text },
  });
}
