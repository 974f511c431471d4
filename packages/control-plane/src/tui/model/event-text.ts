import { eventSentence, type StoredEvent } from '@decree/contracts';
import type { Tone } from '../text/line.ts';
import { formatMoment, msOf, withShortNames } from './format.ts';

/** What happened, for a person; without its time and whom it is about. */
export interface EventText {
  readonly text: string;
  readonly tone: Tone;
}

const bad = new Set<string>(['run.failed', 'task.plan_failed', 'source.sensor_failed', 'run.transition_refused']);
const warning = new Set<string>([
  ...['run.canceled', 'run.requeued', 'run.cancel_requested', 'run.refs_moved', 'run.waiting', 'run.parked'],
  ...['policy.approval_requested', 'policy.approval_expired', 'task.dispatch_refused', 'system.warned', 'system.dispatch_paused'],
]);
const good = new Set<string>(['run.succeeded', 'task.planned', 'source.sensor_recovered', 'system.dispatch_resumed']);

function toneOf(event: StoredEvent): Tone {
  if (event.type === 'policy.decided') {
    const { outcome } = event.payload.decision;
    return outcome === 'allow' ? 'dim' : outcome === 'deny' ? 'bad' : 'warning';
  }
  if (bad.has(event.type)) return 'bad';
  if (warning.has(event.type)) return 'warning';
  return good.has(event.type) ? 'good' : 'normal';
}

/** What an event says to a person; times of its own day without the day. */
export function eventText(event: StoredEvent): EventText {
  const now = msOf(event.occurredAt);
  return { text: withShortNames(eventSentence(event, (timestamp) => formatMoment(timestamp, now))), tone: toneOf(event) };
}

/** Whether it says that something went wrong. */
export const isBad = (event: StoredEvent): boolean => toneOf(event) === 'bad';
