import { memoWeak } from '../model/memo.ts';
import type { Row, Section } from '../screens/screen.ts';

/** What a list consists of, row by row. */
export type ListItem =
  | { readonly kind: 'heading'; readonly section: Section }
  | { readonly kind: 'row'; readonly section: Section; readonly row: Row }
  | { readonly kind: 'empty'; readonly section: Section };

/** Headings, rows and what is said where there are none, in order; the same array for the same sections. */
export const itemsOf = memoWeak((sections: readonly Section[]): readonly ListItem[] => {
  const items: ListItem[] = [];
  for (const section of sections) {
    if (section.title !== null) items.push({ kind: 'heading', section });
    for (const row of section.rows) items.push({ kind: 'row', section, row });
    if (section.rows.length === 0 && section.empty !== '') items.push({ kind: 'empty', section });
  }
  return items;
});

/** Place of a row among the items; -1 when it is not there. */
export const placeOf = memoWeak((items: readonly ListItem[], identity: string | null): number =>
  identity === null ? -1 : items.findIndex((item) => item.kind === 'row' && item.row.identity === identity),
);

/** A section's heading stays in the first row while its rows scroll below it. */
const isCovered = (items: readonly ListItem[], top: number): boolean => {
  const first = items[top];
  return top > 0 && first?.kind === 'row' && first.section.title !== null;
};

/** The nearest top from which the item at `place` is in sight. */
export function scrollTo(items: readonly ListItem[], place: number, top: number, rows: number): number {
  const bounded = clampTop(items, top, rows);
  if (place < 0) return bounded;
  // The first row of a section brings its heading along.
  const wanted = items[place - 1]?.kind === 'heading' ? place - 1 : place;
  if (wanted < bounded) return isCovered(items, wanted) ? Math.max(0, wanted - 1) : wanted;
  if (place === bounded && isCovered(items, bounded)) return bounded - 1;
  return place >= bounded + rows ? place - rows + 1 : bounded;
}

/** A top that leaves no empty rows below the list. */
export const clampTop = (items: readonly ListItem[], top: number, rows: number): number =>
  Math.max(0, Math.min(top, items.length - rows));

/** The items on the screen, a covered first row replaced by its section's heading. */
export function windowOf(items: readonly ListItem[], top: number, rows: number): readonly ListItem[] {
  const from = clampTop(items, top, rows);
  const shown = items.slice(from, from + rows);
  const first = shown[0];
  return first && isCovered(items, from) ? [{ kind: 'heading', section: first.section }, ...shown.slice(1)] : shown;
}
