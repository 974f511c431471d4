import type { EventOf, EventType, StoredEvent } from '@decree/contracts';
import type { Tone } from '../text/line.ts';
import { formatCost, formatCount, formatMoment, msOf, shortId, totalTokens, words } from './format.ts';

/** What happened, for a person; without its time and whom it is about. */
export interface EventText {
  readonly text: string;
  readonly tone: Tone;
}

const because = (text: string | null | undefined): string => (text ? `: ${text}` : '');
const by = ({ actor }: StoredEvent): string => (actor.type === 'user' ? ` by ${actor.id}` : '');
const outcomes = { allow: 'allowed', deny: 'denied', require_approval: 'asks a person' } as const;
const at = (timestamp: string, event: StoredEvent): string => formatMoment(timestamp, msOf(event.occurredAt));

type Stored<T extends EventType> = EventOf<T> & Pick<StoredEvent, 'cursor'>;

const sentences: { readonly [T in EventType]: (event: Stored<T>) => string } = {
  'task.created': ({ payload }) =>
    payload.kind === 'plan' ? `to plan: ${payload.specs.map(({ path }) => path).join(', ')}` : `new task: ${payload.title}`,
  'task.closed': (event) => `task closed (${words(event.payload.code)})${by(event)}`,
  'task.reopened': (event) => `task open again${by(event)}`,
  'task.status_set': (event) =>
    `status ${event.payload.from ?? 'none'} → ${event.payload.to}${by(event)}${because(event.payload.message)}`,
  'task.dispatch_refused': ({ payload }) => `${payload.role} not started: ${payload.message}`,
  'task.planned': ({ payload }) => `planned: ${payload.specs.map(({ path }) => path).join(', ')}`,
  'task.plan_failed': (event) =>
    `planning failed ${event.payload.count === 1 ? 'once' : `${event.payload.count} times`}; ${event.payload.nextTryAt ? `again at ${at(event.payload.nextTryAt, event)}` : 'waits for you'}`,
  'task.followed_up': ({ payload }) => `concluded: ${words(payload.outcome)}`,
  'run.queued': (event) => `${event.payload.role} ${event.payload.attempt} queued${by(event)}`,
  'run.started': ({ payload }) => (payload.fence === 1 ? 'started' : `started again, claim ${payload.fence}`),
  'run.workspace_ready': ({ payload }) => `workspace ready: ${payload.workspace.branch ?? payload.workspace.strategy}`,
  'run.session_started': ({ payload }) =>
    `session ${payload.resumed ? 'resumed' : 'started'} (${payload.model ?? payload.adapter})`,
  'run.waiting': () => 'waits for your decision',
  'run.resumed': () => 'goes on',
  'run.parked': () => 'parked until it is decided',
  'run.requeued': ({ payload }) => `queued again (${words(payload.code)})${because(payload.message)}`,
  'run.used': ({ payload }) =>
    `used ${formatCount(totalTokens(payload.usage))} tokens, ${formatCost(payload.usage)} (${payload.model})`,
  'run.told': (event) => `told${by(event)}: ${event.payload.text}`,
  'run.cancel_requested': (event) => `is to be ended${by(event)}: ${event.payload.message}`,
  'run.succeeded': ({ payload }) => `success${because(payload.summary)}`,
  'run.failed': ({ payload }) => `failed, ${words(payload.code)}: ${payload.message}`,
  'run.canceled': (event) => `canceled (${words(event.payload.code)})${by(event)}${because(event.payload.message)}`,
  'run.refs_moved': ({ payload }) => `moved other refs: ${payload.refs.map(({ ref }) => ref).join(', ')}`,
  'run.transition_refused': ({ payload }) => `refused ${payload.attempted} while ${words(payload.state)}: ${payload.message}`,
  'policy.decided': ({ payload: { decision, request } }) =>
    `${outcomes[decision.outcome]}: ${request.action.summary}${decision.outcome === 'allow' ? '' : ` (${decision.reason})`}`,
  'policy.approval_requested': ({ payload }) => `needs approval: ${payload.approval.action.summary}`,
  'policy.approval_decided': (event) => `approval ${event.payload.outcome}${by(event)}${because(event.payload.reason)}`,
  'policy.approval_expired': ({ payload }) => `approval ${shortId(payload.approvalId)} expired: counts as denied`,
  'policy.approval_voided': ({ payload }) => `approval no longer needed: ${payload.reason}`,
  'policy.granted': ({ payload }) => `granted once: ${payload.kind}`,
  'artifact.recorded': ({ payload: { artifact } }) => `${words(artifact.kind)} ${artifact.reference}${because(artifact.title)}`,
  'source.issue_changed': ({ payload }) =>
    `issue #${payload.issue}: ${payload.previousStatus ?? 'no status'} → ${payload.sighting.status ?? 'no status'}`,
  'source.issue_removed': ({ payload }) => `issue #${payload.issue} is closed, or no task any more`,
  'source.spec_changed': ({ payload }) => `spec ${payload.change}: ${payload.spec.path} (${payload.spec.status ?? 'no status'})`,
  'source.spec_removed': ({ payload }) => `spec removed: ${payload.path}`,
  'source.pull_changed': ({ payload: { pull } }) =>
    `pull request #${pull.number}: checks ${pull.ci}${pull.draft ? ', draft' : ''}${because(pull.title)}`,
  'source.pull_removed': ({ payload }) => `pull request #${payload.number} ${payload.merged ? 'merged' : 'closed'}`,
  'source.sensor_failed': (event) =>
    `cannot read ${event.payload.sensor}, tries again at ${at(event.payload.nextTryAt, event)}: ${event.payload.message}`,
  'source.sensor_recovered': ({ payload }) => `reads ${payload.sensor} again`,
  'system.engine_started': ({ payload }) => `engine ${payload.version} started (pid ${payload.pid})`,
  'system.engine_stopped': ({ payload }) => `engine stopped${because(payload.reason)}`,
  'system.effect_started': ({ payload }) => `does: ${payload.summary}`,
  'system.effect_finished': ({ payload }) => `${payload.refused ? 'refused by the forge' : 'done'} (${payload.status})`,
  'system.dispatch_paused': (event) => `dispatching paused${by(event)}${because(event.payload.reason)}`,
  'system.dispatch_resumed': (event) => `dispatching goes on${by(event)}`,
  'system.warned': ({ payload }) => `warning: ${payload.message}`,
};

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

/** What an event says to a person. One of a later version is shown by its name. */
export function eventText(event: StoredEvent): EventText {
  const say = sentences[event.type] as ((event: StoredEvent) => string) | undefined;
  return { text: say ? say(event) : event.type, tone: toneOf(event) };
}

/** Whether it says that something went wrong. */
export const isBad = (event: StoredEvent): boolean => toneOf(event) === 'bad';
