import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Event,
  emptyState,
  fold,
  needsSnapshot,
  openRows,
  type Snapshot,
  type State,
  stateOfSnapshot,
} from '../src/index.ts';
import { recordedEvents, recordings } from './recordings.ts';

const firstDay = '2026-01-01';

/** As it comes over the wire. */
function snapshotOf(state: State): Snapshot {
  const { repositories, tasks, runs, approvals, pulls, specs, spend } = openRows(state, firstDay);
  const rows = { repositories, tasks, runs, approvals, pulls, specs, spend };
  const lists = Object.fromEntries(Object.entries(rows).map(([name, each]) => [name, Object.values(each)]));
  return JSON.parse(JSON.stringify({ cursor: null, ...lists })) as Snapshot;
}

/** What a follower knows that began with a snapshot after `begin` events: the whole truth is only asked where the contract says so. */
function follow(events: readonly Event[], begin: number): { state: State; snapshots: number } {
  let truth = events.slice(0, begin).reduce(fold, emptyState());
  let state = stateOfSnapshot(snapshotOf(truth));
  let snapshots = 1;
  events.slice(begin).forEach((event, at) => {
    truth = fold(truth, event);
    if (needsSnapshot(state, event)) {
      state = stateOfSnapshot(snapshotOf(truth));
      snapshots += 1;
    } else state = fold(state, event);
    // Now and then it lets go of what is closed.
    if (at % 5 === 4) state = openRows(state, firstDay);
  });
  return { state, snapshots };
}

const plain = (state: State): unknown => JSON.parse(JSON.stringify(openRows(state, firstDay)));

/** Histories that a ledger would take: tasks that are dispatched, end, are closed and opened again. */
const histories = fc
  .array(fc.record({ task: fc.integer({ min: 0, max: 2 }), what: fc.nat(7), amount: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 60,
  })
  .map((steps) => {
    const events: Event[] = [];
    const tasks = [0, 1, 2].map((n) => ({ id: idOf(n), known: false, closed: false, run: null as string | null, runs: 0 }));
    const bygone: { task: string; run: string }[] = [];
    const add = (type: Event['type'], payload: unknown, taskId: string | null, runId: string | null = null) =>
      events.push({
        ...{ id: idOf(10_000 + events.length), schemaVersion: 1, type, payload, taskId, runId },
        occurredAt: new Date(Date.parse('2026-02-08T00:00:00.000Z') + events.length * 3_600_000).toISOString(),
        ...{ correlationId: idOf(1), causationId: null, repositoryId: 'acme/one', agentId: null, sessionId: null },
        actor: { type: 'system', id: 'engine' },
      } as unknown as Event);
    for (const { task: at, what, amount } of steps) {
      const task = tasks[at] as (typeof tasks)[number];
      if (!task.known) {
        task.known = true;
        add('task.created', { kind: 'implement', title: 't', issue: at + 1, specs: [] }, task.id);
        continue;
      }
      if (what <= 1 && !task.closed && task.run === null) {
        task.runs += 1;
        task.run = idOf(100 * (at + 1) + task.runs);
        const run = { role: 'implementor', attempt: task.runs, retryOf: null, effectScope: task.run, trigger: 'person', rank: 1 };
        const by = { agent: 'implementor', agentId: 'implementor', adapter: 'claude', model: null, issue: at + 1, pull: null };
        add('run.queued', { ...run, ...by }, task.id, task.run);
        add('run.started', { fence: 1, worker: 'w' }, task.id, task.run);
      } else if (what === 2 && task.run !== null) used(task.id, task.run, amount);
      else if (what === 3 && task.run !== null) {
        add('run.failed', { code: 'agent_error', message: 'm' }, task.id, task.run);
        add('task.followed_up', { runId: task.run, outcome: 'nothing' }, task.id);
        bygone.push({ task: task.id, run: task.run });
        task.run = null;
      } else if (what === 4 && !task.closed) {
        task.closed = true;
        add('task.closed', { code: 'closed' }, task.id);
      } else if (what === 5 && task.closed) {
        task.closed = false;
        add('task.reopened', {}, task.id);
      } else if (what === 6) {
        const late = bygone[amount % Math.max(1, bygone.length)];
        if (late) used(late.task, late.run, amount);
      } else if (what === 7) add(amount % 2 ? 'system.dispatch_paused' : 'system.dispatch_resumed', { reason: null }, null);
    }
    return events;

    function used(taskId: string, runId: string, amount: number) {
      const tokens = { inputTokens: amount, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
      add('run.used', { model: 'm', usage: { ...tokens, costUsd: amount / 8, costBasis: 'reported' } }, taskId, runId);
    }
  });
const idOf = (n: number): string => `019c3c7a-0000-7000-8000-${String(n).padStart(12, '0')}`;

describe('who begins with a snapshot and folds what comes after it', () => {
  it('knows of what is open what the whole history says, wherever it began', () => {
    fc.assert(
      fc.property(histories, fc.nat(80), (events, at) => {
        const truth = events.reduce(fold, emptyState());
        expect(plain(follow(events, Math.min(at, events.length)).state)).toEqual(plain(truth));
      }),
      { numRuns: 400 },
    );
  });

  it.each(recordings)('does so with the recording %s', (name) => {
    const events = recordedEvents(name);
    const truth = plain(events.reduce(fold, emptyState()));
    for (let at = 0; at <= events.length; at += 3) expect(plain(follow(events, at).state)).toEqual(truth);
  });

  it('is told to take a new one only when a task that it let go of is opened again, or a run of one is late', () => {
    const story = recordedEvents('story');
    for (const at of [0, 1, 5, story.length]) expect(follow(story, at).snapshots).toBe(1);
  });
});
