import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidePlan, maxPlanFailures, planFailure, planKey } from '../../src/engine/workflow/planning.ts';
import { specOf, taskOf } from './samples.ts';

const now = '2026-01-02T00:00:00.000Z';
const repository = (planFailureValue: ReturnType<typeof planFailure> | null) => ({
  ...{ id: 'o/r', defaultBranch: 'main', sensorFailures: {}, planFailure: planFailureValue },
});

describe('what the Planner is given', () => {
  it('is every approved spec that changed since it was planned, in one batch, by path', () => {
    const specs = [
      specOf('z.md'),
      specOf('a.md'),
      specOf('draft.md', { status: 'draft' }),
      specOf('none.md', { status: null }),
      specOf('done.md', { plannedBlobSha: 'a'.repeat(40) }),
      specOf('changed.md', { plannedBlobSha: 'b'.repeat(40) }),
    ];
    const decision = decidePlan(specs, [], null, now);
    expect(decision.type === 'plan' && decision.specs.map(({ path }) => path)).toEqual(['a.md', 'changed.md', 'z.md']);
  });

  it('is nothing while it works: what changed meanwhile is merged into the next batch', () => {
    const running = taskOf({ kind: 'plan', specs: [{ path: 'a.md', blobSha: 'a'.repeat(40), commitSha: 'c'.repeat(40) }] });
    const specs = [specOf('a.md', { blobSha: 'b'.repeat(40) }), specOf('b.md')];
    expect(decidePlan(specs, [running], null, now)).toEqual({ type: 'later', notBefore: null });
    const planned = [specOf('a.md', { blobSha: 'b'.repeat(40), plannedBlobSha: 'a'.repeat(40) }), specOf('b.md')];
    const next = decidePlan(planned, [], null, now);
    expect(next.type === 'plan' && next.specs.map(({ path }) => path)).toEqual(['a.md', 'b.md']);
  });

  it('is nothing when approval was withdrawn before dispatch', () => {
    expect(decidePlan([specOf('a.md', { status: 'draft' })], [], null, now)).toEqual({ type: 'nothing' });
  });
});

describe('a Planner that keeps failing', () => {
  it('is tried again later and later, then waits for a person', () => {
    let failure: ReturnType<typeof planFailure> | null = null;
    const waits: (number | null)[] = [];
    for (let count = 1; count <= maxPlanFailures + 1; count += 1) {
      failure = planFailure(failure, 'a.md', 0);
      expect(failure.count).toBe(count);
      waits.push(failure.nextTryAt === null ? null : Date.parse(failure.nextTryAt) / 1000);
    }
    expect(waits).toEqual([30, 60, 120, 240, null, null]);
  });

  it('waits out its back-off on the same paths, whatever their versions, unless a person insists', () => {
    const failure = planFailure(null, planKey([specOf('a.md')]), Date.parse(now));
    for (const blobSha of ['a', 'b']) {
      const specs = [specOf('a.md', { blobSha: blobSha.repeat(40) })];
      expect(decidePlan(specs, [], repository(failure), now)).toEqual({ type: 'later', notBefore: failure.nextTryAt });
      expect(decidePlan(specs, [], repository(failure), now, { insist: true }).type).toBe('plan');
    }
    const after = new Date(Date.parse(now) + 30_000).toISOString();
    expect(decidePlan([specOf('a.md')], [], repository(failure), after).type).toBe('plan');
  });

  it('begins to count anew on another set of paths', () => {
    const failure = { key: 'a.md', count: 5, nextTryAt: null };
    expect(decidePlan([specOf('a.md')], [], repository(failure), now)).toEqual({ type: 'nothing' });
    expect(decidePlan([specOf('a.md'), specOf('b.md')], [], repository(failure), now).type).toBe('plan');
    expect(planFailure(failure, 'a.md\nb.md', 0).count).toBe(1);
  });

  it('has one key for a set of paths in whatever order they are seen', () => {
    const paths = fc.uniqueArray(fc.stringMatching(/^[a-z/]{1,8}\.md$/), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        paths.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([one, other]) => {
          const [a, b] = [one, other].map((list) =>
            decidePlan(
              list.map((path) => specOf(path)),
              [],
              null,
              now,
            ),
          );
          expect(a).toEqual(b);
        },
      ),
    );
  });
});
