import { isLive, type Run, type StoredEvent } from '@decree/contracts';
import { eventText, isBad } from '../../model/event-text.ts';
import { formatClock, formatExactDuration, formatMoment } from '../../model/format.ts';
import { memoLast } from '../../model/memo.ts';
import { runDurationMs, runName, runWord } from '../../model/run-words.ts';
import { barLine, legend, runBars, scaleOf } from '../../model/timeline.ts';
import type { Paged } from '../../store/state.ts';
import { blank, type Line } from '../../text/line.ts';
import { wrapLine } from '../../text/wrap.ts';
import { detailText, heading, paragraph } from '../detail-text.ts';
import type { DetailText } from '../screen.ts';
import { runsOf } from './runs-of.ts';
import { dayStart, fetchedNote, type TabText } from './subject.ts';

const noEvents: readonly StoredEvent[] = [];
const nameColumns = 15;
const tookColumns = 12;

const make = memoLast(
  ([key, runs, paged, columns, now]: [string, readonly Run[], Paged<StoredEvent> | undefined, number, number]): DetailText => {
    const { lines: said, errors } = eventLines(
      runs.map((run) => `${run.id}=${runName(run)}`).join(';'),
      paged?.value ?? noEvents,
      columns,
    );
    const chart = runs.length === 0 ? [] : chartLines(runs, paged?.value ?? noEvents, { columns, now });
    const head: readonly Line[] = [
      ...chart,
      ...(runs.length === 0 && paged?.value !== undefined ? paragraph('No agent has worked on this yet.', columns, 'dim') : []),
      ...fetchedNote(paged, 'the events', columns),
      ...(said.length > 0 ? heading('What happened') : []),
    ];
    const more = paged?.more ? paragraph('There are more events that are not shown yet.', columns, 'dim') : [];
    return detailText({
      ...{ key, title: 'Timeline', lines: [...head, ...said, ...more] },
      errors: errors.map((index) => index + head.length),
    });
  },
);

/** The runs of a task over time, and what happened in words. */
export const timelineTab: TabText = (state, { task }, at) => {
  const runs = runsOf(state, task);
  const now = runs.some(isLive) ? state.nowMs - (state.nowMs % 1000) : dayStart(state.nowMs);
  return make(at.key, runs, task ? state.details.taskEvents[task.id] : undefined, at.columns, now);
};

function chartLines(
  runs: readonly Run[],
  events: readonly StoredEvent[],
  { columns, now }: { columns: number; now: number },
): readonly Line[] {
  const bars = runBars(runs, events, now);
  const scale = scaleOf(bars, Math.max(10, columns - nameColumns - tookColumns));
  const rows = bars.map((bar): Line => {
    const { sign, tone } = runWord(bar.run);
    const took = runDurationMs(bar.run, now);
    return [
      { text: runName(bar.run).padEnd(nameColumns) },
      ...barLine(bar, scale),
      { text: ` ${sign} `, tone },
      { text: took === null ? '—' : formatExactDuration(took), tone: 'dim' },
    ];
  });
  const [from, to] = [scale.fromMs, scale.toMs].map((ms) => formatMoment(new Date(ms).toISOString(), now));
  const axis = `${from}${' '.repeat(Math.max(1, scale.columns - (from?.length ?? 0) - (to?.length ?? 0)))}${to}`;
  return [
    ...rows,
    [{ text: ' '.repeat(nameColumns) }, { text: axis, tone: 'dim' }],
    blank,
    ...wrapLine(legend(bars, scale), columns),
  ];
}

/** Tokens and allowed calls are counted elsewhere; here they would hide what happened. */
const told = (event: StoredEvent): boolean =>
  event.type !== 'run.used' && !(event.type === 'policy.decided' && event.payload.decision.outcome === 'allow');

const eventLines = memoLast(
  ([named, events, columns]: [string, readonly StoredEvent[], number]): { lines: readonly Line[]; errors: readonly number[] } => {
    const names = new Map(named.split(';').map((entry) => entry.split('=') as [string, string]));
    const lines: Line[] = [];
    const errors: number[] = [];
    let day = '';
    for (const event of events.filter(told)) {
      const date = formatMoment(event.occurredAt, 0);
      if (date !== day) lines.push([{ text: date, tone: 'dim' }]);
      day = date;
      const { text, tone } = eventText(event);
      if (isBad(event)) errors.push(lines.length);
      // That one says itself who it is about.
      const who = event.runId === null || event.type === 'run.queued' ? '' : `${names.get(event.runId) ?? 'run'}  `;
      lines.push(
        ...wrapLine(
          [
            { text: `${formatClock(event.occurredAt)}  `, tone: 'dim' },
            { text: who, tone: 'dim' },
            { text, tone },
          ],
          columns,
          { indent: [{ text: ' '.repeat(10) }] },
        ),
      );
    }
    return { lines, errors };
  },
);
