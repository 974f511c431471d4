// Long because it is one table: every row of the founding document's, and what holds for all of them together.
import { type Event, fold, needsYou, type Run, type State, type TaskStatus, taskStatuses } from '@decree/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEntries, entryOf, taskEntries } from '../../../src/tui/model/task-entries.ts';
import { at, idOf, sampleApproval, samplePull, sampleRepository, sampleRun, sampleTask, worldOf } from './sample-world.ts';

const orderedOf = (world: State) => {
  const { action, agents } = taskEntries(world);
  return [...action, ...agents];
};
const shownOf = (world: State) =>
  orderedOf(world).map(({ standing: { section, weight, icon, word } }) => ({ section, weight, icon, word }));
const lastFailure = { runId: idOf(501), code: 'agent_crashed' as const, message: 'it ended', at: at(25) };

describe('what a task is shown as', () => {
  const byLabel: readonly [TaskStatus, string, string, string, number][] = [
    ['approved', '✔', 'APPROVED', 'ACTION', 100],
    ['blocked', '⛔', 'BLOCKED', 'ACTION', 80],
    ['needs-refinement', '📝', 'REFINE', 'ACTION', 70],
    ['pending', '●', 'DISPATCH', 'ACTION', 50],
    ['unblocked', '●', 'DISPATCH', 'ACTION', 50],
    ['needs-changes', '●', 'DISPATCH', 'ACTION', 50],
    ['in-progress', '●', 'DISPATCH', 'ACTION', 50],
    ['review', '🔎', 'REVIEW', 'AGENTS', 50],
  ];
  it('knows every status label', () => expect(byLabel.map(([status]) => status).sort()).toEqual([...taskStatuses].sort()));
  it.each(byLabel)('shows status:%s with nothing running as %s %s in %s, weight %i', (status, icon, word, section, weight) => {
    expect(shownOf(worldOf({ tasks: [sampleTask(1, { seen: { status } })] }))).toEqual([{ section, weight, icon, word }]);
  });

  const byRun: readonly [string, Run, string, string, string, number][] = [
    ['a working Implementor', sampleRun('running', 1, { attempt: 3 }), '🤖', 'WIP(3)', 'AGENTS', 50],
    ['a working Reviewer', sampleRun('running', 1, { role: 'reviewer' }), '🔎', 'REVIEW', 'AGENTS', 50],
    ['a queued run', sampleRun('queued', 1), '…', 'QUEUED', 'AGENTS', 45],
    ['a run that waits for an approval', sampleRun('waiting_approval', 1), '⏸', 'APPROVE', 'ACTION', 110],
  ];
  it.each(byRun)('shows %s as its row of the table', (_what, run, icon, word, section, weight) => {
    const world = worldOf({
      tasks: [sampleTask(1, { seen: { status: 'in-progress' } })],
      runs: [run],
      approvals: [sampleApproval(1)],
    });
    expect(shownOf(world)).toEqual([{ section, weight, icon, word }]);
  });

  it('shows a crash whatever the label says', () => {
    for (const status of taskStatuses) {
      const world = worldOf({ tasks: [sampleTask(1, { seen: { status }, lastFailure })], runs: [sampleRun('failure', 1)] });
      expect(shownOf(world)).toEqual([{ section: 'ACTION', weight: 90, icon: '💥', word: 'FAILED' }]);
    }
  });
  it('shows a run that met its turns, budget or time as BUDGET', () => {
    const budget = [{ section: 'ACTION', weight: 85, icon: '💰', word: 'BUDGET' }];
    const limited = worldOf({
      tasks: [sampleTask(1, { lastFailure: { ...lastFailure, code: 'agent_limit' } })],
      runs: [sampleRun('failure', 1, { code: 'agent_limit' })],
    });
    expect(shownOf(limited)).toEqual(budget);
    expect(shownOf(worldOf({ tasks: [sampleTask(1)], runs: [sampleRun('canceled', 1, { code: 'max_duration' })] }))).toEqual(
      budget,
    );
  });
  it('shows a new attempt rather than the failure before it', () => {
    expect(
      shownOf(worldOf({ tasks: [sampleTask(1, { lastFailure })], runs: [sampleRun('running', 1, { attempt: 2 })] }))[0]?.word,
    ).toBe('WIP(2)');
  });
  it('waits for nobody once the approval is decided', () => {
    const world = worldOf({
      tasks: [sampleTask(1)],
      runs: [sampleRun('waiting_approval', 1)],
      approvals: [sampleApproval(1, { state: 'approved' })],
    });
    expect(shownOf(world)[0]?.word).toBe('WIP(1)');
  });
  it('does not hand a task to the person before what follows from its run is drawn', () => {
    const task = sampleTask(1, { seen: { status: 'in-progress' }, followUpRunId: idOf(501) });
    expect(shownOf(worldOf({ tasks: [task], runs: [sampleRun('success', 1)] }))[0]).toMatchObject({
      section: 'AGENTS',
      word: 'WIP(1)',
    });
  });
  it('says of an issue without a status label that it has none', () => {
    expect(shownOf(worldOf({ tasks: [sampleTask(1, { seen: { status: null } })] }))[0]).toMatchObject({
      section: 'ACTION',
      word: 'NO LABEL',
    });
  });
  it('leaves closed tasks out, but not while an agent still runs on one', () => {
    expect(shownOf(worldOf({ tasks: [sampleTask(1, { closedAt: at(5) })] }))).toEqual([]);
    expect(shownOf(worldOf({ tasks: [sampleTask(1, { closedAt: at(5) })], runs: [sampleRun('running', 1)] }))).toHaveLength(1);
  });
});

describe("the Planner's own row", () => {
  const plan = sampleTask(9, { kind: 'plan', issue: null, seen: null });
  const failure = { key: 'docs/specs/a.md', count: 5, nextTryAt: null };
  it.each([
    ['running', 'WIP(1)', 'AGENTS'],
    ['queued', 'QUEUED', 'AGENTS'],
    ['waiting_approval', 'APPROVE', 'ACTION'],
  ] as const)('of a %s Planner says %s', (state, word, section) => {
    const world = worldOf({ tasks: [plan], runs: [sampleRun(state, 9, { role: 'planner', issue: null })] });
    expect(shownOf(world)).toMatchObject([{ word, section }]);
  });
  it('asks for a person when planning failed for good, and not while it is tried again', () => {
    const failed = (nextTryAt: string | null) =>
      worldOf({ repositories: [sampleRepository({ planFailure: { ...failure, nextTryAt } })] });
    expect(shownOf(failed(null))).toMatchObject([{ word: 'FAILED', section: 'ACTION', weight: 90 }]);
    expect(shownOf(failed(at(40)))).toMatchObject([{ word: 'QUEUED', section: 'AGENTS' }]);
  });
  it('is one row while it runs again after a failure', () => {
    const world = worldOf({
      tasks: [plan],
      runs: [sampleRun('running', 9, { role: 'planner' })],
      repositories: [sampleRepository({ planFailure: failure })],
    });
    expect(shownOf(world)).toMatchObject([{ word: 'WIP(1)' }]);
  });
  it('is not shown while it is idle', () => expect(shownOf(worldOf({ tasks: [{ ...plan, closedAt: at(3) }] }))).toEqual([]));
});

describe('the order of rows', () => {
  it('goes by weight, then priority, then issue number', () => {
    const world = worldOf({
      tasks: [
        sampleTask(5, { seen: { priority: 'low' } }),
        sampleTask(4, { seen: { priority: null } }),
        sampleTask(3, { seen: { priority: 'high' } }),
        sampleTask(2, { seen: { priority: 'high' } }),
        sampleTask(1, { seen: { status: 'blocked', priority: 'low' } }),
      ],
    });
    expect(orderedOf(world).map(({ task }) => task?.issue)).toEqual([1, 2, 3, 5, 4]);
  });
  it('is total, and every identity is there once, whatever the world', () => {
    const task = fc.record({
      status: fc.constantFrom(...taskStatuses, null),
      priority: fc.constantFrom('high', 'medium', 'low', null),
      issue: fc.integer({ min: 1, max: 4 }),
      failed: fc.boolean(),
      run: fc.constantFrom('queued', 'running', 'waiting_approval', 'failure', 'canceled', null),
    });
    fc.assert(
      fc.property(fc.array(task, { maxLength: 12 }), fc.boolean(), (specs, planFailed) => {
        const tasks = specs.map(({ status, priority, issue, failed }, index) =>
          sampleTask(index + 1, { issue, seen: { status, priority }, lastFailure: failed ? lastFailure : null }),
        );
        const runs = specs.flatMap(({ run }, index) => (run ? [sampleRun(run, index + 1)] : []));
        const planFailure = planFailed ? { key: 'a', count: 5, nextTryAt: null } : null;
        const world = worldOf({ tasks, runs, repositories: [sampleRepository({ planFailure })] });
        const ordered = orderedOf(world);
        // What stands under ACTION is what the engine counts, one for one.
        expect(needsYou(world)).toHaveLength(taskEntries(world).action.length);
        expect(new Set(ordered.map(({ identity }) => identity)).size).toBe(ordered.length);
        expect(ordered.map(({ identity }) => entryOf(world, identity))).toEqual(ordered);
        for (const [index, a] of ordered.entries())
          for (const b of ordered.slice(index + 1)) {
            expect(compareEntries(a, b)).toBeLessThan(0);
            expect(compareEntries(b, a)).toBeGreaterThan(0);
          }
      }),
      { numRuns: 200 },
    );
  });
});

type Step =
  | { kind: 'label'; number: number; status: TaskStatus | null }
  | { kind: 'run'; number: number; state: 'queued' | 'running' | 'waiting_approval' | 'failure' }
  | { kind: 'close' | 'gone'; number: number }
  | { kind: 'pull'; number: number; issue: number; ci: 'success' | 'failure' };

describe('what is made anew', () => {
  const tasks = Array.from({ length: 50 }, (_, index) => sampleTask(index + 1));
  const world = worldOf({ tasks, runs: [sampleRun('running', 7)], pulls: [samplePull(3, [4]), samplePull(5, [6])] });
  it('is the entry of the touched task alone', () => {
    const before = orderedOf(world);
    const event = {
      ...{ id: idOf(1000), schemaVersion: 1, type: 'run.used', occurredAt: at(29), correlationId: idOf(7), causationId: null },
      ...{
        repositoryId: world.tasks[idOf(7)]?.repositoryId ?? null,
        taskId: idOf(7),
        runId: idOf(507),
        agentId: null,
        sessionId: null,
      },
      actor: { type: 'agent', id: 'implementor' },
      payload: { model: 'sonnet', usage: sampleRun('running', 7).usage },
    } as Event;
    const after = orderedOf(fold(world, event));
    const changed = after.filter((entry, index) => entry !== before[index]);
    expect(changed.map(({ task }) => task?.issue)).toEqual([7]);
  });
  it('is, for a pull request, the entry of the issue that it closes', () => {
    const before = orderedOf(world);
    const after = orderedOf({ ...world, pulls: { ...world.pulls, 'acme/greeter#5': samplePull(5, [6], { ci: 'failure' }) } });
    expect(after.filter((entry) => !before.includes(entry)).map(({ task }) => task?.issue)).toEqual([6]);
  });
  it('is nothing where only what rows are not made of changed', () => {
    expect(taskEntries({ ...world, artifacts: {} }).action).toBe(taskEntries(world).action);
  });
  it('comes to the same as making everything anew, whatever changes', () => {
    const ids = fc.integer({ min: 1, max: 6 });
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ kind: fc.constant('label' as const), number: ids, status: fc.constantFrom(...taskStatuses, null) }),
      fc.record({
        kind: fc.constant('run' as const),
        number: ids,
        state: fc.constantFrom('queued' as const, 'running' as const, 'waiting_approval' as const, 'failure' as const),
      }),
      fc.record({ kind: fc.constant('close' as const), number: ids }),
      fc.record({ kind: fc.constant('gone' as const), number: ids }),
      fc.record({
        kind: fc.constant('pull' as const),
        number: ids,
        issue: ids,
        ci: fc.constantFrom('success' as const, 'failure' as const),
      }),
    );
    const apply = (world: State, change: Step): State => {
      const id = idOf(change.number);
      const task = world.tasks[id] ?? sampleTask(change.number);
      switch (change.kind) {
        case 'label':
          return { ...world, tasks: { ...world.tasks, [id]: sampleTask(change.number, { seen: { status: change.status } }) } };
        case 'run': {
          const run = sampleRun(change.state, change.number);
          const live = change.state !== 'failure';
          const tasks = { ...world.tasks, [id]: { ...task, lastRunId: run.id, activeRunId: live ? run.id : null } };
          return { ...world, tasks, runs: { ...world.runs, [run.id]: run } };
        }
        case 'close':
          return { ...world, tasks: { ...world.tasks, [id]: { ...task, closedAt: at(20) } } };
        case 'gone': {
          const { [id]: _gone, ...tasks } = world.tasks;
          return { ...world, tasks };
        }
        default: {
          const pull = samplePull(change.number, [change.issue], { ci: change.ci });
          return { ...world, pulls: { ...world.pulls, [`acme/greeter#${change.number}`]: pull } };
        }
      }
    };
    const seen = (world: State) =>
      orderedOf(world).map(({ identity, standing, pulls, run }) => [identity, standing.word, pulls, run?.state]);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let world = worldOf({});
        taskEntries(world);
        const mended = steps.map((change) => {
          world = apply(world, change);
          return { world, rows: seen(world) };
        });
        // Another list of repositories makes everything be looked at.
        for (const { world: then, rows } of mended)
          expect(seen({ ...then, repositories: { ...then.repositories } })).toEqual(rows);
      }),
      { numRuns: 150 },
    );
  });
});
