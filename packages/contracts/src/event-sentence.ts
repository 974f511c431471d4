import type { Event, EventOf, EventType } from './event.ts';
import { shortId } from './ids.ts';
import type { ActionKind } from './policy.ts';
import type { Usage } from './run.ts';

/**
 * What an event says to a person, without its time and whom it is about: the one wording for command line, terminal and console.
 * `time` writes a later moment as the reader's other times are written. One of a later version is shown by its name.
 */
export function eventSentence(event: Event, time: (timestamp: string) => string): string {
  const say = sentences[event.type] as ((event: Event, time: (timestamp: string) => string) => string) | undefined;
  return say ? say(event, time) : event.type;
}

const by = ({ actor }: Event): string => (actor.type === 'user' ? ` by ${actor.id}` : '');
const because = (text: string | null | undefined): string => (text ? `: ${text}` : '');
const words = (code: string): string => code.replaceAll('_', ' ');
const paths = (specs: readonly { path: string }[]): string => specs.map(({ path }) => path).join(', ');
/** A commit by as many digits as tell it from the others of a repository. */
const reference = (text: string): string => (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text) ? text.slice(0, 10) : text);
/** The issue or the pull request that a path of the forge's API names. */
const thread = (location: string | null | undefined): string => {
  const number = /\/(?:issues|pulls?)\/(\d+)/.exec(location ?? '')?.[1];
  return number ? `: #${number}` : '';
};
/** What was let through, in a person's words. */
const actionWords: { readonly [K in ActionKind]: string } = {
  'run.dispatch': 'to start an agent',
  'file.read': 'to read a file',
  'file.search': 'to search files',
  'file.write': 'to write a file',
  'command.run': 'to run a command',
  'git.push': 'to push',
  'forge.read': 'to read from the forge',
  'forge.issue.create': 'to open an issue',
  'forge.issue.update': 'to change an issue',
  'forge.issue.close': 'to close an issue',
  'forge.label.set': 'to set labels',
  'forge.comment.create': 'to comment',
  'forge.pull.create': 'to open a pull request',
  'forge.pull.update': 'to change a pull request',
  'forge.pull.merge': 'to merge a pull request',
  'forge.review.create': 'to review a pull request',
  'forge.other': 'to change something on the forge',
  'network.fetch': 'to fetch from the network',
  'agent.spawn': 'to start a sub-agent',
  'agent.internal': 'to keep its own notes',
  'agent.question': 'to ask you',
  unknown: 'to do what the policy does not know',
};
const actionIn = (kind: string): string => (Object.hasOwn(actionWords, kind) ? actionWords[kind as ActionKind] : kind);
const outcomes = { allow: 'allowed', deny: 'denied', require_approval: 'needs approval' } as const;

function used({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd, costBasis }: Usage): string {
  const cost = costBasis === 'unknown' ? '' : `, ${costBasis === 'table' ? '~' : ''}$${costUsd.toFixed(4)}`;
  return `${inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens} tokens${cost}`;
}

const sentences: { readonly [T in EventType]: (event: EventOf<T>, time: (timestamp: string) => string) => string } = {
  'task.created': ({ payload }) => (payload.kind === 'plan' ? `to plan: ${paths(payload.specs)}` : `new task: ${payload.title}`),
  'task.closed': (event) => `task closed (${words(event.payload.code)})${by(event)}`,
  'task.reopened': (event) => `task open again${by(event)}`,
  'task.status_set': (event) =>
    `status ${event.payload.from ?? 'none'} → ${event.payload.to}${by(event)}${event.payload.code === 'recovery' ? ' (recovery)' : ''}${because(event.payload.message)}`,
  'task.dispatch_refused': ({ payload }) => `${payload.role} not started: ${payload.message}`,
  'task.planned': ({ payload }) => `planned: ${paths(payload.specs)}`,
  'task.plan_failed': ({ payload: { count, nextTryAt } }, time) =>
    `planning failed ${count === 1 ? 'once' : `${count} times`}; ${nextTryAt ? `again at ${time(nextTryAt)}` : 'waits for you'}`,
  'task.followed_up': ({ payload }) => `concluded: ${words(payload.outcome)}`,
  'run.queued': (event) => `${event.payload.role} ${event.payload.attempt} queued (${words(event.payload.trigger)})${by(event)}`,
  'run.started': ({ payload }) => (payload.fence === 1 ? 'started' : `started again, claim ${payload.fence}`),
  'run.workspace_ready': ({ payload }) => `workspace ready: ${payload.workspace.branch ?? payload.workspace.strategy}`,
  'run.session_started': ({ payload }) =>
    `session ${payload.resumed ? 'resumed' : 'started'} (${payload.model ?? payload.adapter})`,
  'run.waiting': ({ payload }) => `waits for approval ${shortId(payload.approvalId)}`,
  'run.resumed': () => 'goes on',
  'run.parked': ({ payload }) => `parked until approval ${shortId(payload.approvalId)} is decided`,
  'run.requeued': ({ payload }) => `queued again (${words(payload.code)})${because(payload.message)}`,
  'run.used': ({ payload }) => `used ${used(payload.usage)} (${payload.model})`,
  'run.told': (event) => `told${by(event)}: ${event.payload.text}`,
  'run.cancel_requested': (event) => `is to be ended (${words(event.payload.code)})${by(event)}${because(event.payload.message)}`,
  'run.succeeded': ({ payload }) => `success${because(payload.summary)}`,
  'run.failed': ({ payload }) => `failed, ${words(payload.code)}${because(payload.message)}`,
  'run.canceled': (event) => `canceled (${words(event.payload.code)})${by(event)}${because(event.payload.message)}`,
  'run.refs_moved': ({ payload }) => `moved other refs: ${payload.refs.map(({ ref }) => ref).join(', ')}`,
  'run.transition_refused': ({ payload }) =>
    `refused ${payload.attempted} while ${words(payload.state)}${because(payload.message)}`,
  'policy.decided': ({ payload: { decision, request } }) =>
    `${outcomes[decision.outcome]}: ${request.action.summary}${decision.outcome === 'allow' ? '' : ` (${decision.reason})`}`,
  'policy.approval_requested': ({ payload: { approval } }) =>
    `asks for approval ${shortId(approval.id)}: ${approval.action.summary}`,
  'policy.approval_decided': (event) =>
    `approval ${shortId(event.payload.approvalId)} ${event.payload.outcome}${by(event)}${because(event.payload.reason)}`,
  'policy.approval_expired': ({ payload }) => `approval ${shortId(payload.approvalId)} expired: counts as denied`,
  'policy.approval_voided': ({ payload }) => `approval ${shortId(payload.approvalId)} no longer needed${because(payload.reason)}`,
  'policy.granted': ({ payload }) => `allowed once: ${actionIn(payload.kind)}${payload.consumed ? ', and done' : ''}`,
  'artifact.recorded': ({ payload: { artifact } }) =>
    `${words(artifact.kind)} ${reference(artifact.reference)}${because(artifact.title)}`,
  'source.issue_changed': ({ payload }) =>
    `issue #${payload.issue} seen: ${payload.previousStatus ?? 'no status'} → ${payload.sighting.status ?? 'no status'}${because(payload.sighting.title)}`,
  'source.issue_removed': ({ payload }) => `issue #${payload.issue} is closed, or no task any more`,
  'source.spec_changed': ({ payload }) => `spec ${payload.change}: ${payload.spec.path} (${payload.spec.status ?? 'no status'})`,
  'source.spec_removed': ({ payload }) => `spec removed: ${payload.path}`,
  'source.pull_changed': ({ payload: { pull } }) =>
    `pull request #${pull.number} seen: checks ${pull.ci}${pull.draft ? ', draft' : ''}${because(pull.title)}`,
  'source.pull_removed': ({ payload }) => `pull request #${payload.number} ${payload.merged ? 'merged' : 'closed'}`,
  'source.sensor_failed': ({ payload }, time) =>
    `cannot read ${payload.sensor}, tries again at ${time(payload.nextTryAt)}${because(payload.message)}`,
  'source.sensor_recovered': ({ payload }) => `reads ${payload.sensor} again`,
  'system.engine_started': ({ payload }) =>
    `engine ${payload.version} started (pid ${payload.pid}, branch ${payload.defaultBranch})`,
  'system.engine_stopped': ({ payload }) => `engine stopped${because(payload.reason)}`,
  'system.effect_started': ({ payload }) => `does: ${payload.summary}`,
  'system.effect_finished': ({ payload: { refused, status, location } }) =>
    refused ? `refused by the forge (${status})` : `done${thread(location)}`,
  'system.dispatch_paused': (event) => `dispatching paused${by(event)}${because(event.payload.reason)}`,
  'system.dispatch_resumed': (event) => `dispatching resumed${by(event)}`,
  'system.warned': ({ payload }) => `warning: ${payload.message}`,
};
