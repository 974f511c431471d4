import { describe, expect, it } from 'vitest';
import { type Run, refuseTask, type Task, taskActions, taskCan, taskStatuses } from '../src/index.ts';
import { recordedState } from './recordings.ts';

const [known] = Object.values(recordedState('cancel').tasks) as [Task];
const [canceled] = Object.values(recordedState('cancel').runs) as [Run];
const pulls = [{ number: 7, issues: [known.issue as number] }];
const nothing = { run: null, pulls: [] };
const taskOf = (status: (typeof taskStatuses)[number] | null, change: Partial<Task> = {}): Task => ({
  ...known,
  ...{ closedAt: null, activeRunId: null, followUpRunId: null },
  sighting: known.sighting && { ...known.sighting, status },
  ...change,
});
const allowed = (action: (typeof taskActions)[number], about = nothing as Parameters<typeof refuseTask>[2]) =>
  taskStatuses.filter((status) => taskCan[action](taskOf(status), about) === null);

describe('what can be done to a task', () => {
  it('depends on where it stands', () => {
    expect(allowed('dispatch')).toEqual(['pending', 'in-progress', 'unblocked', 'needs-changes']);
    expect(allowed('review', { run: null, pulls })).toEqual(['review']);
    expect(allowed('unblock')).toEqual(['blocked', 'needs-refinement']);
    expect(allowed('merge', { run: null, pulls })).toEqual(['approved']);
    expect(allowed('requeue')).toEqual(taskStatuses.filter((status) => status !== 'pending'));
    expect(allowed('close')).toEqual(taskStatuses);
  });

  it('wants a pull request for a review and a merge, and this task’s', () => {
    expect(refuseTask('review', taskOf('review'), nothing)?.code).toBe('no_pull_request');
    expect(refuseTask('merge', taskOf('approved'), { run: null, pulls: [{ number: 8, issues: [999] }] })?.code).toBe(
      'no_pull_request',
    );
  });

  it('is nothing but a comment or a label once it is closed, and the reason says so', () => {
    const closed = taskOf('pending', { closedAt: known.createdAt });
    for (const action of taskActions)
      expect(taskCan[action](closed, { run: canceled, pulls })).toEqual(
        action === 'comment' || action === 'label' ? null : expect.stringMatching(/closed/),
      );
  });

  it('is neither dispatched nor put back while an agent works on it', () => {
    const busy = taskOf('in-progress', { activeRunId: canceled.id });
    for (const action of ['dispatch', 'review', 'requeue'] as const)
      expect(refuseTask(action, busy, nothing)?.code).toBe('already_running');
  });

  it('is a retry when the last run did not succeed, and its role could be dispatched', () => {
    expect(taskCan.retry(taskOf('pending'), { run: canceled, pulls: [] })).toBeNull();
    expect(refuseTask('retry', taskOf('blocked'), { run: canceled, pulls: [] })?.code).toBe('wrong_status');
    expect(refuseTask('retry', taskOf('pending'), nothing)?.code).toBe('no_run');
    const success = { ...canceled, state: 'success' } as Run;
    expect(refuseTask('retry', taskOf('pending'), { run: success, pulls: [] })?.code).toBe('nothing_to_retry');
    const live = { ...canceled, state: 'queued' } as Run;
    expect(refuseTask('retry', taskOf('pending'), { run: live, pulls: [] })?.code).toBe('already_running');
  });

  it('is nothing of this with a plan, which has no issue', () => {
    const plan = taskOf(null, { kind: 'plan', issue: null, sighting: null });
    for (const action of taskActions.filter((one) => one !== 'retry'))
      expect(refuseTask(action, plan, nothing)?.code).toBe('not_a_task');
  });
});
