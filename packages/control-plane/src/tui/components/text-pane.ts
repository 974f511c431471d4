import { extentOf, topOf } from '../actions/navigate.ts';
import type { DetailText } from '../screens/screen.ts';
import type { DetailTab, Search, TextPlace } from '../store/state.ts';
import { type Line, type Span, textOf } from '../text/line.ts';
import { cutText, displayWidth } from '../text/width.ts';
import type { Paint } from './paint.ts';
import { ruled } from './rule.ts';

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
  const top = topOf(place, extentOf(text, rows - 1));
  for (let index = top; index < Math.min(text.length, top + rows - 1); index++) {
    const line = text.lineAt(index);
    painted.push(paint(search ? marked(line, search.text) : line, columns));
  }
  while (painted.length < rows) painted.push(paint([], columns));
  return painted;
}

function heading({ text, place, tabs, tab, focused, pinned, columns, rows }: TextPane): Line {
  const below = text.length - topOf(place, extentOf(text, rows - 1)) - (rows - 1);
  const end: Span[] = [];
  if (text.live) end.push({ text: place.following ? '· following ' : `· paused, ${Math.max(0, below)} more `, tone: 'info' });
  else if (below > 0) end.push({ text: `· ${below} more `, tone: 'dim' });
  // The title gives way to the tab that is open and to what is below.
  const needed = displayWidth(textOf(end)) + (tab === null ? 0 : tab.length + 3);
  const said = `${focused ? '▸ ' : ''}${pinned ? '📌 ' : ''}${text.title}`;
  const title: Span = { text: `${cutText(said, Math.max(shortestTitle, columns - needed - 1)).text} `, tone: 'heading' };
  const room = columns - displayWidth(title.text) - displayWidth(textOf(end));
  return ruled([title, ...tabSpans(tabs, tab, room), ...end], columns);
}

const shortestTitle = 12;

/** The tabs around the one that is open, as many as there is room for; it is in sight always. */
function tabSpans(tabs: TextPane['tabs'], open: TextPane['tab'], room: number): Span[] {
  const shown = tabs.map((name) => ({ name, text: name === open ? `[${name}] ` : `${name} ` }));
  const hidden = { left: false, right: false };
  const width = () => shown.reduce((sum, { text }) => sum + text.length, 0) + (hidden.left ? 2 : 0) + (hidden.right ? 2 : 0);
  while (shown.length > 1 && width() > room) {
    // What comes next matters more than what was before.
    if (shown[0]?.name === open) {
      shown.pop();
      hidden.right = true;
    } else {
      shown.shift();
      hidden.left = true;
    }
  }
  // Alone and still too wide: what stands behind it matters more than the signs.
  if (width() > room) Object.assign(hidden, { left: false, right: false });
  return [
    ...(hidden.left ? [{ text: '‹ ', tone: 'dim' } as const] : []),
    ...shown.map(({ name, text }): Span => ({ text, tone: name === open ? 'accent' : 'dim' })),
    ...(hidden.right ? [{ text: '› ', tone: 'dim' } as const] : []),
  ];
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
