import type { Repository, SpecSighting, SpecVersion, Task } from '@decree/contracts';

export type PlanDecision =
  | { type: 'plan'; specs: SpecVersion[] }
  /** The Planner runs, or waits out its back-off; what changed is taken into the next batch. */
  | { type: 'later'; notBefore: string | null }
  | { type: 'nothing' };

/** After so many failures on the same batch it waits for a person. */
export const maxPlanFailures = 5;
const backoffBaseMs = 30_000;

/** Which specs the Planner is given now: approved, and changed since they were last planned. One batch at a time. */
export function decidePlan(
  specs: readonly SpecSighting[],
  openPlans: readonly Task[],
  repository: Repository | null,
  now: string,
  options: { insist: boolean } = { insist: false },
): PlanDecision {
  const due = specs.filter((spec) => spec.status === 'approved' && spec.blobSha !== spec.plannedBlobSha);
  if (due.length === 0) return { type: 'nothing' };
  if (openPlans.length > 0) return { type: 'later', notBefore: null };
  const batch = due
    .map(({ path, blobSha, commitSha }) => ({ path, blobSha, commitSha }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const failure = repository?.planFailure;
  if (failure && failure.key === planKey(batch) && !options.insist) {
    if (failure.nextTryAt === null) return { type: 'nothing' };
    if (failure.nextTryAt > now) return { type: 'later', notBefore: failure.nextTryAt };
  }
  return { type: 'plan', specs: batch };
}

/** The same set of paths is the same batch, whatever their versions. */
export const planKey = (specs: readonly { path: string }[]): string => specs.map((spec) => spec.path).join('\n');

/** The next failure count for a batch, and when it is tried again (doubling from 30 s; null: no more by itself). */
export function planFailure(previous: Repository['planFailure'], key: string, nowMs: number) {
  const count = previous?.key === key ? previous.count + 1 : 1;
  const nextTryAt = count >= maxPlanFailures ? null : new Date(nowMs + backoffBaseMs * 2 ** (count - 1)).toISOString();
  return { key, count, nextTryAt };
}
