import { type Approval, isLive, type Run, type Task } from '@decree/contracts';
import type { TuiState, View } from './state.ts';

/**
 * What is selected or pinned, as rows. The identity of a row in a list is the id of what it shows: of a task, run, approval,
 * event or operation its id, of a worktree its branch. Costs are free to choose; `task:<id>` there is what a task cost.
 */
export interface LookedAt {
  readonly view: View;
  readonly identity: string | null;
  readonly task: Task | null;
  readonly run: Run | null;
  readonly approval: Approval | null;
  readonly branch: string | null;
}

const own = <T>(rows: Readonly<Record<string, T>>, key: string | null | undefined): T | null =>
  key !== null && key !== undefined && Object.hasOwn(rows, key) ? (rows[key] as T) : null;

/** The identity that the detail pane shows: the pinned task before the selection. */
export const detailIdentity = (state: TuiState): string | null => state.pinned ?? state.lists[state.view].selected;

/** A run as the newest source has it: the world, else a page, else what was fetched of it. */
export const runOf = (state: TuiState, id: string | null | undefined): Run | null =>
  own(state.world.runs, id) ??
  state.runPages.value?.find((run) => run.id === id) ??
  (id ? (own(state.details.runs, id)?.value?.run ?? null) : null);

/** A task's live run, else its last; of a closed one it is among those that were fetched for its history. */
export function lastRunOf(state: TuiState, task: Task | null): Run | null {
  const id = task?.activeRunId ?? task?.lastRunId;
  if (!task || !id) return null;
  return runOf(state, id) ?? own(state.details.taskRuns, task.id)?.value?.find((run) => run.id === id) ?? null;
}

/** A task as the newest source has it. */
export const taskOf = (state: TuiState, id: string | null | undefined): Task | null =>
  own(state.world.tasks, id) ??
  state.closedPages.value?.find((task) => task.id === id) ??
  Object.values(state.details.runs).find((detail) => detail.value?.task.id === id)?.value?.task ??
  null;

/** An approval as the newest source has it. */
export const approvalOf = (state: TuiState, id: string | null | undefined): Approval | null =>
  own(state.world.approvals, id) ?? state.approvalPages.value?.find((approval) => approval.id === id) ?? null;

/** The pending approval of a run; null where none waits. */
export function pendingOf(state: TuiState, run: Run | null): Approval | null {
  if (run?.state !== 'waiting_approval') return null;
  const approval = approvalOf(state, run.approvalId);
  return approval?.state === 'pending' ? approval : null;
}

/** What the person looks at, pinned or selected. */
export function lookedAt(state: TuiState): LookedAt {
  const { view, pinned } = state;
  const identity = detailIdentity(state);
  if (pinned !== null) return ofTask(state, view, identity, taskOf(state, pinned));
  switch (view) {
    case 'tasks':
      return ofTask(state, view, identity, taskOf(state, identity));
    case 'runs':
      return ofRun(state, view, identity, runOf(state, identity));
    case 'approvals': {
      const approval = approvalOf(state, identity);
      return { ...ofRun(state, view, identity, runOf(state, approval?.runId)), approval };
    }
    case 'events': {
      const event = state.eventPages.value?.find(({ id }) => id === identity);
      const run = runOf(state, event?.runId);
      return run ? ofRun(state, view, identity, run) : ofTask(state, view, identity, taskOf(state, event?.taskId));
    }
    case 'worktrees': {
      const worktree = state.worktreePages.value?.find(({ branch }) => branch === identity);
      const run = runOf(state, worktree?.runId);
      const about = run ? ofRun(state, view, identity, run) : ofTask(state, view, identity, taskOf(state, worktree?.taskId));
      return { ...about, branch: identity };
    }
    case 'operations': {
      const operation = state.operationPages.value?.find(({ id }) => id === identity);
      return ofRun(state, view, identity, runOf(state, operation?.runId));
    }
    case 'costs':
      return ofTask(state, view, identity, identity?.startsWith('task:') ? taskOf(state, identity.slice('task:'.length)) : null);
  }
}

function ofTask(state: TuiState, view: View, identity: string | null, task: Task | null): LookedAt {
  const run = lastRunOf(state, task);
  return { view, identity, task, run, approval: pendingOf(state, run), branch: run?.workspace?.branch ?? null };
}

function ofRun(state: TuiState, view: View, identity: string | null, run: Run | null): LookedAt {
  const task = taskOf(state, run?.taskId);
  return { view, identity, task, run, approval: pendingOf(state, run), branch: run?.workspace?.branch ?? null };
}

/** Whether an agent works, or waits, at all. */
export const anyLive = (state: TuiState): boolean => Object.values(state.world.runs).some(isLive);
