import type { Approval, PullSighting, Repository, Run, State, Task } from '@decree/contracts';
import { isLive, priorities } from '@decree/contracts';
import { memoLast, memoWeak, sameList } from './memo.ts';
import { type Standing, standingOf, standingOfPlanFailure } from './task-standing.ts';

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
  /** The first of them: what needs a person. */
  readonly action: readonly TaskEntry[];
  /** The rest: what agents do. */
  readonly agents: readonly TaskEntry[];
  readonly byIdentity: ReadonlyMap<string, TaskEntry>;
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

type Inputs = readonly [State['tasks'], State['runs'], State['approvals'], State['pulls'], State['repositories']];

const computeEntries = memoLast((inputs: Inputs, previous: Built | undefined): Built => {
  const touched = previous ? touchedTasks(previous.inputs, inputs) : null;
  return previous && touched ? mend(previous, inputs, touched) : build(inputs, previous);
});

/** Remembers what it was made of, to see what has changed since. */
interface Built extends TaskEntries {
  readonly inputs: Inputs;
}

/** The tasks that may look different; null where everything has to be looked at. */
function touchedTasks(before: Inputs, after: Inputs): ReadonlySet<string> | null {
  // What the Planner does changes seldom, and reaches rows by roundabout ways.
  if (before[4] !== after[4]) return null;
  const touched = new Set<string>();
  let plan = false;
  eachChange(before[0], after[0], ({ id, kind }) => {
    plan ||= kind === 'plan';
    touched.add(id);
  });
  eachChange(before[1], after[1], ({ taskId }) => touched.add(taskId));
  eachChange(before[2], after[2], ({ taskId }) => touched.add(taskId));
  eachChange(before[3], after[3], ({ repositoryId, issues }) => {
    for (const issue of issues) for (const id of tasksByIssue(after[0]).get(issueKey(repositoryId, issue)) ?? []) touched.add(id);
  });
  for (const id of touched) plan ||= after[0][id]?.kind === 'plan';
  return plan ? null : touched;
}

/** Rows that differ, as they were and as they are. */
function eachChange<Row>(before: Readonly<Record<string, Row>>, after: Readonly<Record<string, Row>>, seen: (row: Row) => void) {
  if (before === after) return;
  for (const key of Object.keys(after)) if (after[key] !== before[key]) seen(after[key] as Row);
  for (const key of Object.keys(before)) if (after[key] !== before[key]) seen(before[key] as Row);
}

const tasksByIssue = memoLast(([tasks]: [State['tasks']]): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const { id, repositoryId, issue } of Object.values(tasks)) {
    if (issue === null) continue;
    const key = issueKey(repositoryId, issue);
    const list = found.get(key);
    if (list) list.push(id);
    else found.set(key, [id]);
  }
  return found;
});

/** The entry of a task as it stands; null where it is no row. */
function entryFor(task: Task, [, runs, approvals, pulls]: Inputs): TaskEntry | null {
  const run = runs[task.activeRunId ?? task.lastRunId ?? ''] ?? null;
  // Of a plan only what runs is a row; a batch that ended is told by its repository.
  if (!(run !== null && isLive(run)) && (task.closedAt !== null || task.kind === 'plan')) return null;
  const approval = run?.state === 'waiting_approval' ? (approvals[run.approvalId] ?? null) : null;
  const own = task.issue === null ? noPulls : (pullsByIssue(pulls).get(issueKey(task.repositoryId, task.issue)) ?? noPulls);
  return entryOfTask(task, run, approval, own);
}

function build(inputs: Inputs, previous: Built | undefined): Built {
  const [tasks, , , , repositories] = inputs;
  const found = new Map<string, TaskEntry>();
  const planning = new Set<string>();
  for (const task of Object.values(tasks)) {
    const entry = entryFor(task, inputs);
    if (!entry) continue;
    found.set(entry.identity, entry);
    if (task.kind === 'plan') planning.add(task.repositoryId);
  }
  for (const { id, planFailure } of Object.values(repositories))
    if (planFailure && !planning.has(id)) found.set(plannerIdentity(id), entryOfPlanFailure(planFailure, id));
  return finish([...found.values()].sort(compareEntries), found, inputs, previous);
}

/** Puts the touched entries in their places; with 2,000 tasks nothing else is sorted or made. */
function mend(previous: Built, inputs: Inputs, touched: ReadonlySet<string>): Built {
  const found = new Map(previous.byIdentity);
  const ordered = [...previous.ordered];
  for (const id of touched) {
    const task = inputs[0][id];
    const [before, after] = [found.get(id), task ? entryFor(task, inputs) : null];
    if (before === (after ?? undefined)) continue;
    if (before) ordered.splice(placeOf(ordered, before), 1);
    if (after) ordered.splice(placeOf(ordered, after), 0, after);
    if (after) found.set(id, after);
    else found.delete(id);
  }
  return finish(ordered, found, inputs, previous);
}

/** Where the entry stands, or would. */
function placeOf(ordered: readonly TaskEntry[], entry: TaskEntry): number {
  let [low, high] = [0, ordered.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareEntries(ordered[middle] as TaskEntry, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function finish(
  ordered: readonly TaskEntry[],
  byIdentity: ReadonlyMap<string, TaskEntry>,
  inputs: Inputs,
  previous: Built | undefined,
): Built {
  const agentsFrom = ordered.findIndex(({ standing }) => standing.section === 'AGENTS');
  const border = agentsFrom < 0 ? ordered.length : agentsFrom;
  return {
    ...{ byIdentity, inputs },
    ordered: sameList(ordered, previous?.ordered),
    action: sameList(ordered.slice(0, border), previous?.action),
    agents: sameList(ordered.slice(border), previous?.agents),
  };
}

/** Every task that is shown, in order. The same objects while the world says the same. */
export const taskEntries = ({ tasks, runs, approvals, pulls, repositories }: State): TaskEntries =>
  computeEntries(tasks, runs, approvals, pulls, repositories);

/** What a task row's identity stands for; undefined when it is not there (any more). */
export const entryOf = (world: State, identity: string | null): TaskEntry | undefined =>
  identity === null ? undefined : taskEntries(world).byIdentity.get(identity);
