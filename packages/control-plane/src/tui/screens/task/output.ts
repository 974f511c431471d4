import { isLive, type Run } from '@decree/contracts';
import { memoLast } from '../../model/memo.ts';
import { runName } from '../../model/run-words.ts';
import type { SessionOutput } from '../../store/output.ts';
import type { Line } from '../../text/line.ts';
import { detailText, paragraph } from '../detail-text.ts';
import type { DetailText } from '../screen.ts';
import { lastWords } from './last-words.ts';
import type { TabText } from './subject.ts';

const make = memoLast(([key, run, output, columns]: [string, Run, SessionOutput | undefined, number]): DetailText => {
  const lines: readonly Line[] = output ? lastWords(output.entries, 10_000, columns) : paragraph(nothingYet(run), columns, 'dim');
  return detailText({ key, title: `Output · ${runName(run)}`, lines, live: isLive(run) });
});

const nothingYet = (run: Run): string =>
  run.sessionId
    ? 'Reading …'
    : run.state === 'queued'
      ? 'It is queued: it has not said anything yet.'
      : 'Its session has not begun.';

/** What the agent says and does. */
export const outputTab: TabText = (_state, { run }, { key, columns, outputs }) => {
  if (!run) return detailText({ key, title: 'Output', lines: paragraph('No agent has worked on this yet.', columns, 'dim') });
  return make(key, run, run.sessionId ? outputs(run.sessionId) : undefined, columns);
};
