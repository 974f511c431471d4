import {
  DecreeError,
  type Engine,
  isLive,
  type Run,
  type RunState,
  roles,
  runStates,
  type StreamPage,
  shortId,
} from '@decree/contracts';
import { Option } from 'commander';
import type { Context } from './context.ts';
import { positiveInteger } from './parse-argument.ts';
import { resolveRun, resolveTask } from './resolve-id.ts';
import { approvalTable, more, runTable, stateOf } from './tables.ts';
import { duration, fields, plain, table } from './text.ts';
import { transcriptLines } from './transcript-lines.ts';
import { examples, type Verbs } from './verbs.ts';

/** runs, run show, cancel, say, logs. */
export function addRunVerbs({ program, does }: Verbs): void {
  program
    .command('runs')
    .description('runs, newest first')
    .addOption(new Option('--state <state>', 'only in this state').choices(runStates))
    .addOption(new Option('--role <role>', 'only of this role').choices(roles))
    .option('--task <task>', 'only of this task')
    .option('--limit <n>', 'at most so many', positiveInteger(500), 50)
    .option('--after <cursor>', 'go on from the cursor that --json gave as next')
    .addHelpText(
      'after',
      examples(['control-plane runs --state running', 'who works now'], ['control-plane runs --task 12', 'all attempts at #12']),
    )
    .action(
      does(async (context, options: { state?: RunState; role?: Run['role']; task?: string; limit: number; after?: string }) => {
        const { state, role, task, limit, after } = options;
        const engine = await context.engine();
        const taskId =
          task === undefined ? undefined : (await engine.query('getTask', { task: await resolveTask(engine, task) })).task.id;
        const page = await engine.query('listRuns', { state, role, taskId, limit, after });
        await context.print(page, () =>
          page.items.length === 0 ? 'no runs\n' : runTable(context, page.items) + more(page.next),
        );
      }),
    );

  const run = program.command('run').description('one run').helpCommand(false);
  run
    .command('show <run>')
    .description('a run with its approvals and artifacts')
    .addHelpText(
      'after',
      examples(
        ['control-plane run show 4f1c9a02', 'by the end of its id'],
        ['control-plane run show "#12"', 'the newest run of task #12'],
      ),
    )
    .action(
      does(async (context, written: string) => {
        const engine = await context.engine();
        const shown = await engine.query('getRun', { runId: await resolveRun(engine, written) });
        await context.print(shown, () => {
          const { run: it, task, approvals, artifacts } = shown;
          const head = fields([
            ['run', it.id],
            ['task', `${it.issue === null ? task.kind : `#${it.issue}`}  ${plain(task.title)}`],
            ['role', `${it.role}, attempt ${it.attempt} (${it.trigger})`],
            ['state', stateOf(it)],
            [
              'took',
              it.startedAt &&
                duration(('endedAt' in it ? Date.parse(it.endedAt) : context.clock.nowMs()) - Date.parse(it.startedAt)),
            ],
            ['agent', `${it.agentId} on ${it.adapter}${it.model ? `, ${it.model}` : ''}`],
            ['branch', it.workspace?.branch && plain(it.workspace.branch)],
            ['worktree', it.workspace && plain(it.workspace.path)],
            ['session', it.sessionId],
            [
              'used',
              `${it.usage.inputTokens + it.usage.outputTokens + it.usage.cacheReadTokens + it.usage.cacheWriteTokens} tokens, $${it.usage.costUsd.toFixed(4)}`,
            ],
            ['denials', it.denials > 0 ? String(it.denials) : null],
          ]);
          const made = artifacts.map(({ kind, reference, title }) => [kind.replaceAll('_', ' '), plain(reference), plain(title)]);
          const produced =
            made.length > 0 &&
            table(
              [{ header: 'PRODUCED' }, { header: 'REFERENCE' }, { header: 'TITLE', flexible: true }],
              made,
              context.io.columns,
            );
          return [head, produced, approvals.length > 0 && approvalTable(context, approvals, () => it.issue)]
            .filter(Boolean)
            .join('\n');
        });
      }),
    );

  program
    .command('cancel <run>')
    .description('end a run; its branch and work are kept')
    .option('--reason <text>', 'why')
    .addHelpText('after', examples(['control-plane cancel 4f1c9a02 --reason "wrong approach"', 'by the end of its id']))
    .action(
      does(async (context, written: string, { reason }: { reason?: string }) => {
        await context.command('run.cancel', {
          runId: await resolveRun(await context.engine(), written),
          ...(reason && { reason }),
        });
      }),
    );
  program
    .command('say <run> <text>')
    .description('tell a running agent something; - reads stdin')
    .addHelpText('after', examples(['control-plane say 4f1c9a02 "The tests are in test/unit."', 'by the end of its id']))
    .action(
      does(async (context, written: string, text: string) => {
        await context.command('run.say', {
          runId: await resolveRun(await context.engine(), written),
          text: text === '-' ? await context.io.readInput() : text,
        });
      }),
    );
  program
    .command('logs <run>')
    .description('what the agent of a run said and did')
    .option('-f, --follow', 'go on until the session ends')
    .addHelpText('after', examples(['control-plane logs "#12" --follow', 'watch the newest run of task #12']))
    .action(
      does(async (context, written: string, { follow = false }: { follow?: boolean }) => {
        const engine = await context.engine();
        const runId = await resolveRun(engine, written);
        const sessionId = await sessionOf(engine, runId, follow ? context.io.signal : null);
        if (!sessionId) return;
        if (follow) {
          for await (const page of engine.streams.follow({ sessionId }, context.io.signal)) await printPage(context, page, true);
          return;
        }
        const entries: StreamPage['entries'] = [];
        let page = await engine.streams.read({ sessionId });
        // With --json it is one document, so its entries are collected; text goes out page by page.
        for (;;) {
          if (context.json) entries.push(...page.entries);
          else await printPage(context, page, false);
          if (page.ended || page.entries.length === 0 || context.io.signal.aborted) break;
          page = await engine.streams.read({ sessionId, after: page.next });
        }
        if (context.json) await context.print({ sessionId, entries, ended: page.ended }, () => '');
      }),
    );
}

async function printPage({ io, json }: Context, page: StreamPage, lines: boolean): Promise<void> {
  for (const entry of page.entries) await io.out(json && lines ? `${JSON.stringify(entry)}\n` : `${transcriptLines(entry)}\n`);
}

/** The session of a run. With a signal, waits for a run that has not begun one yet; null when aborted meanwhile. */
async function sessionOf(engine: Engine, runId: string, signal: AbortSignal | null): Promise<string | null> {
  const { cursor } = await engine.query('health', {});
  const { run } = await engine.query('getRun', { runId });
  if (run.sessionId) return run.sessionId;
  if (!isLive(run) || !signal)
    throw new DecreeError(
      'not_found',
      `run ${shortId(runId)} has no session: it is ${run.state}${isLive(run) ? ' (--follow waits for one)' : ''}`,
    );
  for await (const batch of engine.events.follow({ after: cursor }, signal)) {
    for (const event of batch) {
      if (event.runId !== runId) continue;
      if (event.type === 'run.session_started' && event.sessionId) return event.sessionId;
      if (['run.succeeded', 'run.failed', 'run.canceled'].includes(event.type))
        throw new DecreeError('not_found', `run ${shortId(runId)} ended without a session`);
    }
  }
  return null;
}
