import { type ApprovalState, approvalStates, type Engine } from '@decree/contracts';
import { Option } from 'commander';
import { positiveInteger } from './parse-argument.ts';
import { resolveApproval } from './resolve-id.ts';
import { approvalTable, more } from './tables.ts';
import { examples, type Verbs } from './verbs.ts';

/** By task; of the newest, which is where approvals are. */
async function issuesOf(engine: Engine): Promise<ReadonlyMap<string, number | null>> {
  const { items } = await engine.query('listTasks', { state: 'all', limit: 500 });
  return new Map(items.map(({ id, issue }) => [id, issue]));
}

/** approvals, approve, deny. */
export function addApprovalVerbs({ program, does }: Verbs): void {
  program
    .command('approvals')
    .description('what waits for you, longest first')
    .addOption(new Option('--state <state>', 'in this state').choices([...approvalStates, 'all']).default('pending'))
    .option('--limit <n>', 'at most so many', positiveInteger(500), 50)
    .option('--newest', 'newest first, as a history is read')
    .option('--after <cursor>', 'go on from the cursor that --json gave as next')
    .addHelpText(
      'after',
      examples(
        ['control-plane approvals', 'what waits'],
        ['control-plane approvals --state all --newest', 'what was decided, too, the latest on top'],
      ),
    )
    .action(
      does(async (context, input: { state: ApprovalState | 'all'; limit: number; newest?: boolean; after?: string }) => {
        const engine = await context.engine();
        const [issues, page] = await Promise.all([
          context.json ? new Map<string, number | null>() : issuesOf(engine),
          engine.query('listApprovals', input),
        ]);
        const none = input.state === 'pending' ? 'nothing waits for you' : 'no approvals';
        await context.print(page, () =>
          page.items.length === 0
            ? `${none}\n`
            : approvalTable(context, page.items, (taskId) => issues.get(taskId) ?? null) + more(page.next),
        );
      }),
    );
  program
    .command('approve <approval>')
    .description('let the agent do it, once; or answer its question with --reason')
    .option('--reason <text>', 'why; to a question, the answer')
    .addHelpText(
      'after',
      examples(
        ['control-plane approve 9b27e0c1', 'by the end of its id'],
        ['control-plane approve 9b27e0c1 --reason "The left one."', 'answer a question'],
      ),
    )
    .action(
      does(async (context, written: string, { reason }: { reason?: string }) => {
        await context.command('approval.approve', {
          approvalId: await resolveApproval(await context.engine(), written),
          ...(reason && { reason }),
        });
      }),
    );
  program
    .command('deny <approval>')
    .description('do not let the agent do it; it reads the reason')
    .requiredOption('--reason <text>', 'why, and what to do instead')
    .addHelpText('after', examples(['control-plane deny 9b27e0c1 --reason "Split it in two."', 'by the end of its id']))
    .action(
      does(async (context, written: string, { reason }: { reason: string }) => {
        await context.command('approval.deny', { approvalId: await resolveApproval(await context.engine(), written), reason });
      }),
    );
}
