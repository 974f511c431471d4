import type { DetailText } from '../screens/screen.ts';
import type { DetailTab, ListPlace, TextPlace, TuiState, View } from '../store/state.ts';

const mostTexts = 100;
const start: TextPlace = { top: 0, following: true, open: new Set() };

/** The person goes to another list; what is pinned stays, a search does not. */
export function showView(state: TuiState, view: View): TuiState {
  return state.view === view ? state : { ...state, view, focus: 'list', search: null, tab: 'auto' };
}

/** Changes the place in one list. */
export function setList(state: TuiState, view: View, change: Partial<ListPlace>): TuiState {
  return { ...state, lists: { ...state.lists, [view]: { ...state.lists[view], ...change } } };
}

/** Selects in a list by identity. */
export const select = (state: TuiState, view: View, selected: string | null): TuiState =>
  state.lists[view].selected === selected ? state : setList(state, view, { selected });

/** Shows a thing wherever the person was: its view, selected, nothing pinned, and its filter away, which might hide it. */
export function showThing(state: TuiState, view: View, identity: string): TuiState {
  return {
    ...setList(showView(state, view), view, { selected: identity, filter: '' }),
    focus: 'list',
    pinned: null,
    tab: 'auto',
  };
}

export const toggleFocus = (state: TuiState): TuiState => ({ ...state, focus: state.focus === 'list' ? 'detail' : 'list' });

/** Pins a task to the detail pane, or lets it go when it is pinned already. */
export const togglePin = (state: TuiState, taskId: string | null): TuiState => ({
  ...state,
  pinned: taskId === null || state.pinned === taskId ? null : taskId,
});

/** One step out: of a search, of the detail, of a pin, of a filter. */
export function stepBack(state: TuiState): TuiState {
  if (state.search) return { ...state, search: null };
  if (state.focus === 'detail') return { ...state, focus: 'list' };
  if (state.pinned !== null) return { ...state, pinned: null };
  return state.lists[state.view].filter === '' ? state : setList(state, state.view, { filter: '', top: 0 });
}

/** The next or previous of these tabs, round and round. `tabs[0]` is the one for `auto`. */
export function turnTab(state: TuiState, tabs: readonly Exclude<DetailTab, 'auto'>[], step: 1 | -1): TuiState {
  if (tabs.length < 2) return state;
  const at = Math.max(0, tabs.indexOf(state.tab as Exclude<DetailTab, 'auto'>));
  const next = (at + step + tabs.length) % tabs.length;
  return { ...state, tab: next === 0 ? 'auto' : (tabs[next] ?? 'auto'), search: null };
}

/** Where the person is in a text. */
export const textPlace = (state: TuiState, key: string): TextPlace => state.texts[key] ?? start;

/** Remembers the place in a text; of many texts the ones looked at last. */
export function setText(state: TuiState, key: string, place: TextPlace): TuiState {
  const { [key]: _before, ...others } = state.texts;
  const kept = Object.entries(others).slice(1 - mostTexts);
  return { ...state, texts: { ...Object.fromEntries(kept), [key]: place } };
}

/** How much there is of a text and how much fits. */
export interface TextExtent {
  readonly key: string;
  readonly length: number;
  readonly rows: number;
  /** Number of the first line. */
  readonly first: number;
  /** Its end stays in sight until somebody scrolls. */
  readonly fromEnd: boolean;
}

/** The extent of a text in a pane of so many rows. */
export const extentOf = ({ key, length, live, first = 0, fromEnd = false }: DetailText, rows: number): TextExtent => ({
  ...{ key, length, rows, first },
  fromEnd: live || fromEnd,
});

/** Index of the first line on the screen: of a text that is followed, whatever leaves the end in sight. */
export function topOf(place: TextPlace, { length, rows, first, fromEnd }: Omit<TextExtent, 'key'>): number {
  const last = Math.max(0, length - rows);
  return fromEnd && place.following ? last : Math.max(0, Math.min(place.top - first, last));
}

/** Scrolls a text by lines, or to a line by its index. One that is followed is no longer when its end is left, and again when it is reached. */
export function scrollText(state: TuiState, extent: TextExtent, by: { lines: number } | { to: number }): TuiState {
  const place = textPlace(state, extent.key);
  const last = Math.max(0, extent.length - extent.rows);
  const from = topOf(place, extent);
  const top = Math.max(0, Math.min('lines' in by ? from + by.lines : by.to, last));
  const following = extent.fromEnd ? top === last && ('lines' in by ? by.lines >= 0 || top === from : true) : place.following;
  return setText(state, extent.key, { ...place, top: top + extent.first, following });
}

/** Stops the text where it is, or goes on at its end. */
export function toggleFollow(state: TuiState, extent: TextExtent): TuiState {
  const place = textPlace(state, extent.key);
  return setText(state, extent.key, { ...place, top: topOf(place, extent) + extent.first, following: !place.following });
}

/** Opens what is closed and closes what is open. */
export function toggleFold(state: TuiState, key: string, fold: string): TuiState {
  const place = textPlace(state, key);
  const open = new Set(place.open);
  if (!open.delete(fold)) open.add(fold);
  return setText(state, key, { ...place, open });
}
