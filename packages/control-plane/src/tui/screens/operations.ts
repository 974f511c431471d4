import { type Operation, wentWell } from '@decree/contracts';
import { cell, cellRight, rowLine } from '../model/columns.ts';
import { formatClock, formatMoment } from '../model/format.ts';
import { memoLast } from '../model/memo.ts';
import { runName } from '../model/run-words.ts';
import { runOf } from '../store/looked-at.ts';
import { blank, type Line, type Tone } from '../text/line.ts';
import { detailText, field, heading, paragraph } from './detail-text.ts';
import { createList, emptyOf, itemsOf } from './list-screen.ts';
import type { DetailText, Screen } from './screen.ts';
import { dayStart } from './task/subject.ts';

const noTabs: readonly never[] = [];

const tookText = (ms: number): string => (ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(1)}s`);
const codeText = ({ kind, resultCode }: Operation): string =>
  resultCode === null ? 'no answer' : kind === 'program' ? `exit ${resultCode}` : String(resultCode);

/** What the engine itself ran and wrote, newest first. */
export function createOperationsScreen(): Screen {
  const list = createList<Operation>({
    view: 'operations',
    identity: ({ id }) => id,
    subject: (operation) => ({
      status: [wentWell(operation) ? 'ok' : 'failed', String(operation.resultCode ?? 'none')],
      agent: [operation.kind],
      repo: [],
      label: [],
      text: `${operation.summary} ${operation.stderrTail ?? ''}`,
    }),
    line(operation, columns) {
      const tone: Tone = wentWell(operation) ? 'dim' : 'bad';
      const head = [
        cell(formatClock(operation.at), 10, 'dim'),
        cell(`${wentWell(operation) ? '✓' : '✗'} ${codeText(operation)}`, 11, tone),
      ];
      const took = cellRight(tookText(operation.durationMs), 8, 'dim');
      return rowLine({ head, title: { text: operation.summary }, right: [took], least: 16 }, columns);
    },
    spoken: (operation) => `${operation.summary}: ${codeText(operation)}, took ${tookText(operation.durationMs)}.`,
  });
  return {
    view: 'operations',
    title: 'Operations',
    tabs: () => noTabs,
    sections(state, columns) {
      const empty = emptyOf(state.operationPages, 'The operations', 'The engine has not run anything since it started.');
      return list(state, [{ title: 'OPERATIONS', items: itemsOf(state.operationPages), empty }], columns);
    },
    detail(state, identity, size) {
      const operation = itemsOf(state.operationPages).find(({ id }) => id === identity);
      if (!operation)
        return detailText({ key: 'operations:none', title: '', lines: paragraph('Nothing is selected.', size.columns, 'dim') });
      const run = runOf(state, operation.runId);
      const about = run ? `${run.issue === null ? 'the plan' : `#${run.issue}`} ${runName(run)}` : operation.runId;
      return make(operation, about, size.columns, dayStart(state.nowMs));
    },
  };
}

const make = memoLast(([operation, about, columns, today]: [Operation, string | null, number, number]): DetailText => {
  const { kind, summary, directory, at, durationMs, stderrTail } = operation;
  const lines: readonly Line[] = [
    ...paragraph(kind === 'program' ? `$ ${summary}` : summary, columns, 'code'),
    blank,
    ...field('Ended', [{ text: codeText(operation), tone: wentWell(operation) ? 'good' : 'bad' }], columns),
    ...field('Began', `${formatMoment(at, today)}, took ${tookText(durationMs)}`, columns),
    ...(directory ? field('Directory', directory, columns) : []),
    ...(about ? field('For', about, columns) : []),
    ...(stderrTail
      ? [...heading(kind === 'program' ? 'Its last words' : 'What the forge said'), ...paragraph(stderrTail, columns, 'code')]
      : []),
  ];
  return detailText({ key: `operations:${operation.id}`, title: kind === 'program' ? 'Program' : 'Write to the forge', lines });
});
