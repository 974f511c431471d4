import type { Motion } from '../keymap/command.ts';
import type { DetailText } from '../screens/screen.ts';
import type { TuiState } from '../store/state.ts';
import { textOf } from '../text/line.ts';
import { stepOf } from './move-list.ts';
import { extentOf, scrollText, setText, type TextExtent, textPlace, toggleFold, toggleFollow, topOf } from './navigate.ts';

export interface TextMove {
  readonly state: TuiState;
  /** Why nothing moved; null when it did. */
  readonly problem: string | null;
  /** The line that was jumped to; null when it was no jump. */
  readonly line: number | null;
}

/** Indexes of the lines that hold the text; case does not count. */
export function matchesIn(text: DetailText, wanted: string): readonly number[] {
  const lower = wanted.toLowerCase();
  const found: number[] = [];
  if (lower === '') return found;
  for (let index = 0; index < text.length; index += 1)
    if (textOf(text.lineAt(index)).toLowerCase().includes(lower)) found.push(index);
  return found;
}

/** Moves in the detail. `from`: the line that was jumped to last, while it still stands there. */
export function moveText(
  state: TuiState,
  { text, rows, from }: { text: DetailText; rows: number; from: number | null },
  motion: Motion,
): TextMove {
  const extent = extentOf(text, rows);
  const done = (next: TuiState, line: number | null = null): TextMove => ({ state: next, problem: null, line });
  const not = (problem: string): TextMove => ({ state, problem, line: from });
  const step = stepOf(motion, rows);
  if (step !== null) return done(scrollText(state, extent, { lines: step }));
  const top = topOf(textPlace(state, text.key), extent);
  switch (motion) {
    case 'next-match':
    case 'previous-match': {
      const search = state.search;
      if (!search) return not('nothing is searched for yet');
      const matches = matchesIn(text, search.text);
      const at = next(matches, motion === 'next-match', from, top);
      if (at < 0) return not(`"${search.text}" is not in this text`);
      const line = matches[at] as number;
      return done(jump({ ...state, search: { ...search, index: at } }, extent, line), line);
    }
    case 'next-error':
    case 'previous-error': {
      const errors = text.errors?.() ?? [];
      const at = next(errors, motion === 'next-error', from, top);
      if (at < 0) return not('no line of this text says that something went wrong');
      const line = errors[at] as number;
      return done(jump(state, extent, line), line);
    }
    case 'fold': {
      const fold = foldInSight(text, { top, rows, from, last: extent.fromEnd && textPlace(state, text.key).following });
      return fold === null ? not('nothing opens or closes here') : done(toggleFold(state, text.key, fold), from);
    }
    case 'follow':
      return text.live ? done(toggleFollow(state, extent)) : not('this text does not grow any more');
    default:
      return { state, problem: null, line: from };
  }
}

/** The next or previous of these, round and round; -1 where there is none. */
function next(lines: readonly number[], forward: boolean, from: number | null, top: number): number {
  if (lines.length === 0) return -1;
  if (forward) {
    const at = lines.findIndex((line) => (from === null ? line >= top : line > from));
    return at < 0 ? 0 : at;
  }
  const at = lines.findLastIndex((line) => line < (from ?? top));
  return at < 0 ? lines.length - 1 : at;
}

/** Brings a line into sight with some of what stands before it, and stays there. */
function jump(state: TuiState, extent: TextExtent, line: number): TuiState {
  const place = textPlace(state, extent.key);
  const last = Math.max(0, extent.length - extent.rows);
  const top = Math.max(0, Math.min(line - Math.floor(extent.rows / 3), last));
  return setText(state, extent.key, { ...place, top: top + extent.first, following: extent.fromEnd ? false : place.following });
}

/** What opens on the line jumped to, else the first on the screen, of a text that is followed the last. */
function foldInSight(
  text: DetailText,
  { top, rows, from, last }: { top: number; rows: number; from: number | null; last: boolean },
): string | null {
  if (!text.foldAt) return null;
  if (from !== null && from >= top && from < top + rows) {
    const here = text.foldAt(from);
    if (here !== null) return here;
  }
  const end = Math.min(text.length, top + rows);
  for (let offset = 0; offset < end - top; offset += 1) {
    const fold = text.foldAt(last ? end - 1 - offset : top + offset);
    if (fold !== null) return fold;
  }
  return null;
}
