import { type Approval, type Run, shortId, type Task } from '@decree/contracts';
import type { Context } from './context.ts';
import { duration, plain, table } from './text.ts';

export function taskTable({ io, paint }: Context, tasks: readonly Task[]): string {
  const rows = tasks.map((task) => [
    task.issue === null ? task.kind : `#${task.issue}`,
    task.closedAt ? 'closed' : (task.sighting?.status ?? '–'),
    task.sighting?.priority ?? '',
    task.activeRunId ? shortId(task.activeRunId) : '',
    plain(task.title),
  ]);
  return table(
    [
      { header: 'TASK' },
      { header: 'STATUS', paint: (text) => paint('cyan', text) },
      { header: 'PRIORITY' },
      { header: 'RUN' },
      { header: 'TITLE', flexible: true },
    ],
    rows,
    io.columns,
  );
}

export const more = (next: string | undefined): string => (next ? '… more: --limit, or --after with the next of --json\n' : '');

export function runTable({ io, paint, clock }: Context, runs: readonly Run[]): string {
  const rows = runs.map((run) => {
    const end = 'endedAt' in run ? Date.parse(run.endedAt) : clock.nowMs();
    return [
      shortId(run.id),
      run.issue === null ? '–' : `#${run.issue}`,
      run.role,
      String(run.attempt),
      run.startedAt ? duration(end - Date.parse(run.startedAt)) : '',
      `$${run.usage.costUsd.toFixed(2)}`,
      stateOf(run),
    ];
  });
  const colour = (text: string) =>
    paint(
      text.startsWith('success') ? 'green' : text.startsWith('failure') ? 'red' : text.startsWith('waiting') ? 'yellow' : 'reset',
      text,
    );
  return table(
    [
      { header: 'RUN' },
      { header: 'TASK' },
      { header: 'ROLE' },
      { header: 'TRY', align: 'right' },
      { header: 'TOOK', align: 'right' },
      { header: 'COST', align: 'right' },
      { header: 'STATE', flexible: true, paint: colour },
    ],
    rows,
    io.columns,
  );
}

/** The state with why, where it has a reason. */
export function stateOf(run: Run): string {
  if (run.state === 'failure') return `failure: ${run.code}: ${plain(run.message)}`;
  if (run.state === 'canceled') return `canceled (${run.code.replaceAll('_', ' ')})`;
  if (run.state === 'waiting_approval' && run.parked) return 'waiting_approval (parked)';
  return run.state;
}

/** `issueOf`: of the task; null where it has none, or is not known. Those that all wait need no column that says so. */
export function approvalTable(
  { io, clock, paint }: Context,
  approvals: readonly Approval[],
  issueOf: (taskId: string) => number | null,
): string {
  const now = clock.nowMs();
  const decided = approvals.some(({ state }) => state !== 'pending');
  const rows = approvals.map((approval) => {
    const issue = issueOf(approval.taskId);
    return [
      shortId(approval.id),
      // A task that was not looked up is known by its run.
      issue === null ? (approval.role === 'planner' ? 'plan' : shortId(approval.runId)) : `#${issue}`,
      approval.role,
      ...(decided ? [approval.state] : []),
      approval.state === 'pending' ? duration(Date.parse(approval.deadline) - now) : '',
      plain(approval.action.summary),
    ];
  });
  const colour = (text: string) => paint(text === 'pending' ? 'yellow' : text === 'denied' ? 'red' : 'reset', text);
  return table(
    [
      { header: 'APPROVAL' },
      { header: 'TASK' },
      { header: 'ROLE' },
      ...(decided ? [{ header: 'STATE', paint: colour }] : []),
      { header: 'LEFT', align: 'right' as const },
      { header: 'ASKS TO', flexible: true },
    ],
    rows,
    io.columns,
  );
}
