import type { Run, Usage } from '@decree/contracts';
import { cell, cellRight, rowLine, tableLines } from '../model/columns.ts';
import { formatCost, formatCount, formatMoment, totalTokens } from '../model/format.ts';
import { memoLast } from '../model/memo.ts';
import { runName, runWord } from '../model/run-words.ts';
import { type Spending, type SpendLine, spendByTask, spendingOf } from '../model/spending.ts';
import type { Paged, TuiState } from '../store/state.ts';
import { type Line, line } from '../text/line.ts';
import { detailText, field, heading, paragraph } from './detail-text.ts';
import { createList } from './list-screen.ts';
import type { DetailText, Screen } from './screen.ts';
import { costNotes, usageCells, usageColumns } from './task/cost.ts';

/** A row: a total, a part of it, or a task. */
interface CostItem {
  readonly identity: string;
  readonly name: string;
  readonly usage: Usage | null;
  readonly taskId: string | null;
}

const noTabs: readonly never[] = [];
const nothingSpent = 'Nothing has been spent in the last 7 days.';

/** What agents cost: in all, by day, role, model and task. */
export function createCostsScreen(): Screen {
  const list = createList<CostItem>({
    view: 'costs',
    identity: ({ identity }) => identity,
    subject: ({ identity, name }) => ({
      status: [],
      agent: identity.startsWith('role:') ? [name] : [],
      repo: [],
      label: [],
      text: name,
    }),
    line({ name, usage }, columns) {
      const tokens = usage ? formatCount(totalTokens(usage)) : '0';
      const cost = cellRight(usage ? formatCost(usage) : '$0.00', 10);
      const right = [cost, cellRight(tokens, 8, 'dim')];
      return rowLine({ head: [cell('', 1)], title: { text: name }, right, shorter: [[cost]], least: 6 }, columns);
    },
    spoken: ({ name, usage }) => `${name}: ${usage ? `${formatCost(usage)}, ${totalTokens(usage)} tokens` : 'nothing'}.`,
  });
  const totals = memoLast(([{ today, week }]: [Spending]): readonly CostItem[] => [
    { identity: 'total:today', name: 'Today (UTC)', usage: today, taskId: null },
    { identity: 'total:week', name: 'Last 7 days', usage: week, taskId: null },
  ]);
  const named = (kind: string) =>
    memoLast(([lines]: [readonly SpendLine[]]): readonly CostItem[] =>
      lines.map(({ name, usage }) => ({ identity: `${kind}:${name}`, name, usage, taskId: null })),
    );
  const [days, roles, models] = [named('day'), named('role'), named('model')];
  const tasks = memoLast(([lines]: [ReturnType<typeof spendByTask>]): readonly CostItem[] =>
    lines.map(({ name, usage, taskId }) => ({ identity: `task:${taskId}`, name, usage, taskId })),
  );

  return {
    view: 'costs',
    title: 'Costs',
    tabs: () => noTabs,
    sections(state, columns) {
      const spending = spendingOf(state.world, state.nowMs);
      const groups = [
        { title: 'TOTAL', items: totals(spending), empty: nothingSpent },
        { title: 'BY ROLE, 7 DAYS', items: roles(spending.byRole), empty: nothingSpent },
        { title: 'BY MODEL, 7 DAYS', items: models(spending.byModel), empty: nothingSpent },
        { title: 'BY DAY', items: days(spending.byDay), empty: nothingSpent },
        {
          title: 'BY TASK, STILL OPEN',
          items: tasks(spendByTask(state.world.tasks)),
          empty: nothingSpent,
        },
      ];
      return list(state, groups, columns);
    },
    detail(state, identity, size) {
      const spending = spendingOf(state.world, state.nowMs);
      return make(identity ?? 'none', spending, knownRuns(state), requestsLeft(state), size.columns);
    },
  };
}

const joinRuns = memoLast(([paged, runs]: [Paged<Run>, TuiState['world']['runs']]): readonly Run[] => {
  const found = new Map((paged.value ?? []).map((run) => [run.id, run]));
  for (const run of Object.values(runs)) found.set(run.id, run);
  return [...found.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
});
const knownRuns = (state: TuiState): readonly Run[] => joinRuns(state.runPages, state.world.runs);

/** What the forge still answers, with the moment from which it counts anew; null where it counts nothing. */
function requestsLeft({ health, nowMs }: TuiState): string | null {
  if (!health?.rateLimit) return null;
  const { limit, remaining, resetAt } = health.rateLimit;
  return `${remaining} of ${limit} left until ${formatMoment(resetAt, nowMs)}`;
}

type Given = [identity: string, spending: Spending, runs: readonly Run[], requests: string | null, columns: number];
const make = memoLast(([identity, spending, runs, requests, columns]: Given): DetailText => {
  const taskId = identity.startsWith('task:') ? identity.slice(5) : null;
  const lines =
    taskId === null
      ? [...overview(spending, columns), ...(requests ? [...heading('Forge'), ...field('Requests', requests, columns)] : [])]
      : taskLines(
          runs.filter((run) => run.taskId === taskId),
          columns,
        );
  return detailText({ key: `costs:${taskId ?? 'all'}`, title: taskId === null ? 'What was spent' : 'What the task cost', lines });
});

function overview({ today, week, byDay, byRole, byModel }: Spending, columns: number): readonly Line[] {
  if (!week) return paragraph(nothingSpent, columns, 'dim');
  const table = (title: string, lines: readonly SpendLine[]) => [
    ...heading(title),
    ...tableLines(
      [{ title: '' }, ...usageColumns],
      lines.map(({ name, usage }) => [{ text: name }, ...usageCells(usage)]),
      columns,
    ),
  ];
  return [
    ...field('Today', today ? formatCost(today) : '$0.00', columns),
    ...field('7 days', formatCost(week), columns),
    ...table('By day', byDay),
    ...table('By role', byRole),
    ...table('By model', byModel),
    [],
    ...costNotes(
      byModel.map(({ usage }) => usage),
      columns,
    ),
    ...paragraph('Days are UTC, as the engine adds them up.', columns, 'dim'),
  ];
}

function taskLines(runs: readonly Run[], columns: number): readonly Line[] {
  if (runs.length === 0) return [line('No run of it is known.', 'dim')];
  return tableLines(
    [{ title: 'Run' }, { title: 'Outcome', expendable: 3 }, ...usageColumns],
    runs.map((run) => [
      { text: runName(run) },
      { text: `${runWord(run).sign} ${runWord(run).word}`, tone: runWord(run).tone },
      ...usageCells(run.usage),
    ]),
    columns,
  );
}
