import type { StoredEvent } from '@decree/contracts';
import { rowLine } from '../model/columns.ts';
import { eventText } from '../model/event-text.ts';
import { formatClock, formatMoment } from '../model/format.ts';
import { memoLast } from '../model/memo.ts';
import { runName } from '../model/run-words.ts';
import { runOf, taskOf } from '../store/looked-at.ts';
import type { TuiState } from '../store/state.ts';
import { blank, type Line } from '../text/line.ts';
import { detailText, field, heading, paragraph } from './detail-text.ts';
import { createList, emptyOf, itemsOf } from './list-screen.ts';
import type { DetailText, Screen } from './screen.ts';
import { dayStart } from './task/subject.ts';

const noTabs: readonly never[] = [];

/** What happened, newest first. */
export function createEventsScreen(): Screen {
  const list = createList<StoredEvent>({
    view: 'events',
    identity: ({ id }) => id,
    subject: (event) => ({
      status: [event.type, event.type.slice(event.type.indexOf('.') + 1)],
      agent: [event.agentId ?? '', event.actor.id],
      repo: [event.repositoryId ?? ''],
      label: [],
      text: `${event.type} ${eventText(event).text} ${event.actor.id}`,
    }),
    line(event, columns, tick) {
      const { text, tone } = eventText(event);
      const today = formatMoment(event.occurredAt, tick).length === 5;
      const time = today ? formatClock(event.occurredAt) : formatMoment(event.occurredAt, tick);
      return rowLine({ head: [{ text: `${time}  `, tone: 'dim' }], title: { text, tone }, right: [], least: 0 }, columns);
    },
    spoken: (event, tick) => `${formatMoment(event.occurredAt, tick)}: ${eventText(event).text}.`,
    tickOf: (_event, nowMs) => dayStart(nowMs),
  });
  return {
    view: 'events',
    title: 'Events',
    tabs: () => noTabs,
    sections(state, columns) {
      const items = itemsOf(state.eventPages);
      return list(
        state,
        [{ title: 'EVENTS', items, empty: emptyOf(state.eventPages, 'The events', 'Nothing has happened yet.') }],
        columns,
      );
    },
    detail(state, identity, size) {
      const event = itemsOf(state.eventPages).find(({ id }) => id === identity);
      if (!event)
        return detailText({ key: 'events:none', title: '', lines: paragraph('Nothing is selected.', size.columns, 'dim') });
      return make(event, aboutOf(state, event), size.columns, dayStart(state.nowMs));
    },
  };
}

/** `#12 implementor 2`. */
function aboutOf(state: TuiState, event: StoredEvent): string {
  const [task, run] = [taskOf(state, event.taskId), runOf(state, event.runId)];
  const issue = task?.issue ? `#${task.issue}` : task?.kind === 'plan' ? 'the plan' : '';
  return [issue, run ? runName(run) : ''].filter((part) => part !== '').join(' ');
}

const make = memoLast(([event, about, columns, today]: [StoredEvent, string, number, number]): DetailText => {
  const { text, tone } = eventText(event);
  const rows: readonly (readonly [string, string | null])[] = [
    ['Type', event.type],
    ['When', `${formatMoment(event.occurredAt, today)} (${event.occurredAt})`],
    ['About', about || null],
    ['By', event.actor.type === 'user' ? event.actor.id : `${event.actor.type}: ${event.actor.id}`],
    ['Repository', event.repositoryId],
    ['Task', event.taskId],
    ['Run', event.runId],
    ['Session', event.sessionId],
    ['Belongs to', event.correlationId],
    ['Follows on', event.causationId],
    ['Event', event.id],
  ];
  const lines: readonly Line[] = [
    ...paragraph(text, columns, tone === 'normal' ? 'strong' : tone),
    blank,
    ...rows.flatMap(([label, value]) => (value === null ? [] : field(label, value, columns))),
    ...heading('Carries'),
    ...paragraph(JSON.stringify(event.payload, null, 2), columns, 'code'),
  ];
  return detailText({ key: `events:${event.id}`, title: 'Event', lines });
});
