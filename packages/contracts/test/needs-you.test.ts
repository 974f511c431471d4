import { describe, expect, it } from 'vitest';
import {
  emptyState,
  needsYou,
  planNeedsYou,
  type Repository,
  type Run,
  type Task,
  taskNeeds,
  taskStatuses,
} from '../src/index.ts';

const taskOf = (change: Partial<Task> & { status?: string | null } = {}): Task => {
  const { status = 'pending', ...rest } = change;
  const sighting = { status, seenAt: '2026-01-02T00:00:00.000Z' };
  const task = {
    id: 't',
    repositoryId: 'a/b',
    kind: 'implement',
    closedAt: null,
    activeRunId: null,
    lastRunId: 'r',
    followUpRunId: null,
  };
  return { ...task, lastFailure: null, createdAt: '2026-01-01T00:00:00.000Z', sighting, ...rest } as unknown as Task;
};
const runOf = (change: object): Run => ({ id: 'r', role: 'implementor', repositoryId: 'a/b', ...change }) as unknown as Run;
const failure = { runId: 'r', code: 'agent_crashed', message: '', at: '2026-01-03T00:00:00.000Z' } as Task['lastFailure'];

describe('what needs a person', () => {
  it('is by its label what no agent takes up by itself', () => {
    expect(
      Object.fromEntries([...taskStatuses, null].map((status) => [status, taskNeeds(taskOf({ status }), null, null)])),
    ).toEqual({
      ...{ pending: 'dispatch', unblocked: 'dispatch', 'needs-changes': 'dispatch', 'in-progress': 'dispatch' },
      ...{ blocked: 'unblock', 'needs-refinement': 'refine', approved: 'merge', review: null, null: 'label' },
    });
  });

  it('is a failure, and a limit that was met, whatever the label says', () => {
    expect(taskNeeds(taskOf({ status: 'review', lastFailure: failure }), null, null)).toBe('failure');
    expect(taskNeeds(taskOf({ status: 'review' }), runOf({ state: 'canceled', code: 'max_duration' }), null)).toBe('limit');
    expect(taskNeeds(taskOf({ lastFailure: { ...failure!, code: 'agent_limit' } }), null, null)).toBe('limit');
  });

  it('is nothing while an agent has it, but the decision that it waits for', () => {
    const task = taskOf({ lastFailure: failure });
    for (const state of ['queued', 'running']) expect(taskNeeds(task, runOf({ state }), null)).toBeNull();
    const waiting = runOf({ state: 'waiting_approval', approvalId: 'p' });
    expect(taskNeeds(task, waiting, null)).toBe('decide');
    expect(taskNeeds(task, waiting, { state: 'pending' } as never)).toBe('decide');
    expect(taskNeeds(task, waiting, { state: 'approved' } as never)).toBeNull();
  });

  it('is nothing that is closed, planned, or still being concluded', () => {
    expect(taskNeeds(taskOf({ closedAt: '2026-01-04T00:00:00.000Z' }), null, null)).toBeNull();
    expect(taskNeeds(taskOf({ kind: 'plan', lastFailure: failure }), null, null)).toBeNull();
    expect(taskNeeds(taskOf({ status: 'in-progress', followUpRunId: 'r' }), null, null)).toBeNull();
  });

  it('is a plan that is not tried again by itself', () => {
    const repository = { id: 'a/b', planFailure: { key: 'k', count: 5, nextTryAt: null } } as Repository;
    expect(planNeedsYou(repository, false)).toBe(true);
    expect(planNeedsYou(repository, true)).toBe(false);
    const again = { ...repository, planFailure: { key: 'k', count: 1, nextTryAt: '2026-01-04T00:00:00.000Z' } };
    expect(planNeedsYou(again, false)).toBe(false);
    const state = { ...emptyState(), repositories: { 'a/b': repository }, tasks: { t: taskOf({ lastFailure: failure }) } };
    expect(needsYou(state)).toEqual([
      { need: 'failure', taskId: 't', repositoryId: 'a/b', since: failure?.at },
      { need: 'failure', taskId: null, repositoryId: 'a/b', since: null },
    ]);
    const planner = runOf({ id: 'p', state: 'running', role: 'planner' });
    expect(needsYou({ ...state, tasks: {}, runs: { p: planner } })).toEqual([]);
  });
});
