import { roles, taskStatuses } from '@decree/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseModel, rankOf, refuseDispatch } from '../../src/engine/workflow/dispatch.ts';
import { decideFollowUp } from '../../src/engine/workflow/follow-up.ts';
import { decideOutcome } from '../../src/engine/workflow/outcome.ts';
import { findStale } from '../../src/engine/workflow/recovery.ts';
import { approvalOf, runOf, taskOf } from './samples.ts';

const statuses = [...taskStatuses, null];

describe('dispatch', () => {
  it.each([
    ['a closed task', taskOf({ closedAt: '2026-01-01T00:00:00.000Z' }), 'closed'],
    ['a plan', taskOf({ kind: 'plan', issue: null }), 'not_a_task'],
    ['a task with a live run', taskOf({ activeRunId: 'r' }), 'already_running'],
    ['a task whose last run is being concluded', taskOf({ followUpRunId: 'r' }), 'follow_up_open'],
    ['a task that no sensor has seen', taskOf({ sighting: null }), 'unseen'],
    ['a closed task with a live run', taskOf({ closedAt: '2026-01-01T00:00:00.000Z', activeRunId: 'r' }), 'closed'],
  ])('of %s is refused in both roles', (_, task, code) => {
    expect(refuseDispatch(task, 'implementor', null)?.code).toBe(code);
    expect(refuseDispatch(task, 'reviewer', 3)?.code).toBe(code);
  });

  it.each(statuses)('of an Implementor on %s is as the founding facts say', (status) => {
    const allowed = ['pending', 'unblocked', 'needs-changes', 'in-progress'].includes(status ?? '');
    const refusal = refuseDispatch(taskOf({ status }), 'implementor', null);
    expect(refusal?.code ?? null).toBe(allowed ? null : 'wrong_status');
    if (refusal) expect(refusal.message).toContain(status ?? 'without a status label');
  });

  it.each(statuses)('of a Reviewer on %s wants review and a pull request', (status) => {
    const refusal = refuseDispatch(taskOf({ status }), 'reviewer', 3);
    expect(refusal?.code ?? null).toBe(status === 'review' ? null : 'wrong_status');
    expect(refuseDispatch(taskOf({ status: 'review' }), 'reviewer', null)?.code).toBe('no_pull_request');
  });

  it('ranks by priority, a review before new work of its priority, and the Planner first of all', () => {
    const order = [
      rankOf(taskOf(), 'planner'),
      rankOf(taskOf({ priority: 'high' }), 'reviewer'),
      rankOf(taskOf({ priority: 'high' }), 'implementor'),
      rankOf(taskOf(), 'reviewer'),
      rankOf(taskOf(), 'implementor'),
      rankOf(taskOf({ priority: 'low' }), 'reviewer'),
      rankOf(taskOf({ priority: 'low' }), 'implementor'),
    ];
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(new Set(order).size).toBe(order.length);
  });

  it('chooses the model by complexity, and none without one', () => {
    const models = { simple: 's', complex: null };
    expect([chooseModel('simple', models), chooseModel('complex', models), chooseModel(null, models)]).toEqual(['s', null, null]);
  });
});

describe('what follows from the end of a run', () => {
  const pull = { number: 9, draft: false };
  it.each([
    ['success', 'in-progress', pull, { type: 'review', pull: 9 }],
    ['success', 'pending', pull, { type: 'review', pull: 9 }],
    ['success', null, pull, { type: 'review', pull: 9 }],
    ['success', 'in-progress', { number: 9, draft: true }, { type: 'recover', from: 'in-progress' }],
    ['success', 'in-progress', null, { type: 'recover', from: 'in-progress' }],
    ['success', 'blocked', pull, { type: 'nothing' }],
    ['success', 'needs-refinement', null, { type: 'nothing' }],
    ['failure', 'in-progress', pull, { type: 'recover', from: 'in-progress' }],
    ['failure', 'pending', null, { type: 'nothing' }],
    ['canceled', 'in-progress', null, { type: 'recover', from: 'in-progress' }],
    ['canceled', 'review', pull, { type: 'nothing' }],
  ])('of an Implementor: %s, %s', (state, status, found, expected) => {
    expect(decideFollowUp(runOf({ state }), { status: status as never, pull: found })).toEqual(expected);
  });

  it('of a Reviewer is nothing, and of a Planner a batch that is planned or failed', () => {
    fc.assert(
      fc.property(fc.constantFrom('success', 'failure', 'canceled'), fc.constantFrom(...statuses), (state, status) => {
        const after = { status, pull };
        expect(decideFollowUp(runOf({ role: 'reviewer', state }), after)).toEqual({ type: 'nothing' });
        const planner = decideFollowUp(runOf({ role: 'planner', state }), after);
        expect(planner.type).toBe(state === 'success' ? 'planned' : 'plan_failed');
      }),
    );
  });
});

describe('how a run ended', () => {
  const ok = { status: 'ok', message: 'done' } as const;
  it('is never success when the agent did not say ok', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...roles),
        fc.constantFrom('error', 'canceled', 'limit', 'deferred'),
        fc.constantFrom(...statuses),
        fc.string(),
        (role, status, label, message) => {
          const outcome = decideOutcome(
            runOf({ role }),
            { status, message } as never,
            { status: label, pull: { number: 1, draft: false }, delivered: true },
            [],
          );
          expect(outcome.type).toBe('failure');
          if (outcome.type === 'failure' && status !== 'limit') expect(outcome.message).not.toBe('');
        },
      ),
    );
  });

  it('of an Implementor is success with a pull request, a draft too, whatever was denied on the way', () => {
    for (const draft of [true, false]) {
      const outcome = decideOutcome(runOf(), ok, { status: null, pull: { number: 9, draft }, delivered: true }, [
        approvalOf('denied', 'no'),
      ]);
      expect(outcome).toMatchObject({ type: 'success', summary: expect.stringContaining('#9') });
    }
  });

  it('of an Implementor that leaves an old pull request as it was is no success', () => {
    const before = { status: 'needs-changes' as const, pull: { number: 9, draft: false }, delivered: false };
    expect(decideOutcome(runOf(), ok, before, [])).toMatchObject({ type: 'failure', code: 'nothing_delivered' });
    expect(decideOutcome(runOf(), ok, before, [approvalOf('denied', 'no')])).toMatchObject({ code: 'approval_denied' });
  });

  it.each([
    ['nothing', null, [], 'no_pull_request'],
    ['a denied approval', null, [approvalOf('denied', 'not now')], 'approval_denied'],
    ['an expired approval', null, [approvalOf('expired')], 'approval_expired'],
    ['an expired, then a denied one', null, [approvalOf('expired'), approvalOf('denied', 'x')], 'approval_denied'],
    ['a denied, then an approved one', null, [approvalOf('denied', 'x'), approvalOf('consumed')], 'approval_denied'],
  ])('of an Implementor without a pull request and with %s says why', (_, status, approvals, code) => {
    expect(decideOutcome(runOf(), ok, { status, pull: null, delivered: false }, approvals)).toMatchObject({
      type: 'failure',
      code,
    });
  });

  it.each(['blocked', 'needs-refinement'] as const)('of an Implementor that hands over as %s is success', (status) => {
    expect(decideOutcome(runOf(), ok, { status, pull: null, delivered: false }, [])).toMatchObject({ type: 'success' });
  });

  it.each(statuses)('of a Reviewer that leaves %s wants a verdict', (status) => {
    const outcome = decideOutcome(runOf({ role: 'reviewer' }), ok, { status, pull: null, delivered: false }, []);
    const verdict = status === 'approved' || status === 'needs-changes';
    expect(outcome).toMatchObject(verdict ? { type: 'success' } : { type: 'failure', code: 'no_verdict' });
  });
});

describe('an in-progress label that nothing works on', () => {
  const since = (ms: number) => new Map([[taskOf().id, ms]]);
  it('is reset once the grace is over, at start at once', () => {
    const task = taskOf({ status: 'in-progress' });
    expect(findStale([task], since(0), 59, 60)).toEqual([]);
    expect(findStale([task], since(0), 60, 60)).toEqual([task]);
    expect(findStale([task], new Map(), 60, 60)).toEqual([]);
    expect(findStale([task], new Map(), 60, 0)).toEqual([task]);
  });

  it.each([
    ['runs', taskOf({ status: 'in-progress', activeRunId: 'r' })],
    ['is being concluded', taskOf({ status: 'in-progress', followUpRunId: 'r' })],
    ['is closed', taskOf({ status: 'in-progress', closedAt: '2026-01-01T00:00:00.000Z' })],
    ['is blocked', taskOf({ status: 'blocked' })],
    ['was never seen', taskOf({ sighting: null })],
  ])('is left alone when the task %s', (_, task) => {
    expect(findStale([task], since(0), 1e9, 0)).toEqual([]);
  });
});
