import type { Approval, PullSighting, Repository, Run, State, Task } from '@decree/contracts';
import { isLive, priorities } from '@decree/contracts';
import { memoLast, memoWeak, sameList } from './memo.ts';
import { type Standing, standingOf, standingOfPlanFailure, type TaskSection } from './task-standing.ts';

/** A task with all that its row is made of. */
export interface TaskEntry {
  /** The task's id; `planner:<owner/name>` of a Planner whose batch is closed. */
  readonly identity: string;
  readonly repositoryId: string;
  /** Null for a Planner whose batch is closed: it failed, and waits. */
  readonly task: Task | null;
  /** The live run, else the last that is known; null when there never was one. */
  readonly run: Run | null;
  /** The approval that the run waits for. */
  readonly approval: Approval | null;
  /** Open pull requests that close the issue, newest first. */
  readonly pulls: readonly PullSighting[];
  readonly planFailure: NonNullable<Repository['planFailure']> | null;
  readonly standing: Standing;
  /** Of the priority: smaller is sooner. */
  readonly urgency: number;
}

/** All rows there are, in their order. */
export interface TaskEntries {
  readonly ordered: readonly TaskEntry[];
  readonly byIdentity: ReadonlyMap<string, TaskEntry>;
  /** How many tasks of people, without the Planner's rows. */
  readonly tasks: number;
}

const noPulls: readonly PullSighting[] = [];
const plannerPrefix = 'planner:';
const issueKey = (repositoryId: string, issue: number): string => `${repositoryId}#${issue}`;

/** The row of a Planner that has no open batch. */
export const plannerIdentity = (repositoryId: string): string => `${plannerPrefix}${repositoryId}`;

/** Section, weight, priority, issue, and last the identity, so that no two rows ever stand equal. */
export function compareEntries(a: TaskEntry, b: TaskEntry): number {
  if (a.standing.section !== b.standing.section) return a.standing.section === 'ACTION' ? -1 : 1;
  if (a.standing.weight !== b.standing.weight) return b.standing.weight - a.standing.weight;
  if (a.urgency !== b.urgency) return a.urgency - b.urgency;
  const [issueA, issueB] = [a.task?.issue ?? 0, b.task?.issue ?? 0];
  if (issueA !== issueB) return issueA - issueB;
  return a.identity < b.identity ? -1 : a.identity > b.identity ? 1 : 0;
}

/** Open pull requests by the issue they close; the list of an issue that nothing touched stays the same object. */
const pullsByIssue = memoLast(([pulls]: [State['pulls']], previous: ReadonlyMap<string, readonly PullSighting[]> | undefined) => {
  const found = new Map<string, PullSighting[]>();
  for (const pull of Object.values(pulls))
    for (const issue of new Set(pull.issues)) {
      const key = issueKey(pull.repositoryId, issue);
      const list = found.get(key);
      if (list) list.push(pull);
      else found.set(key, [pull]);
    }
  const stable = new Map<string, readonly PullSighting[]>();
  for (const [key, list] of found)
    stable.set(
      key,
      sameList(
        list.sort((a, b) => b.number - a.number),
        previous?.get(key),
      ),
    );
  return stable;
});

const entryOfTask = memoWeak(
  (task: Task, run: Run | null, approval: Approval | null, pulls: readonly PullSighting[]): TaskEntry => ({
    identity: task.id,
    repositoryId: task.repositoryId,
    ...{ task, run, approval, pulls },
    planFailure: null,
    standing: standingOf(task, run, approval),
    urgency: task.kind === 'plan' ? -1 : urgencyOf(task),
  }),
);

const urgencyOf = ({ sighting }: Task): number =>
  sighting?.priority ? priorities.indexOf(sighting.priority) : priorities.length;

const entryOfPlanFailure = memoWeak(
  (planFailure: NonNullable<Repository['planFailure']>, repositoryId: string): TaskEntry => ({
    ...{ identity: plannerIdentity(repositoryId), repositoryId, planFailure },
    ...{ task: null, run: null, approval: null, pulls: noPulls },
    standing: standingOfPlanFailure(planFailure.nextTryAt),
    urgency: -1,
  }),
);

const computeEntries = memoLast(
  (
    [tasks, runs, approvals, pulls, repositories]: [
      ...[State['tasks'], State['runs'], State['approvals'], State['pulls'], State['repositories']],
    ],
    previous: TaskEntries | undefined,
  ): TaskEntries => {
    const linked = pullsByIssue(pulls);
    const found = new Map<string, TaskEntry>();
    const planning = new Set<string>();
    let count = 0;
    for (const task of Object.values(tasks)) {
      const run = runs[task.activeRunId ?? task.lastRunId ?? ''] ?? null;
      const live = run !== null && isLive(run);
      // Of a plan only what runs is a row; a batch that ended is told by its repository.
      if (!live && (task.closedAt !== null || task.kind === 'plan')) continue;
      const approval = run?.state === 'waiting_approval' ? (approvals[run.approvalId] ?? null) : null;
      const own = task.issue === null ? noPulls : (linked.get(issueKey(task.repositoryId, task.issue)) ?? noPulls);
      const entry = entryOfTask(task, run, approval, own);
      found.set(entry.identity, entry);
      if (task.kind === 'plan') planning.add(task.repositoryId);
      else count += 1;
    }
    for (const { id, planFailure } of Object.values(repositories))
      if (planFailure && !planning.has(id)) found.set(plannerIdentity(id), entryOfPlanFailure(planFailure, id));
    const ordered = order(found, previous?.ordered ?? []);
    return { ordered: sameList(ordered, previous?.ordered), byIdentity: found, tasks: count };
  },
);

/** Starts from the order that was there, so that a change of one row costs one pass and no sorting of the others. */
function order(found: ReadonlyMap<string, TaskEntry>, before: readonly TaskEntry[]): TaskEntry[] {
  const known = new Set<string>();
  const ordered: TaskEntry[] = [];
  for (const { identity } of before) {
    const entry = found.get(identity);
    if (!entry) continue;
    known.add(identity);
    ordered.push(entry);
  }
  for (const entry of found.values()) if (!known.has(entry.identity)) ordered.push(entry);
  return ordered.sort(compareEntries);
}

/** Every task that is shown, in order. The same objects while the world says the same. */
export const taskEntries = ({ tasks, runs, approvals, pulls, repositories }: State): TaskEntries =>
  computeEntries(tasks, runs, approvals, pulls, repositories);

/** What a task row's identity stands for; undefined when it is not there (any more). */
export const entryOf = (world: State, identity: string | null): TaskEntry | undefined =>
  identity === null ? undefined : taskEntries(world).byIdentity.get(identity);

/** How many rows of a section there are, whatever the filter hides. */
export const countSection = (entries: TaskEntries, section: TaskSection): number =>
  entries.ordered.reduce((count, { standing }) => count + (standing.section === section ? 1 : 0), 0);
