import { isLive, type Repository, type Run, type Task, taskCan } from '@decree/contracts';
import { formatCost, formatExactDuration, formatMoment, words } from '../../model/format.ts';
import { memoLast } from '../../model/memo.ts';
import { runDurationMs, runReason } from '../../model/run-words.ts';
import type { SessionOutput } from '../../store/output.ts';
import { blank, type Line, line } from '../../text/line.ts';
import { detailText, field, heading, paragraph } from '../detail-text.ts';
import type { DetailText } from '../screen.ts';
import { lastWords } from './last-words.ts';
import { dayStart, type Subject, type TabText } from './subject.ts';

const shownLastLines = 20;

const make = memoLast(
  ([key, subject, output, logPath, columns, today]: [
    ...[string, Subject, SessionOutput | undefined, string | null | undefined, number, number],
  ]): DetailText => {
    const { run, task, planFailure } = subject;
    const wrong = run && !isLive(run) && run.state !== 'success';
    if (!wrong && !planFailure)
      return detailText({ key, title: 'Crash', lines: paragraph('No agent has failed here.', columns, 'dim') });
    const lines: Line[] = [];
    if (run && wrong) {
      lines.push(...paragraph(whatFailed(run), columns, 'bad'), blank);
      lines.push(...aboutRun(run, { columns, today, logPath }));
      lines.push(...heading('Its last lines'), ...lastLines(output, run, columns));
    } else if (planFailure) lines.push(...paragraph(planText(planFailure), columns, 'bad'), blank, ...specsOf(planFailure));
    lines.push(...heading('What happens next'), ...paragraph(whatNext(task, run, subject, today), columns));
    return detailText({ key, title: 'What went wrong', lines, errors: [0] });
  },
);

/** Who failed, at what, where its traces are, and what happens now. */
export const crashTab: TabText = (state, subject, at) => {
  const { run } = subject;
  const output = run?.sessionId ? at.outputs(run.sessionId) : undefined;
  const logPath = run ? state.details.runs[run.id]?.value?.transcriptPath : undefined;
  return make(
    at.key,
    sameSubject(subject.task, run, subject.pulls, subject.planFailure),
    output,
    logPath,
    at.columns,
    dayStart(state.nowMs),
  );
};

const sameSubject = memoLast(
  ([task, run, pulls, planFailure]: [Task | null, Run | null, Subject['pulls'], Subject['planFailure']]): Subject => ({
    ...{ task, run, pulls, planFailure },
    approval: null,
  }),
);

const whatFailed = (run: Run): string => {
  const who = `The ${run.role}${run.attempt > 1 ? `'s attempt ${run.attempt}` : ''}`;
  return run.state === 'failure' ? `${who} failed: ${words(run.code)}` : `${who} was ended.`;
};

function aboutRun(
  run: Run,
  { columns, today, logPath }: { columns: number; today: number; logPath: string | null | undefined },
): readonly Line[] {
  const took = runDurationMs(run, 0);
  const ended = isLive(run) ? null : formatMoment(run.endedAt, today);
  const rows: readonly (readonly [string, string | null])[] = [
    ['What', run.state === 'failure' ? run.message : runReason(run)],
    ['Agent', `${run.agentId} (${run.adapter}${run.model ? `, ${run.model}` : ''})`],
    ['When', ended && `${ended}${took === null ? '' : `, after ${formatExactDuration(took)}`}`],
    ['Spent', formatCost(run.usage)],
    ['Session', run.sessionId ?? 'it never began one'],
    ['Branch', run.workspace?.branch ?? null],
    ['Directory', run.workspace?.path ?? 'it never had one'],
    ['Log', logPath ?? (logPath === undefined ? 'being looked up' : 'there is none: it never began a session')],
  ];
  return rows.flatMap(([label, value]) => (value === null ? [] : field(label, value, columns)));
}

function lastLines(output: SessionOutput | undefined, run: Run, columns: number): readonly Line[] {
  if (run.sessionId === null) return paragraph('It ended before it said anything.', columns, 'dim');
  if (output?.message) return paragraph(`They cannot be read: ${output.message}`, columns, 'warning');
  if (!output) return paragraph('Reading …', columns, 'dim');
  const said = lastWords(output.entries, shownLastLines, columns);
  return said.length > 0 ? said : paragraph('It said nothing.', columns, 'dim');
}

const planText = ({ count }: NonNullable<Repository['planFailure']>): string =>
  `The planner failed ${count === 1 ? 'once' : `${count} times in a row`} on the same specs.`;
const specsOf = ({ key }: NonNullable<Repository['planFailure']>): readonly Line[] =>
  key.split('\n').map((path) => [{ text: '• ' }, ...line(path, 'code')]);

function whatNext(task: Task | null, run: Run | null, { pulls, planFailure }: Subject, today: number): string {
  if (planFailure)
    return planFailure.nextTryAt === null
      ? 'Nothing by itself. Look at the specs, then start planning again.'
      : `The Planner tries again by itself at ${formatMoment(planFailure.nextTryAt, today)}.`;
  if (!task) return 'Nothing by itself.';
  if (task.activeRunId !== null) return 'Another attempt is under way.';
  if (task.followUpRunId !== null) return 'The engine is drawing its conclusions; a moment.';
  const kept = run?.workspace?.branch ? ` Its work stays on the branch ${run.workspace.branch}.` : '';
  const refused = taskCan.retry(task, { run, pulls });
  if (refused === null) return `Nothing by itself: it waits for you. You can start it again now.${kept}`;
  return `Nothing by itself. It cannot be started again yet: ${refused}.${kept}`;
}
