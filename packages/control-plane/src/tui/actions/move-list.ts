import { clampTop, itemsOf, type ListItem, placeOf, scrollTo } from '../components/list-window.ts';
import type { Motion } from '../keymap/command.ts';
import type { Section } from '../screens/screen.ts';
import type { ListPlace } from '../store/state.ts';

/** How far each motion goes in a list or text of which so many rows fit; null for what is no step. */
export function stepOf(motion: Motion, rows: number): number | null {
  switch (motion) {
    case 'up':
      return -1;
    case 'down':
      return 1;
    case 'page-up':
      return -Math.max(1, rows - 1);
    case 'page-down':
      return Math.max(1, rows - 1);
    case 'half-up':
      return -Math.max(1, Math.floor(rows / 2));
    case 'half-down':
      return Math.max(1, Math.floor(rows / 2));
    case 'top':
      return Number.NEGATIVE_INFINITY;
    case 'bottom':
      return Number.POSITIVE_INFINITY;
    default:
      return null;
  }
}

/** The place after a step of so many rows; headings are passed over. Costs what the way costs, not what the list is long. */
export function moveBy(
  place: ListPlace,
  sections: readonly Section[],
  { step, rows }: { step: number; rows: number },
): ListPlace {
  const items = itemsOf(sections);
  const down = step > 0;
  const from = placeOf(items, place.selected);
  let at = from < 0 && !down ? items.length : from;
  let selected = from < 0 ? null : place.selected;
  for (let left = Math.abs(step); left > 0; ) {
    at += down ? 1 : -1;
    const item = items[at];
    if (!item) break;
    if (item.kind !== 'row') continue;
    selected = item.row.identity;
    left -= 1;
  }
  return inSight(selected === place.selected ? place : { ...place, selected }, items, rows);
}

/** How many rows and headings come after the selected one. */
export const leftAfter = (place: ListPlace, sections: readonly Section[]): number => {
  const items = itemsOf(sections);
  return items.length - 1 - placeOf(items, place.selected);
};

/**
 * The place in rows that have changed: the selection stays with what it was on; when that is gone it goes to the neighbour
 * that came after it, else before it, in the order that was. The same object when nothing changes.
 */
export function settled(
  place: ListPlace,
  { sections, rows, before }: { sections: readonly Section[]; rows: number; before: readonly Section[] },
): ListPlace {
  const items = itemsOf(sections);
  if (placeOf(items, place.selected) >= 0) return inSight(place, items, rows);
  const known = new Set(identitiesIn(items));
  const order = identitiesIn(itemsOf(before));
  const at = place.selected === null ? -1 : order.indexOf(place.selected);
  const neighbour =
    at < 0 ? undefined : (order.slice(at + 1).find((id) => known.has(id)) ?? order.slice(0, at).findLast((id) => known.has(id)));
  const selected = neighbour ?? known.values().next().value ?? null;
  return inSight(selected === place.selected ? place : { ...place, selected }, items, rows);
}

const identitiesIn = (items: readonly ListItem[]): string[] =>
  items.flatMap((item) => (item.kind === 'row' ? [item.row.identity] : []));

/** Scrolls by rows; the selection stays where it is, in sight or not, until it is moved. */
export function scrollBy(place: ListPlace, sections: readonly Section[], { by, rows }: { by: number; rows: number }): ListPlace {
  const top = clampTop(itemsOf(sections), place.top + by, rows);
  return top === place.top ? place : { ...place, top };
}

/** Whether the selected row is on the screen. */
export function isInSight(place: ListPlace, sections: readonly Section[], rows: number): boolean {
  const items = itemsOf(sections);
  const at = placeOf(items, place.selected);
  const top = clampTop(items, place.top, rows);
  return at >= top && at < top + rows;
}

function inSight(place: ListPlace, items: readonly ListItem[], rows: number): ListPlace {
  const top = scrollTo(items, placeOf(items, place.selected), place.top, rows);
  return top === place.top ? place : { ...place, top };
}
