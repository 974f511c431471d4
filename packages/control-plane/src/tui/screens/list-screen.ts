import { type Filter, type FilterSubject, matchesFilter, parseFilter } from '../model/filter.ts';
import { memoLast, memoWeak, sameList } from '../model/memo.ts';
import type { Fetched, TuiState, View } from '../store/state.ts';
import type { Line } from '../text/line.ts';
import type { Row, Section } from './screen.ts';

/** How the items of a view become rows. */
export interface ListOf<Item extends object> {
  readonly view: View;
  readonly identity: (item: Item) => string;
  readonly subject: (item: Item) => FilterSubject;
  /** `tick` is what `tickOf` gave: the row is made anew only when it changes. */
  readonly line: (item: Item, columns: number, tick: number) => Line;
  readonly spoken: (item: Item, tick: number) => string;
  readonly url?: (item: Item) => string | null;
  /** What of the time a row shows; the same number while the row stays as it is. */
  readonly tickOf?: (item: Item, nowMs: number) => number;
}

/** A group of items under a heading. */
export interface Group<Item> {
  readonly title: string | null;
  readonly items: readonly Item[];
  readonly empty: string;
}

/** Makes filtered sections, each row once for as long as what it is made of is the same. */
export function createList<Item extends object>(list: ListOf<Item>) {
  const rowOf = memoWeak((item: Item, columns: number, tick: number): Row => {
    let made: Line | undefined;
    return {
      identity: list.identity(item),
      url: list.url?.(item) ?? null,
      get line() {
        made ??= list.line(item, columns, tick);
        return made;
      },
      get spoken() {
        return list.spoken(item, tick);
      },
    };
  });
  const subjectOf = memoWeak((item: Item) => list.subject(item));
  const sectionOf = memoWeak(
    (items: readonly Item[], title: string | null, empty: string, filter: Filter, columns: number, nowMs: number): Section => {
      const shown = filter.terms.length === 0 ? items : items.filter((item) => matchesFilter(filter, subjectOf(item)));
      const rows = shown.map((item) => rowOf(item, columns, list.tickOf?.(item, nowMs) ?? 0));
      const hidden = items.length - shown.length;
      return { title, rows, total: items.length, empty: hidden > 0 ? `${hidden} hidden by the filter` : empty };
    },
  );
  const stable = memoLast(([...sections]: readonly Section[]): readonly Section[] => sections);

  return (state: TuiState, groups: readonly Group<Item>[], columns: number): readonly Section[] => {
    const filter = parseFilter(state.lists[list.view].filter);
    const nowMs = list.tickOf ? state.nowMs : 0;
    return stable(...groups.map(({ title, items, empty }) => sectionOf(items, title, empty, filter, columns, nowMs)));
  };
}

/** What stands in a list that was not fetched, or has nothing in it. */
export function emptyOf(fetched: Fetched<unknown>, what: string, nothing: string): string {
  if (fetched.status === 'failed' && fetched.value === undefined)
    return `${what} could not be fetched: ${fetched.message ?? 'no reason was given'}`;
  return fetched.value === undefined ? 'Fetching …' : nothing;
}

/** The items of a fetched list; always the same empty one. */
export const itemsOf = <Item>(fetched: Fetched<readonly Item[]>): readonly Item[] => fetched.value ?? (none as readonly Item[]);
const none: readonly never[] = [];

/** Splits a list in two, again the same lists while it is the same. */
export function createSplit<Item>(isFirst: (item: Item) => boolean) {
  return memoLast(
    ([items]: [readonly Item[]], previous: readonly [readonly Item[], readonly Item[]] | undefined) =>
      [
        sameList(items.filter(isFirst), previous?.[0]),
        sameList(
          items.filter((item) => !isFirst(item)),
          previous?.[1],
        ),
      ] as const,
  );
}
