import { collections, type Event, emptyState, fold, type State } from '@decree/contracts';
import fc from 'fast-check';
import { expect } from 'vitest';
import {
  answered,
  asked,
  created,
  decided,
  event,
  newId,
  queued,
  recorded,
  requeued,
  specGone,
  specSeen,
  started,
  succeeded,
  used,
} from './events.ts';

const verbs = [
  'task',
  'queue',
  'start',
  'requeue',
  'succeed',
  'fail',
  'cancel',
  'use',
  'decide',
  'ask',
  'answer',
  'wait',
  'resume',
  'park',
  'record',
  'spec',
  'unspec',
  'close',
  'reopen',
  'follow',
] as const;
export interface Step {
  verb: (typeof verbs)[number];
  pick: number;
}
export const histories: fc.Arbitrary<Step[]> = fc.array(fc.record({ verb: fc.constantFrom(...verbs), pick: fc.nat(1000) }), {
  minLength: 1,
  maxLength: 40,
});

export interface World {
  state: State;
  tasks: { id: string }[];
}
export const newWorld = (): World => ({ state: emptyState(), tasks: [] });

export function remember(world: World, events: readonly Event[]): void {
  for (const one of events) {
    world.state = fold(world.state, one);
    if (one.type === 'task.created') world.tasks.push({ id: one.taskId! });
  }
  expect(collections.every((name) => world.state[name])).toBe(true);
}

/** Some of these are legal and some are not; the ledger must know. */
export function propose(world: World, { verb, pick }: Step): Event[] {
  const task = world.tasks[pick % Math.max(1, world.tasks.length)];
  if (!task || verb === 'task') return [created(newId())];
  const taskId = task.id;
  const row = world.state.tasks[taskId]!;
  const runId = row.activeRunId ?? row.lastRunId;
  if (!runId || verb === 'queue') return [queued(taskId, newId(), { attempt: row.attempts.implementor + 1, rank: pick % 3 })];
  const run = world.state.runs[runId]!;
  const approvals = Object.values(world.state.approvals).filter((approval) => approval.runId === runId);
  const approvalId = approvals[pick % Math.max(1, approvals.length)]?.id ?? newId();
  const of = { taskId, runId };
  switch (verb) {
    case 'start':
      return [started(taskId, runId, run.fence + (pick % 4 === 0 ? 2 : 1))];
    case 'requeue':
      return [requeued(taskId, runId)];
    case 'succeed':
      return [succeeded(taskId, runId)];
    case 'fail':
      return [event('run.failed', { code: 'agent_error', message: 'm' }, of)];
    case 'cancel':
      return [event('run.canceled', { code: 'person', message: 'm' }, of)];
    case 'use':
      return [used(taskId, runId), used(taskId, runId)];
    case 'decide':
      return [decided(taskId, runId, (['allow', 'deny', 'require_approval'] as const)[pick % 3])];
    case 'ask':
      return [asked(taskId, runId, newId())];
    case 'answer':
      return [answered(taskId, runId, approvalId, pick % 2 ? 'approved' : 'denied')];
    case 'wait':
      return [event('run.waiting', { approvalId }, of)];
    case 'resume':
      return [event('run.resumed', { approvalId }, of)];
    case 'park':
      return [event('run.parked', { approvalId }, of)];
    case 'record':
      return [recorded(taskId, runId, 'r')];
    case 'spec':
      return [specSeen(`${pick % 3}.md`)];
    case 'unspec':
      return [specGone(`${pick % 3}.md`)];
    case 'close':
      return [event('task.closed', { code: 'closed' }, { taskId })];
    case 'reopen':
      return [event('task.reopened', {}, { taskId })];
    default:
      return [event('task.followed_up', { runId, outcome: 'nothing' }, { taskId })];
  }
}
