import { type CommandInput, DecreeError, type Task, taskKinds } from '@decree/contracts';
import { Option } from 'commander';
import type { Context } from './context.ts';
import { positiveInteger } from './parse-argument.ts';
import { resolveTask } from './resolve-id.ts';
import { approvalTable, more, runTable, taskTable } from './tables.ts';
import { fields, plain } from './text.ts';
import { examples, type Verbs } from './verbs.ts';

/** task add|list|show|comment|label|unblock|merge|requeue|close, dispatch, plan. */
export function addTaskVerbs({ program, does }: Verbs): void {
  const task = program.command('task').description('tasks: issues with the label task:implement').helpCommand(false);
  const collect = (value: string, previous: string[]) => [...previous, value];

  task
    .command('add <title>')
    .description('open an issue with task:implement and status:pending')
    .option('--body <text>', 'what is to be done; - reads stdin', '')
    .option('--label <label>', 'one more label (may be repeated)', collect, [])
    .addHelpText(
      'after',
      examples(
        ['control-plane task add "Greet by name" --label priority:high', 'a task of one line'],
        ['control-plane task add "Greet by name" --body - < task.md', 'the body from a file'],
      ),
    )
    .action(
      does(async (context, title: string, { body, label }: { body: string; label: string[] }) => {
        await context.command('task.add', { title, body: await textOf(context, body), labels: label });
      }),
    );

  task
    .command('list')
    .alias('ls')
    .description('tasks, newest first')
    .option('--all', 'closed ones too')
    .option('--closed', 'only closed ones')
    .addOption(new Option('--kind <kind>', 'only of this kind').choices(taskKinds))
    .option('--limit <n>', 'at most so many', positiveInteger(500), 50)
    .option('--after <cursor>', 'go on from the cursor that --json gave as next')
    .addHelpText('after', examples(['control-plane task list', 'what is open']))
    .action(
      does(async (context, options: { all?: boolean; closed?: boolean; kind?: Task['kind']; limit: number; after?: string }) => {
        const { all, closed, kind, limit, after } = options;
        const page = await (await context.engine()).query('listTasks', {
          kind,
          limit,
          after,
          state: all ? 'all' : closed ? 'closed' : 'open',
        });
        await context.print(page, () =>
          page.items.length === 0 ? 'no tasks\n' : taskTable(context, page.items) + more(page.next),
        );
      }),
    );

  task
    .command('show <task>')
    .description('a task with its runs, approvals and pull requests')
    .addHelpText(
      'after',
      examples(['control-plane task show 12', 'by issue number'], ['control-plane task show 4f1c9a02', 'by the end of its id']),
    )
    .action(
      does(async (context, written: string) => {
        const engine = await context.engine();
        const shown = await engine.query('getTask', { task: await resolveTask(engine, written) });
        await context.print(shown, () => {
          const { task: it, runs, approvals, pulls } = shown;
          const failure = it.lastFailure && `${it.lastFailure.code}: ${plain(it.lastFailure.message)}`;
          const head = fields([
            ['task', it.issue === null ? it.kind : `#${it.issue}`],
            ['title', plain(it.title)],
            ['status', it.sighting?.status ?? (it.closedAt ? 'closed' : null)],
            ['labels', it.sighting?.labels.map(plain).join(', ')],
            ['specs', it.specs.map(({ path }) => plain(path)).join(', ')],
            ['url', it.sighting && plain(it.sighting.url)],
            ['last failure', failure],
            [
              'pull requests',
              pulls.map(({ number, ci, draft }) => `#${number} (${draft ? 'draft, ' : ''}checks ${ci})`).join(', '),
            ],
            ['id', it.id],
          ]);
          return [
            head,
            runs.length > 0 && runTable(context, runs),
            approvals.length > 0 && approvalTable(context, approvals, () => it.issue),
          ]
            .filter(Boolean)
            .join('\n');
        });
      }),
    );

  /** A verb that is one command about one task. */
  const about = (name: string, description: string, example: [string, string]) =>
    task.command(name).description(description).addHelpText('after', examples(example));
  const reference = async (context: Context, written: string) => resolveTask(await context.engine(), written);

  about('comment <task> <text>', 'comment on its issue; - reads stdin', [
    'control-plane task comment 12 "Use the new parser."',
    'comment on #12',
  ]).action(
    does(async (context, written: string, text: string) => {
      await context.command('task.comment', { task: await reference(context, written), body: await textOf(context, text) });
    }),
  );
  about('label <task>', 'add and remove labels', [
    'control-plane task label 12 --add priority:high --remove priority:low',
    'raise it',
  ])
    .option('--add <label>', 'may be repeated', collect, [])
    .option('--remove <label>', 'may be repeated', collect, [])
    .action(
      does(async (context, written: string, { add, remove }: { add: string[]; remove: string[] }) => {
        if (add.length + remove.length === 0)
          throw new DecreeError('invalid', 'expected --add LABEL or --remove LABEL, got neither');
        await context.command('task.label', { task: await reference(context, written), add, remove });
      }),
    );
  about('unblock <task>', 'blocked or needs-refinement → unblocked', [
    'control-plane task unblock 12 --comment "The API is up again."',
    'and say why',
  ])
    .option('--comment <text>', 'what the agent should know')
    .action(
      does(async (context, written: string, { comment }: { comment?: string }) => {
        await context.command('task.unblock', { task: await reference(context, written), ...(comment && { comment }) });
      }),
    );
  about('merge <task>', 'merge its pull request', ['control-plane task merge 12', 'merge the pull request of #12']).action(
    does(async (context, written: string) => {
      await context.command('task.merge', { task: await reference(context, written) });
    }),
  );
  about('requeue <task>', 'back to status:pending, to be dispatched anew', [
    'control-plane task requeue 12',
    'begin #12 again',
  ]).action(
    does(async (context, written: string) => {
      await context.command('task.requeue', { task: await reference(context, written) });
    }),
  );
  about('close <task>', 'close its issue', ['control-plane task close 12 --comment "Not needed any more."', 'and say why'])
    .option('--comment <text>', 'why')
    .action(
      does(async (context, written: string, { comment }: { comment?: string }) => {
        await context.command('task.close', { task: await reference(context, written), ...(comment && { comment }) });
      }),
    );

  program
    .command('dispatch <task>')
    .description('start an Implementor (or a Reviewer) on a task')
    .addOption(new Option('--role <role>', 'who').choices(['implementor', 'reviewer']).default('implementor'))
    .addHelpText(
      'after',
      examples(
        ['control-plane dispatch 12', 'an Implementor on #12'],
        ['control-plane dispatch 12 --role reviewer', 'review its pull request again'],
      ),
    )
    .action(
      does(async (context, written: string, { role }: { role: NonNullable<CommandInput<'task.dispatch'>['role']> }) => {
        await context.command('task.dispatch', { task: await reference(context, written), role });
      }),
    );
  program
    .command('plan')
    .description('look at the specs now, and plan what is approved and changed')
    .addHelpText('after', examples(['control-plane plan', 'do not wait for the next look']))
    .action(
      does(async (context) => {
        await context.command('plan.start', {});
      }),
    );
}

const textOf = (context: Context, text: string): Promise<string> =>
  text === '-' ? context.io.readInput() : Promise.resolve(text);
