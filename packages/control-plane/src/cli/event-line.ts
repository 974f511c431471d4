import type { Event, EventOf, EventType, Snapshot, Usage } from '@decree/contracts';
import { plain, shortId } from './text.ts';

/** What an event does not say itself: whose run and task it is about. Learned from the events, and from a snapshot to begin with. */
export interface EventNames {
  learn(event: Event): void;
  /** `#3`, or the short id. */
  task(id: string): string;
  /** `implementor`, with its attempt from the second on. */
  run(id: string): string;
}

export function createEventNames(snapshot?: Pick<Snapshot, 'tasks' | 'runs'>): EventNames {
  const tasks = new Map<string, string>();
  const runs = new Map<string, string>();
  const named = (role: string, attempt: number) => (attempt > 1 ? `${role} (attempt ${attempt})` : role);
  for (const task of snapshot?.tasks ?? []) tasks.set(task.id, task.issue === null ? task.kind : `#${task.issue}`);
  for (const run of snapshot?.runs ?? []) runs.set(run.id, named(run.role, run.attempt));
  return {
    learn(event) {
      if (event.type === 'task.created' && event.taskId)
        tasks.set(event.taskId, event.payload.issue === null ? event.payload.kind : `#${event.payload.issue}`);
      if (event.type === 'run.queued' && event.runId) runs.set(event.runId, named(event.payload.role, event.payload.attempt));
    },
    task: (id) => tasks.get(id) ?? shortId(id),
    run: (id) => runs.get(id) ?? `run ${shortId(id)}`,
  };
}

/** One line for a person: UTC time, what it is about, what happened. Pure but for what `names` has learned. */
export function eventLine(event: Event, names: EventNames): string {
  names.learn(event);
  const about = [event.taskId && names.task(event.taskId), event.runId && names.run(event.runId)].filter(Boolean).join(' ');
  const say = sentences[event.type] as ((event: Event) => string) | undefined;
  // A later version's type: it is shown by its name.
  const what = say ? say(event) : event.type;
  return [event.occurredAt.slice(11, 19), about, plain(what)].filter((part) => part !== '').join('  ');
}

const by = (event: Event): string => (event.actor.type === 'user' ? ` by ${event.actor.id}` : '');
const because = (text: string | null | undefined): string => (text ? `: ${text}` : '');
const used = ({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd, costBasis }: Usage): string => {
  const tokens = inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
  return `${tokens} tokens${costBasis === 'unknown' ? '' : `, $${costUsd.toFixed(4)}`}`;
};
const sentenceOf: Record<string, string> = { allow: 'allowed', deny: 'denied', require_approval: 'needs approval' };

const sentences: { [T in EventType]: (event: EventOf<T>) => string } = {
  'task.created': ({ payload }) =>
    payload.kind === 'plan' ? `to plan: ${payload.specs.map(({ path }) => path).join(', ')}` : `new task: ${payload.title}`,
  'task.closed': (event) => `task closed (${event.payload.code.replaceAll('_', ' ')})${by(event)}`,
  'task.reopened': (event) => `task reopened${by(event)}`,
  'task.status_set': (event) =>
    `status ${event.payload.from ?? 'none'} → ${event.payload.to}${by(event)}${event.payload.code === 'recovery' ? ' (recovery)' : ''}${because(event.payload.message)}`,
  'task.dispatch_refused': ({ payload }) => `${payload.role} not dispatched: ${payload.message}`,
  'task.planned': ({ payload }) => `planned: ${payload.specs.map(({ path }) => path).join(', ')}`,
  'task.plan_failed': ({ payload }) =>
    `planning failed ${payload.count} time${payload.count === 1 ? '' : 's'}; ${payload.nextTryAt ? `again at ${payload.nextTryAt.slice(11, 19)}` : 'waits for you (control-plane plan)'}`,
  'task.followed_up': ({ payload }) => `followed up: ${payload.outcome.replaceAll('_', ' ')}`,
  'run.queued': (event) => `queued (${event.payload.trigger})${by(event)}`,
  'run.started': ({ payload }) => (payload.fence === 1 ? 'started' : `claimed again (claim ${payload.fence})`),
  'run.workspace_ready': ({ payload }) => `workspace ready: ${payload.workspace.branch ?? payload.workspace.strategy}`,
  'run.session_started': ({ payload }) =>
    `session ${payload.resumed ? 'resumed' : 'started'} (${payload.model ?? payload.adapter})`,
  'run.waiting': ({ payload }) => `waits for approval ${shortId(payload.approvalId)}`,
  'run.resumed': () => 'goes on',
  'run.parked': ({ payload }) => `parked until approval ${shortId(payload.approvalId)} is decided`,
  'run.requeued': ({ payload }) => `queued again (${payload.code.replaceAll('_', ' ')})${because(payload.message)}`,
  'run.used': ({ payload }) => `used ${used(payload.usage)} (${payload.model})`,
  'run.cancel_requested': (event) => `is to be canceled (${event.payload.code})${by(event)}: ${event.payload.message}`,
  'run.told': (event) => `told${by(event)}: ${event.payload.text}`,
  'run.succeeded': ({ payload }) => `success${because(payload.summary)}`,
  'run.failed': ({ payload }) => `failure: ${payload.code}${because(payload.message)}`,
  'run.canceled': (event) => `canceled (${event.payload.code.replaceAll('_', ' ')})${by(event)}${because(event.payload.message)}`,
  'run.refs_moved': ({ payload }) => `moved other refs: ${payload.refs.map(({ ref }) => ref).join(', ')}`,
  'run.transition_refused': ({ payload }) => `refused ${payload.attempted} while ${payload.state}${because(payload.message)}`,
  'policy.decided': ({ payload }) =>
    `${sentenceOf[payload.decision.outcome]}: ${payload.request.action.summary}${payload.decision.outcome === 'allow' ? '' : ` (${payload.decision.reason})`}`,
  'policy.approval_requested': ({ payload }) =>
    `approval ${shortId(payload.approval.id)} asked for: ${payload.approval.action.summary}`,
  'policy.approval_decided': (event) =>
    `approval ${shortId(event.payload.approvalId)} ${event.payload.outcome}${by(event)}${because(event.payload.reason)}`,
  'policy.approval_expired': ({ payload }) => `approval ${shortId(payload.approvalId)} expired`,
  'policy.approval_voided': ({ payload }) => `approval ${shortId(payload.approvalId)} void${because(payload.reason)}`,
  'policy.granted': ({ payload }) => `granted: ${payload.kind}${payload.consumed ? ' (used)' : ''}`,
  'artifact.recorded': ({ payload }) =>
    `${payload.artifact.kind.replaceAll('_', ' ')} ${payload.artifact.reference}${because(payload.artifact.title)}`,
  'source.issue_changed': ({ payload }) =>
    `issue #${payload.issue} seen: ${payload.previousStatus ?? 'none'} → ${payload.sighting.status ?? 'none'}${because(payload.sighting.title)}`,
  'source.issue_removed': ({ payload }) => `issue #${payload.issue} is gone`,
  'source.spec_changed': ({ payload }) => `spec ${payload.change}: ${payload.spec.path} (${payload.spec.status ?? 'no status'})`,
  'source.spec_removed': ({ payload }) => `spec removed: ${payload.path}`,
  'source.pull_changed': ({ payload }) =>
    `pull request #${payload.pull.number} seen: checks ${payload.pull.ci}${payload.pull.draft ? ', draft' : ''}${because(payload.pull.title)}`,
  'source.pull_removed': ({ payload }) => `pull request #${payload.number} ${payload.merged ? 'merged' : 'closed'}`,
  'source.sensor_failed': ({ payload }) =>
    `the sensor of ${payload.sensor} failed, again at ${payload.nextTryAt.slice(11, 19)}${because(payload.message)}`,
  'source.sensor_recovered': ({ payload }) => `the sensor of ${payload.sensor} works again`,
  'system.engine_started': ({ payload }) =>
    `engine ${payload.version} started (pid ${payload.pid}, branch ${payload.defaultBranch})`,
  'system.engine_stopped': ({ payload }) => `engine stopped${because(payload.reason)}`,
  'system.effect_started': ({ payload }) => `doing: ${payload.summary}`,
  'system.effect_finished': ({ payload }) =>
    `${payload.refused ? 'refused by the forge' : 'done'} (${payload.status})${payload.location ? ` ${payload.location}` : ''}`,
  'system.dispatch_paused': (event) => `dispatching paused${by(event)}${because(event.payload.reason)}`,
  'system.dispatch_resumed': (event) => `dispatching resumed${by(event)}`,
  'system.warned': ({ payload }) => `warning: ${payload.message}`,
};
