import { open } from 'node:fs/promises';
import { DecreeError, type Engine, eventTypes, type StoredEvent, shortId } from '@decree/contracts';
import { nearest } from '../config/nearest.ts';
import type { Context } from './context.ts';
import { createEventNames, eventLine } from './event-line.ts';
import { positiveInteger } from './parse-argument.ts';
import { resolveRun, resolveTask } from './resolve-id.ts';
import { cut, fields, plain } from './text.ts';
import { examples, type Verbs } from './verbs.ts';

interface EventOptions {
  follow?: boolean;
  type?: string;
  run?: string;
  task?: string;
  limit: number;
  after?: string;
  before?: string;
  fromStart?: boolean;
}

/** events, trace, verify, export. */
export function addLedgerVerbs({ program, does, outcome }: Verbs): void {
  program
    .command('events')
    .description('what happened: the latest, or with --follow what happens from now on (times in UTC)')
    .option('-f, --follow', 'go on for ever')
    .option('--type <type>', 'only of this type, e.g. run.failed')
    .option('--run <run>', 'only of this run')
    .option('--task <task>', 'only of this task')
    .option('--limit <n>', 'at most so many', positiveInteger(500), 50)
    .option('--after <cursor>', 'begin after this cursor')
    .option('--before <cursor>', 'end before this cursor, as --json gave it as previous')
    .option('--from-start', 'begin with the first event')
    .addHelpText(
      'after',
      examples(
        ['control-plane events --follow', 'watch'],
        ['control-plane events --type run.failed --json', 'the latest failures, for a program'],
      ),
    )
    .action(does(async (context, options: EventOptions) => printEvents(context, options)));

  program
    .command('trace <reference>')
    .description('from a spec’s path, #12, a commit, or the id of anything, to all that belongs to it')
    .addHelpText(
      'after',
      examples(
        ['control-plane trace "#12"', 'what led to issue 12, and what came of it'],
        ['control-plane trace docs/specs/greeting.md', 'what a spec became'],
      ),
    )
    .action(
      does(async (context, reference: string) => {
        const trace = await (await context.engine()).query('trace', { reference });
        await context.print(trace, () => {
          const lines: (readonly [string, string])[] = [
            ['correlation', trace.correlationId],
            ...trace.specs.map(
              (each) => ['spec', `${plain(each.path)}  (${each.status ?? 'no status'}, ${each.commitSha.slice(0, 10)})`] as const,
            ),
            ...trace.tasks.map(
              (each) => ['task', `${each.issue === null ? each.kind : `#${each.issue}`}  ${plain(each.title)}`] as const,
            ),
            ...trace.runs.map(
              (each) =>
                [
                  'run',
                  `${shortId(each.id)}  ${each.role}${each.issue === null ? '' : ` on #${each.issue}`}, attempt ${each.attempt}: ${each.state}`,
                ] as const,
            ),
            ...trace.approvals.map(
              (each) => ['approval', `${shortId(each.id)}  ${each.state}: ${plain(each.action.summary)}`] as const,
            ),
            ...trace.pulls.map((each) => ['pull request', `#${each.number}  ${plain(each.title)}`] as const),
            ...trace.artifacts.map(
              (each) => ['artifact', `${each.kind.replaceAll('_', ' ')} ${plain(each.reference)}  ${plain(each.title)}`] as const,
            ),
          ];
          return fields(lines);
        });
      }),
    );

  program
    .command('verify')
    .description('check the ledger: no event edited, removed or reordered; exit 1 when one was')
    .addHelpText('after', examples(['control-plane verify', 'check all of it']))
    .action(
      does(async (context) => {
        const report = await (await context.engine()).query('verify', {});
        if (!report.ok) outcome.exitCode = 1;
        await context.print(report, () =>
          report.ok
            ? `ok: ${report.events} events in ${report.streams} chains\n`
            : report.problems.map(({ stream, eventId, message }) => `${stream}  ${eventId ?? '–'}  ${plain(message)}\n`).join(''),
        );
      }),
    );

  program
    .command('export')
    .description('every event as NDJSON, oldest first')
    .option('-o, --output <file>', 'write to a new file instead of stdout')
    .addHelpText('after', examples(['control-plane export -o events.ndjson', 'all of the ledger']))
    .action(does(async (context, { output }: { output?: string }) => exportEvents(context, output)));
}

async function printEvents(context: Context, options: EventOptions): Promise<void> {
  const { io, json } = context;
  const { follow, type, limit, after, before, fromStart } = options;
  if (follow && before !== undefined)
    throw new DecreeError('invalid', 'expected one of --follow and --before, got both: what is followed begins now, or --after');
  if (type !== undefined && !(eventTypes as readonly string[]).includes(type)) {
    const guess = nearest(type, eventTypes);
    throw new DecreeError('invalid', `there is no event type ${JSON.stringify(type)}${guess ? `; did you mean ${guess}?` : ''}`);
  }
  const engine = await context.engine();
  const runId = options.run === undefined ? undefined : await resolveRun(engine, options.run);
  const taskId =
    options.task === undefined
      ? undefined
      : (await engine.query('getTask', { task: await resolveTask(engine, options.task) })).task.id;
  const names = json ? createEventNames() : createEventNames(await engine.query('snapshot', {}));
  const show = (event: StoredEvent) => {
    const line = eventLine(event, names);
    return `${io.terminal ? cut(line, io.columns) : line}\n`;
  };
  if (!follow) {
    const page = await engine.query('listEvents', { type, runId, taskId, limit, after, before, newest: !after && !fromStart });
    await context.print(page, () => page.items.map(show).join('') || 'no events\n');
    return;
  }
  const fits = (event: StoredEvent) =>
    (type === undefined || event.type === type) &&
    (runId === undefined || event.runId === runId) &&
    (taskId === undefined || event.taskId === taskId);
  for await (const batch of engine.events.follow({ after: after ?? (fromStart ? null : undefined) }, io.signal)) {
    for (const event of batch) {
      names.learn(event);
      if (fits(event)) await io.out(json ? `${JSON.stringify(event)}\n` : show(event));
    }
  }
}

async function exportEvents(context: Context, output: string | undefined): Promise<void> {
  const engine = await context.engine();
  if (output === undefined) {
    await eachPage(engine, context.io.signal, (text) => context.io.out(text));
    return;
  }
  const file = await open(output, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new DecreeError('conflict', `${output} exists already: choose another name, or remove it`);
    throw new DecreeError('invalid', `${output} cannot be written: ${error.message}`, { cause: error });
  });
  try {
    const count = await eachPage(engine, context.io.signal, async (text) => void (await file.write(text)));
    await context.print({ output, events: count }, () => `${count} events written to ${output}\n`);
  } finally {
    await file.close();
  }
}

async function eachPage(engine: Engine, signal: AbortSignal, write: (text: string) => Promise<void>): Promise<number> {
  let count = 0;
  let after: string | undefined;
  do {
    const page = await engine.query('listEvents', { limit: 500, after });
    if (page.items.length > 0) await write(page.items.map((event) => `${JSON.stringify(event)}\n`).join(''));
    count += page.items.length;
    after = page.next;
  } while (after !== undefined && !signal.aborted);
  return count;
}
