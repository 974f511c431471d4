import { addUsage, dayOf, type Spend, type State, type Usage } from '@decree/contracts';
import { totalTokens } from './format.ts';
import { memoLast } from './memo.ts';

/** What was used under one name. */
export interface SpendLine {
  readonly name: string;
  readonly usage: Usage;
}

/** What was spent, as a person asks for it. Days are UTC, as the engine adds them up. */
export interface Spending {
  readonly today: Usage | null;
  readonly week: Usage | null;
  /** Newest first. */
  readonly byDay: readonly SpendLine[];
  /** Of the week, most expensive first. */
  readonly byRole: readonly SpendLine[];
  readonly byModel: readonly SpendLine[];
}

const sumOf = (rows: readonly { usage: Usage }[]): Usage | null =>
  rows.length === 0 ? null : rows.map(({ usage }) => usage).reduce(addUsage);

/** What was used by each name, most expensive first. */
export function usageBy<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  usageOf: (item: Item) => Usage,
): readonly SpendLine[] {
  const sums = new Map<string, Usage>();
  for (const item of items) {
    const sum = sums.get(nameOf(item));
    sums.set(nameOf(item), sum ? addUsage(sum, usageOf(item)) : usageOf(item));
  }
  return [...sums]
    .map(([name, usage]) => ({ name, usage }))
    .sort(
      (a, b) => b.usage.costUsd - a.usage.costUsd || totalTokens(b.usage) - totalTokens(a.usage) || (a.name < b.name ? -1 : 1),
    );
}

const compute = memoLast(([spend, today]: [State['spend'], string]): Spending => {
  const rows: readonly Spend[] = Object.values(spend);
  const by = (nameOf: (row: Spend) => string) => usageBy(rows, nameOf, ({ usage }) => usage);
  return {
    today: sumOf(rows.filter(({ day }) => day === today)),
    week: sumOf(rows),
    byDay: [...by(({ day }) => day)].sort((a, b) => (a.name < b.name ? 1 : -1)),
    byRole: by(({ role }) => role),
    byModel: by(({ model }) => model),
  };
});

/** What the last seven days cost. */
export const spendingOf = ({ spend }: State, nowMs: number): Spending => compute(spend, dayOf(new Date(nowMs).toISOString()));

/** What each task that is known has used, all its runs together, most expensive first. */
export const spendByTask = memoLast(([tasks]: [State['tasks']]): readonly (SpendLine & { readonly taskId: string })[] =>
  Object.values(tasks)
    .filter(({ usage }) => usage.inputTokens + usage.outputTokens > 0)
    .map(({ id, issue, title, usage }) => ({ taskId: id, usage, name: issue ? `#${issue} ${title}` : title }))
    .toSorted((left, right) => right.usage.costUsd - left.usage.costUsd || (left.taskId < right.taskId ? 1 : -1)),
);
