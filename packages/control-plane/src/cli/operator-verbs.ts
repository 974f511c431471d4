import { type Operation, type Spend, shortId, type Worktree, wentWell } from '@decree/contracts';
import type { Context } from './context.ts';
import { positiveInteger } from './parse-argument.ts';
import { resolveRun } from './resolve-id.ts';
import { more } from './tables.ts';
import { duration, plain, table } from './text.ts';
import { examples, type Verbs } from './verbs.ts';

/** pause, resume, worktrees, worktree clean, operations, spend. */
export function addOperatorVerbs({ program, does }: Verbs): void {
  const page = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('--limit <n>', 'at most so many', positiveInteger(500), 50)
      .option('--after <cursor>', 'go on from the cursor that --json gave as next');

  program
    .command('pause')
    .description('start no agent until resume; what runs goes on, what is dispatched waits')
    .option('--reason <text>', 'why, for who looks later')
    .addHelpText('after', examples(['control-plane pause --reason "A release is on its way."', 'and say why']))
    .action(
      does(async (context, { reason }: { reason?: string }) => {
        await context.command('dispatch.pause', { ...(reason && { reason }) });
      }),
    );
  program
    .command('resume')
    .description('start agents again, those that were queued meanwhile first')
    .addHelpText('after', examples(['control-plane resume', 'after a pause']))
    .action(
      does(async (context) => {
        await context.command('dispatch.resume', {});
      }),
    );

  page('worktrees', 'worktrees, with what in them is not committed, pushed or kept')
    .addHelpText('after', examples(['control-plane worktrees', 'what lies below .worktrees/']))
    .action(
      does(async (context, options: { limit: number; after?: string }) => {
        const found = await (await context.engine()).query('listWorktrees', options);
        await context.print(found, () =>
          found.items.length === 0 ? 'no worktrees\n' : worktreeTable(context, found.items) + more(found.next),
        );
      }),
    );
  program
    .command('worktree')
    .description('one worktree')
    .helpCommand(false)
    .command('clean <branch>')
    .description('keep its work in a hidden ref, then remove it; the branch stays')
    .addHelpText('after', examples(['control-plane worktree clean issue-12-1739000000', 'by its branch']))
    .action(
      does(async (context, branch: string) => {
        await context.command('worktree.clean', { branch });
      }),
    );

  page('operations', 'what the engine itself carried out, newest first: git, other programs, writes to the forge')
    .option('--run <run>', 'only for this run')
    .addHelpText(
      'after',
      examples(
        ['control-plane operations', 'the last ones'],
        ['control-plane operations --run "#12"', 'for the newest run of #12'],
      ),
    )
    .action(
      does(async (context, { run, ...options }: { run?: string; limit: number; after?: string }) => {
        const engine = await context.engine();
        const runId = run === undefined ? undefined : await resolveRun(engine, run);
        const found = await engine.query('listOperations', { ...options, runId });
        await context.print(found, () =>
          found.items.length === 0 ? 'nothing was carried out yet\n' : operationTable(context, found.items) + more(found.next),
        );
      }),
    );

  page('spend', 'what was spent, by day (UTC), role and model, newest first')
    .option('--since <day>', 'from this day on, e.g. 2026-02-08')
    .addHelpText('after', examples(['control-plane spend --since 2026-02-01', 'of this month']))
    .action(
      does(async (context, options: { since?: string; limit: number; after?: string }) => {
        const found = await (await context.engine()).query('listSpend', options);
        await context.print(found, () =>
          found.items.length === 0 ? 'nothing was spent\n' : spendTable(context, found.items) + more(found.next),
        );
      }),
    );
}

function worktreeTable({ io, paint }: Context, worktrees: readonly Worktree[]): string {
  const rows = worktrees.map((each) => [
    plain(each.branch),
    each.issue === null ? '–' : `#${each.issue}`,
    each.runId === null ? '–' : shortId(each.runId),
    each.inUse ? 'in use' : '',
    String(each.modified),
    String(each.untracked),
    String(each.unpushedCommits),
    plain(each.path),
  ]);
  return table(
    [
      { header: 'BRANCH' },
      { header: 'TASK' },
      { header: 'RUN' },
      { header: 'USE', paint: (text) => paint('green', text) },
      { header: 'MODIFIED', align: 'right' },
      { header: 'UNTRACKED', align: 'right' },
      { header: 'UNPUSHED', align: 'right' },
      { header: 'PATH', flexible: true },
    ],
    rows,
    io.columns,
  );
}

function operationTable({ io, paint }: Context, operations: readonly Operation[]): string {
  const failed = operations.map((each) => !wentWell(each));
  const rows = operations.map((each) => [
    each.at.slice(11, 19),
    each.kind,
    each.resultCode === null ? '–' : String(each.resultCode),
    duration(each.durationMs),
    each.runId === null ? '' : shortId(each.runId),
    plain(each.summary),
  ]);
  return table(
    [
      { header: 'AT' },
      { header: 'KIND' },
      { header: 'RESULT', align: 'right', paint: (text, row) => paint(failed[row] ? 'yellow' : 'reset', text) },
      { header: 'TOOK', align: 'right' },
      { header: 'RUN' },
      { header: 'WHAT', flexible: true },
    ],
    rows,
    io.columns,
  );
}

function spendTable({ io }: Context, spend: readonly Spend[]): string {
  const rows = spend.map(({ day, role, model, usage }) => [
    day,
    role,
    String(usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens),
    String(usage.outputTokens),
    usage.costBasis === 'unknown' ? '?' : `$${usage.costUsd.toFixed(2)}`,
    plain(model),
  ]);
  return table(
    [
      { header: 'DAY' },
      { header: 'ROLE' },
      { header: 'IN', align: 'right' },
      { header: 'OUT', align: 'right' },
      { header: 'COST', align: 'right' },
      { header: 'MODEL', flexible: true },
    ],
    rows,
    io.columns,
  );
}
