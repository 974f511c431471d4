import { clampTop, itemsOf, type ListItem, placeOf, scrollTo } from '../components/list-window.ts';
import type { Motion } from '../keymap/command.ts';
import type { Section } from '../screens/screen.ts';
import type { ListPlace } from '../store/state.ts';

/** The identities of all rows, in order. */
export const identitiesOf = (sections: readonly Section[]): readonly string[] =>
  sections.flatMap(({ rows }) => rows.map(({ identity }) => identity));

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

/** The place after a step of so many rows; headings are passed over. */
export function moveBy(
  place: ListPlace,
  sections: readonly Section[],
  { step, rows }: { step: number; rows: number },
): ListPlace {
  const identities = identitiesOf(sections);
  if (identities.length === 0) return settled(place, { sections, rows, before: [] });
  const at = place.selected === null ? -1 : identities.indexOf(place.selected);
  const from = at < 0 ? (step > 0 ? -1 : identities.length) : at;
  const to = Math.max(0, Math.min(from + step, identities.length - 1));
  return inSight({ ...place, selected: identities[to] ?? null }, sections, rows);
}

/**
 * The place in rows that have changed: the selection stays with what it was on; when that is gone it goes to the neighbour
 * that came after it, else before it, in the order that was. The same object when nothing changes.
 */
export function settled(
  place: ListPlace,
  { sections, rows, before }: { sections: readonly Section[]; rows: number; before: readonly string[] },
): ListPlace {
  const identities = identitiesOf(sections);
  const known = new Set(identities);
  if (place.selected !== null && known.has(place.selected)) return inSight(place, sections, rows);
  const at = place.selected === null ? -1 : before.indexOf(place.selected);
  const neighbour =
    at < 0
      ? undefined
      : (before.slice(at + 1).find((id) => known.has(id)) ?? before.slice(0, at).findLast((id) => known.has(id)));
  const selected = neighbour ?? identities[0] ?? null;
  return inSight(selected === place.selected ? place : { ...place, selected }, sections, rows);
}

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

function inSight(place: ListPlace, sections: readonly Section[], rows: number): ListPlace {
  const items: readonly ListItem[] = itemsOf(sections);
  const top = scrollTo(items, placeOf(items, place.selected), place.top, rows);
  return top === place.top ? place : { ...place, top };
}
