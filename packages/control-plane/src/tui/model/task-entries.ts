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
  /** What needs a person. */
  readonly action: readonly TaskEntry[];
  /** What agents do. */
  readonly agents: readonly TaskEntry[];
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
    urgency: task.kind === 'plan' ? -1 : priorityOf(task),
  }),
);

/** Smaller is sooner. */
export const priorityOf = ({ sighting }: Task): number =>
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
  // A Planner's failure is a row of its own, and goes when a batch runs: seldom, and by roundabout ways.
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
  return plan && Object.values(after[4]).some(({ planFailure }) => planFailure) ? null : touched;
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
  const found: TaskEntry[] = [];
  for (const task of Object.values(tasks)) {
    const entry = entryFor(task, inputs);
    if (entry) found.push(entry);
  }
  for (const { id } of Object.values(repositories)) {
    const failure = planFailureOf(id, inputs);
    if (failure) found.push(failure);
  }
  found.sort(compareEntries);
  const border = found.findIndex(({ standing }) => standing.section === 'AGENTS');
  return {
    inputs,
    action: sameList(border < 0 ? found : found.slice(0, border), previous?.action),
    agents: sameList(border < 0 ? [] : found.slice(border), previous?.agents),
  };
}

/** The row of a Planner that failed and is not at work. */
function planFailureOf(repositoryId: string, [tasks, runs, , , repositories]: Inputs): TaskEntry | null {
  const planFailure = repositories[repositoryId]?.planFailure;
  if (!planFailure) return null;
  for (const run of Object.values(runs))
    if (run.role === 'planner' && run.repositoryId === repositoryId && isLive(run) && tasks[run.taskId]) return null;
  return entryOfPlanFailure(planFailure, repositoryId);
}

/** Puts the touched entries in their places; with 2,000 tasks nothing else is sorted, made or copied. */
function mend(previous: Built, inputs: Inputs, touched: ReadonlySet<string>): Built {
  const entriesIn = (from: Inputs) =>
    [...touched].map((id) => {
      const task = from[0][id];
      return task ? entryFor(task, from) : null;
    });
  // What stands there now is found by what it was made of; both lists are made before anything is moved.
  const before = entriesIn(previous.inputs);
  const after = entriesIn(inputs);
  const moved = before.flatMap((entry, index) =>
    entry === after[index] ? [] : [{ before: entry, after: after[index] ?? null }],
  );
  // Closed ones are no part of these lists.
  const lists = { ACTION: previous.action, AGENTS: previous.agents, CLOSED: [] };
  const changed = new Map<TaskSection, TaskEntry[]>();
  const listOf = ({ standing: { section } }: TaskEntry): TaskEntry[] => {
    const list = changed.get(section) ?? [...lists[section]];
    changed.set(section, list);
    return list;
  };
  for (const { before: entry } of moved) if (entry) listOf(entry).splice(placeOf(listOf(entry), entry), 1);
  for (const { after: entry } of moved) if (entry) listOf(entry).splice(placeOf(listOf(entry), entry), 0, entry);
  return { inputs, action: changed.get('ACTION') ?? previous.action, agents: changed.get('AGENTS') ?? previous.agents };
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

/** Every task that is shown, in order. The same lists while the world says the same. */
export const taskEntries = ({ tasks, runs, approvals, pulls, repositories }: State): TaskEntries =>
  computeEntries(tasks, runs, approvals, pulls, repositories);

/** What a task row's identity stands for; null when it is not there (any more). */
export function entryOf({ tasks, runs, approvals, pulls, repositories }: State, identity: string | null): TaskEntry | null {
  if (identity === null) return null;
  const inputs: Inputs = [tasks, runs, approvals, pulls, repositories];
  if (identity.startsWith(plannerPrefix)) return planFailureOf(identity.slice(plannerPrefix.length), inputs);
  const task = Object.hasOwn(tasks, identity) ? tasks[identity] : undefined;
  return task ? entryFor(task, inputs) : null;
}
