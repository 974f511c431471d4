import type { DetailText } from '../screens/screen.ts';
import type { DetailTab, Search, TextPlace } from '../store/state.ts';
import { type Line, type Span, textOf } from '../text/line.ts';
import type { Paint } from './paint.ts';
import { ruled } from './rule.ts';

/** The first line on the screen: the end's while it is followed, else as scrolled, never past the end. */
export function topOf(text: DetailText, place: TextPlace, rows: number): number {
  const last = Math.max(0, text.length - rows);
  return text.live && place.following ? last : Math.min(place.top, last);
}

export interface TextPane {
  readonly text: DetailText;
  readonly place: TextPlace;
  readonly tabs: readonly Exclude<DetailTab, 'auto'>[];
  readonly tab: Exclude<DetailTab, 'auto'> | null;
  readonly search: Search | null;
  readonly focused: boolean;
  readonly pinned: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
}

/** The detail's heading and as much of its text as fits below it. */
export function paintText(pane: TextPane): string[] {
  const { text, place, columns, rows, paint, search } = pane;
  const painted = [paint(heading(pane), columns)];
  const top = topOf(text, place, rows - 1);
  for (let index = top; index < Math.min(text.length, top + rows - 1); index++) {
    const line = text.lineAt(index);
    painted.push(paint(search ? marked(line, search.text) : line, columns));
  }
  while (painted.length < rows) painted.push(paint([], columns));
  return painted;
}

function heading({ text, place, tabs, tab, focused, pinned, columns, rows }: TextPane): Line {
  const spans: Span[] = [{ text: `${focused ? '▸ ' : ''}${pinned ? '📌 ' : ''}${text.title} `, tone: 'heading' }];
  for (const name of tabs) spans.push(name === tab ? { text: `[${name}] `, tone: 'accent' } : { text: `${name} `, tone: 'dim' });
  const below = text.length - topOf(text, place, rows - 1) - (rows - 1);
  if (text.live) spans.push({ text: place.following ? '· following ' : `· paused, ${Math.max(0, below)} more `, tone: 'info' });
  else if (below > 0) spans.push({ text: `· ${below} more `, tone: 'dim' });
  return ruled(spans, columns);
}

/** The line with what is searched for standing out; case does not count. */
function marked(line: Line, wanted: string): Line {
  if (wanted === '' || !textOf(line).toLowerCase().includes(wanted.toLowerCase())) return line;
  const spans: Span[] = [];
  for (const span of line) {
    let rest = span.text;
    for (let at = find(rest, wanted); at >= 0; at = find(rest, wanted)) {
      spans.push({ ...span, text: rest.slice(0, at) }, { text: rest.slice(at, at + wanted.length), tone: 'match' });
      rest = rest.slice(at + wanted.length);
    }
    spans.push({ ...span, text: rest });
  }
  return spans;
}

const find = (text: string, wanted: string): number => text.toLowerCase().indexOf(wanted.toLowerCase());
