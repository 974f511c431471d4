import { addUsage, type Run, type Usage } from '@decree/contracts';
import { tableLines } from '../../model/columns.ts';
import { formatCost, formatCount, totalTokens } from '../../model/format.ts';
import { memoLast } from '../../model/memo.ts';
import { runName, runWord } from '../../model/run-words.ts';
import { usageBy } from '../../model/spending.ts';
import { type Line, line, type Span } from '../../text/line.ts';
import { detailText, heading, paragraph } from '../detail-text.ts';
import type { DetailText } from '../screen.ts';
import { runsOf } from './runs-of.ts';
import type { TabText } from './subject.ts';

/** The columns that say what was used. */
export const usageColumns = [
  { title: 'Cost', right: true },
  { title: 'Tokens', right: true },
  { title: 'In', right: true, expendable: 1 },
  { title: 'Out', right: true, expendable: 2 },
  { title: 'From cache', right: true, expendable: 4 },
  { title: 'To cache', right: true, expendable: 5 },
];
/** Their cells. */
export const usageCells = (usage: Usage): readonly Span[] => [
  { text: formatCost(usage) },
  ...[totalTokens(usage), usage.inputTokens, usage.outputTokens, usage.cacheReadTokens, usage.cacheWriteTokens].map((count) => ({
    text: formatCount(count),
  })),
];

/** What the signs before an amount mean, for the amounts that have one. */
export function costNotes(usages: readonly Usage[], columns: number): readonly Line[] {
  const has = (basis: Usage['costBasis']) => usages.some(({ costBasis }) => costBasis === basis);
  return [
    ...(has('table') ? paragraph('~ is priced from our own table, not by the provider.', columns, 'dim') : []),
    ...(has('unknown')
      ? paragraph('unknown and ≥: the price of a model is not known; only its tokens are counted.', columns, 'dim')
      : []),
  ];
}

const make = memoLast(([key, runs, columns]: [string, readonly Run[], number]): DetailText => {
  if (runs.length === 0)
    return detailText({ key, title: 'Cost', lines: paragraph('Nothing has been spent on this yet.', columns, 'dim') });
  const byModel = usageBy(
    runs,
    (run) => run.model ?? `${run.adapter}, default model`,
    (run) => run.usage,
  );
  const total = runs.map(({ usage }) => usage).reduce(addUsage);
  const lines = [
    line(`${formatCost(total)} in ${runs.length === 1 ? 'one run' : `${runs.length} runs`}`, 'strong'),
    ...heading('By run'),
    ...tableLines(
      [{ title: 'Run' }, { title: 'Outcome', expendable: 3 }, ...usageColumns],
      runs.map((run) => [
        { text: runName(run) },
        { text: `${runWord(run).sign} ${runWord(run).word}`, tone: runWord(run).tone },
        ...usageCells(run.usage),
      ]),
      columns,
    ),
    ...heading('By model'),
    ...tableLines(
      [{ title: 'Model' }, ...usageColumns],
      byModel.map(({ name, usage }) => [{ text: name }, ...usageCells(usage)]),
      columns,
    ),
    [],
    ...costNotes(
      runs.map(({ usage }) => usage),
      columns,
    ),
  ];
  return detailText({ key, title: 'Cost', lines });
});

/** What a task cost, run by run and model by model. */
export const costTab: TabText = (state, { task, run }, at) => {
  const runs = runsOf(state, task);
  return make(at.key, runs.length > 0 || !run ? runs : single(run), at.columns);
};

const single = memoLast(([run]: [Run]): readonly Run[] => [run]);
