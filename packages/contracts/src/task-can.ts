import { shortId } from './ids.ts';
import { dispatchableStatuses, type TaskStatus } from './labels.ts';
import { isLive, type Run } from './run.ts';
import type { PullSighting, Task } from './task.ts';

/** What the answer depends on besides the task itself. */
export interface TaskCircumstances {
  /** The task's last run, live or ended; null when it never had one. */
  run: Run | null;
  /** Open pull requests, also those of other tasks. */
  pulls: readonly Pick<PullSighting, 'number' | 'issues'>[];
}

/** Stable, for programs. */
export const taskRefusalCodes = [
  'closed',
  'not_a_task',
  'already_running',
  'follow_up_open',
  'unseen',
  'wrong_status',
  'no_pull_request',
  'no_run',
  'nothing_to_retry',
] as const;
/** Why something cannot be done to a task now: stable code, and a sentence that says what to do. */
export interface TaskRefusal {
  code: (typeof taskRefusalCodes)[number];
  message: string;
}

/** What a person can do with a task. */
export const taskActions = ['dispatch', 'review', 'retry', 'unblock', 'merge', 'requeue', 'close', 'comment', 'label'] as const;
export type TaskAction = (typeof taskActions)[number];

type Check = (task: Task, about: TaskCircumstances) => TaskRefusal | null;

const nameOf = (task: Task): string => `#${task.issue ?? '?'}`;
const statusSeen = (task: Task): TaskStatus | null => task.sighting?.status ?? null;
const isNow = (task: Task): string => `${nameOf(task)} is ${statusSeen(task) ?? 'without a status label'}`;
const refuse = (code: TaskRefusal['code'], message: string): TaskRefusal => ({ code, message });
const first = (...found: (TaskRefusal | null)[]): TaskRefusal | null => found.find((refusal) => refusal !== null) ?? null;

const isOpenIssue: Check = (task) => {
  if (task.kind !== 'implement') return refuse('not_a_task', 'a plan has no issue; it is started with `plan`');
  return task.closedAt ? refuse('closed', `${nameOf(task)} is closed`) : null;
};
const isIdle: Check = (task) => {
  if (task.activeRunId)
    return refuse(
      'already_running',
      `an agent works on ${nameOf(task)} already (run ${shortId(task.activeRunId)}); one agent per issue at a time`,
    );
  if (task.followUpRunId)
    return refuse('follow_up_open', `the last run of ${nameOf(task)} is being concluded; try again in a moment`);
  return null;
};
const isSeen: Check = (task) =>
  task.sighting ? null : refuse('unseen', `${nameOf(task)} has not been seen by the issue sensor yet`);
const hasPull =
  (forWhat: string): Check =>
  (task, { pulls }) =>
    task.issue !== null && pulls.some(({ issues }) => issues.includes(task.issue as number))
      ? null
      : refuse('no_pull_request', `${nameOf(task)} has no open pull request to ${forWhat}`);

const dispatchable: Check = (task) => {
  const status = statusSeen(task);
  if (status && dispatchableStatuses.includes(status)) return null;
  const hint = status === 'blocked' || status === 'needs-refinement' ? ': unblock it first' : '';
  return refuse('wrong_status', `${isNow(task)}${hint}; an Implementor can be dispatched on ${dispatchableStatuses.join(', ')}`);
};
const inReview: Check = (task) =>
  statusSeen(task) === 'review' ? null : refuse('wrong_status', `${isNow(task)}: only a task in review can be reviewed`);
const stuck: Check = (task) =>
  statusSeen(task) === 'blocked' || statusSeen(task) === 'needs-refinement'
    ? null
    : refuse('wrong_status', `${isNow(task)}; only blocked or needs-refinement can be unblocked`);
const approved: Check = (task) =>
  statusSeen(task) === 'approved' ? null : refuse('wrong_status', `${isNow(task)}; only an approved task is merged`);
const notPending: Check = (task) =>
  statusSeen(task) === 'pending' ? refuse('wrong_status', `${nameOf(task)} is pending already; dispatch it`) : null;

const dispatch: Check = (task, about) =>
  first(isOpenIssue(task, about), isIdle(task, about), isSeen(task, about), dispatchable(task, about));
const review: Check = (task, about) =>
  first(
    ...[isOpenIssue(task, about), isIdle(task, about), isSeen(task, about)],
    ...[inReview(task, about), hasPull('review')(task, about)],
  );

/** A retry starts the role of the last run anew, so it is refused where that is; a Planner's is `plan.start`. */
const retry: Check = (task, about) => {
  const { run } = about;
  if (!run) return refuse('no_run', `nothing has run on ${task.issue === null ? 'it' : nameOf(task)} yet; dispatch it`);
  if (isLive(run)) return refuse('already_running', `the run is still ${run.state}`);
  if (run.role === 'planner') return task.closedAt ? refuse('closed', 'this plan is done') : null;
  if (run.state === 'success') return refuse('nothing_to_retry', `the last run of ${nameOf(task)} succeeded`);
  return run.role === 'reviewer' ? review(task, about) : dispatch(task, about);
};

const checks: { readonly [A in TaskAction]: Check } = {
  dispatch,
  review,
  retry,
  unblock: (task, about) => first(isOpenIssue(task, about), isSeen(task, about), stuck(task, about)),
  merge: (task, about) =>
    first(isOpenIssue(task, about), isSeen(task, about), approved(task, about), hasPull('merge')(task, about)),
  requeue: (task, about) => first(isOpenIssue(task, about), isIdle(task, about), isSeen(task, about), notPending(task, about)),
  close: isOpenIssue,
  comment: (task) => (task.issue === null ? refuse('not_a_task', 'a plan has no issue') : null),
  label: (task) => (task.issue === null ? refuse('not_a_task', 'a plan has no issue') : null),
};

/** Null when it can be done now. The same answer for engine, terminal and console. */
export const refuseTask = (action: TaskAction, task: Task, about: TaskCircumstances): TaskRefusal | null =>
  checks[action](task, about);

/** What can be done to a task now; null means yes, a string is the reason why not. Engine and UIs ask here. */
export const taskCan = Object.fromEntries(
  taskActions.map((action) => [
    action,
    (task: Task, about: TaskCircumstances) => refuseTask(action, task, about)?.message ?? null,
  ]),
) as { readonly [A in TaskAction]: (task: Task, about: TaskCircumstances) => string | null };
