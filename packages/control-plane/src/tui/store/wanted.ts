import { isTransition, type Run, type StoredEvent, type Task } from '@decree/contracts';
import { lookedAt } from './looked-at.ts';
import type { DetailTab, TuiState, View } from './state.ts';

/** Names something that is fetched on demand. The lists of the views have no id. */
export type DetailKey =
  | `${'issue' | 'pull' | 'run' | 'taskRuns' | 'taskEvents' | 'decisions'}:${string}`
  | 'closed'
  | 'runs'
  | 'approvals'
  | 'events'
  | 'worktrees'
  | 'operations';

/** Who runs down a list with a held key asks for nothing on the way. */
export const stayMs = 80;

/** The session whose output is on the screen: of what is looked at. */
export const sessionShown = (state: TuiState): string | null => lookedAt(state).run?.sessionId ?? null;

/** What the screen shows, or may show when its tab follows the status: what is fetched when the person stays with it. */
export function wantedOf(state: TuiState): readonly DetailKey[] {
  const { task, run } = lookedAt(state);
  const wanted: DetailKey[] = [];
  if (['runs', 'approvals', 'events', 'worktrees', 'operations'].includes(state.view)) wanted.push(state.view as DetailKey);
  if (state.view === 'tasks') wanted.push('closed');
  const on = (...tabs: DetailTab[]) => state.tab === 'auto' || tabs.includes(state.tab);
  if (task?.issue && on('issue')) wanted.push(`issue:${task.issue}`);
  if (on('pull')) for (const number of pullsOf(state, task, run)) wanted.push(`pull:${number}`);
  if (run && on('output', 'crash', 'cost', 'decisions')) wanted.push(`run:${run.id}`);
  if (task && on('history', 'cost', 'crash', 'timeline')) wanted.push(`taskRuns:${task.id}`);
  if (task && state.tab === 'timeline') wanted.push(`taskEvents:${task.id}`);
  if (run && state.tab === 'decisions') wanted.push(`decisions:${run.id}`);
  return wanted;
}

/** Whether a view's rows are not known yet: what was selected before they came may be among them. */
export function isLoading(state: TuiState, view: View): boolean {
  const pages = {
    runs: state.runPages,
    events: state.eventPages,
    worktrees: state.worktreePages,
    operations: state.operationPages,
  };
  const page = pages[view as keyof typeof pages];
  return page !== undefined && page.value === undefined && page.status === 'loading';
}

/** Open pull requests of a task, and the one that its run is about though it is no longer open. */
export function pullsOf(state: TuiState, task: Task | null, run: Run | null): readonly number[] {
  const issue = task?.issue;
  const open = issue ? Object.values(state.world.pulls).filter(({ issues }) => issues.includes(issue)) : [];
  const numbers = open.map(({ number }) => number);
  if (run?.pull && !numbers.includes(run.pull)) numbers.push(run.pull);
  return numbers;
}

const ofForge = /\/(?:issues|pulls?)\/(\d+)/;

/** What may look different after an event. */
export function touchedBy(event: StoredEvent): readonly DetailKey[] {
  const touched: DetailKey[] = [];
  const thread = (number: number) => touched.push(`issue:${number}`, `pull:${number}`);
  if (event.taskId) touched.push(`taskEvents:${event.taskId}`);
  switch (event.type) {
    case 'policy.decided':
      if (event.runId) touched.push(`decisions:${event.runId}`);
      return touched;
    // A run's tokens are in the world; it is asked for again when something happens to it.
    case 'run.used':
      return touched;
    case 'source.issue_changed':
    case 'source.issue_removed':
    case 'task.status_set':
      touched.push(`issue:${event.payload.issue}`);
      break;
    case 'source.pull_changed':
      touched.push(`pull:${event.payload.pull.number}`);
      break;
    case 'source.pull_removed':
      touched.push(`pull:${event.payload.number}`);
      break;
    case 'artifact.recorded': {
      const number = ofForge.exec(event.payload.artifact.url ?? '')?.[1];
      if (number) thread(Number(number));
      break;
    }
    case 'system.effect_finished': {
      const number = ofForge.exec(event.payload.location ?? '')?.[1];
      if (number) thread(Number(number));
      break;
    }
    default:
  }
  if (event.runId) touched.push(`run:${event.runId}`);
  if (event.type === 'task.closed' || event.type === 'task.reopened') touched.push('closed');
  if (event.type === 'run.queued' || isTransition(event.type)) {
    touched.push('runs');
    if (event.taskId) touched.push(`taskRuns:${event.taskId}`);
  }
  if (event.type.startsWith('policy.approval_') || event.type === 'policy.granted') touched.push('approvals');
  if (event.type === 'run.workspace_ready' || event.type === 'task.followed_up') touched.push('worktrees');
  return touched;
}
