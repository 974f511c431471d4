import type { Run } from '@decree/contracts';
import { isLive } from '@decree/contracts';
import { tableLines } from '../../model/columns.ts';
import { formatCost, formatCount, formatExactDuration, formatMoment, totalTokens } from '../../model/format.ts';
import { memoLast } from '../../model/memo.ts';
import { runDurationMs, runName, runReason, runWord } from '../../model/run-words.ts';
import type { Paged } from '../../store/state.ts';
import { blank, type Line, type Span } from '../../text/line.ts';
import { wrapLine } from '../../text/wrap.ts';
import { detailText, heading, paragraph } from '../detail-text.ts';
import type { DetailText } from '../screen.ts';
import { runsOf } from './runs-of.ts';
import { dayStart, fetchedNote, type TabText } from './subject.ts';

const tableColumns = [
  { title: 'Run' },
  { title: 'Began', expendable: 2 },
  { title: 'Outcome' },
  { title: 'Took', right: true },
  { title: 'Tokens', right: true, expendable: 3 },
  { title: 'Cost', right: true },
  { title: 'Denied', right: true, expendable: 1 },
];

const make = memoLast(
  ([key, runs, paged, columns, now]: [string, readonly Run[], Paged<Run> | undefined, number, number]): DetailText => {
    const lines: Line[] = [];
    const errors: number[] = [];
    if (runs.length > 0)
      lines.push(
        ...tableLines(
          tableColumns,
          runs.map((run) => cellsOf(run, now)),
          columns,
        ),
      );
    else if (paged?.value !== undefined) lines.push(...paragraph('No agent has worked on this yet.', columns, 'dim'));
    lines.push(...fetchedNote(paged, 'all runs', columns));
    if (paged?.more) lines.push(...paragraph('There are older runs that are not shown.', columns, 'dim'));
    const told = runs.filter((run) => runReason(run) !== '');
    if (told.length > 0) lines.push(...heading('How they ended'));
    for (const run of told) {
      const { sign, tone } = runWord(run);
      if (run.state === 'failure') errors.push(lines.length + 1);
      lines.push(blank, ...wrapLine([{ text: `${sign} ${runName(run)}  `, tone }, { text: runReason(run) }], columns));
    }
    return detailText({ key, title: 'History', lines, errors });
  },
);

function cellsOf(run: Run, now: number): readonly Span[] {
  const { sign, word, tone } = runWord(run);
  const took = runDurationMs(run, now);
  return [
    { text: runName(run) },
    { text: formatMoment(run.startedAt ?? run.queuedAt, now), tone: 'dim' },
    { text: `${sign} ${word}`, tone },
    { text: took === null ? '—' : formatExactDuration(took) },
    { text: formatCount(totalTokens(run.usage)) },
    { text: formatCost(run.usage) },
    run.denials > 0 ? { text: `${run.denials}`, tone: 'warning' } : { text: '0', tone: 'dim' },
  ];
}

/** All attempts side by side. */
export const historyTab: TabText = (state, { task }, at) => {
  const runs = runsOf(state, task);
  const now = runs.some(isLive) ? state.nowMs - (state.nowMs % 1000) : dayStart(state.nowMs);
  return make(at.key, runs, task ? state.details.taskRuns[task.id] : undefined, at.columns, now);
};
