import type { DetailText, Screen, Section } from '../screens/screen.ts';
import { detailIdentity } from '../store/looked-at.ts';
import type { OutputReader } from '../store/output.ts';
import type { DetailTab, TextPlace, TuiState, View } from '../store/state.ts';
import type { Row } from '../terminal/screen.ts';
import type { Line } from '../text/line.ts';
import { wrapLine } from '../text/wrap.ts';
import { answer, type Drawer } from './drawer.ts';
import type { Layout } from './layout.ts';
import { paintList } from './list-pane.ts';
import type { Paint } from './paint.ts';
import { ruled } from './rule.ts';
import { paintText } from './text-pane.ts';

/** What the panes show now. The controller moves in exactly this. */
export interface Shown {
  readonly screen: Screen;
  readonly sections: readonly Section[];
  readonly text: DetailText;
  readonly place: TextPlace;
  readonly tabs: readonly Exclude<DetailTab, 'auto'>[];
  readonly tab: Exclude<DetailTab, 'auto'> | null;
}

const start: TextPlace = { top: 0, following: true, open: new Set() };

/** The sign before each row. */
export const signColumns = 2;

/** What is shown of this state on a terminal of this size. */
export function showNow(
  state: TuiState,
  { screens, outputs, layout }: { screens: Readonly<Record<View, Screen>>; outputs: OutputReader; layout: Layout },
): Shown {
  const screen = state.pinned === null ? screens[state.view] : screens.tasks;
  const identity = detailIdentity(state);
  const tabs = screen.tabs(state, identity);
  const tab = tabs.find((name) => name === state.tab) ?? tabs[0] ?? null;
  const text = screen.detail(state, identity, { columns: layout.detail, rows: layout.body - 1 }, outputs);
  return {
    screen,
    sections: screens[state.view].sections(state, layout.list - signColumns),
    text,
    place: state.texts[text.key] ?? start,
    tabs,
    tab,
  };
}

/** One text from the first column to the last. */
export const wholeRow = (text: string): Row => [{ column: 0, text }];

/** The rows between header and footer: list, rule, detail, and over the lowest ones the drawer. */
export function paintBody(
  state: TuiState,
  shown: Shown,
  { layout, paint, drawer }: { layout: Layout; paint: Paint; drawer: Drawer | null },
): Row[] {
  const drawn = drawer ? paintDrawer(drawer, layout, paint) : [];
  const rows = layout.body - drawn.length;
  const list = paintList(shown.sections, { place: state.lists[state.view], columns: layout.list, rows: layout.body, paint });
  const detail = paintText({
    ...{ text: shown.text, place: shown.place, tabs: shown.tabs, tab: shown.tab, search: state.search },
    ...{ focused: state.focus === 'detail', pinned: state.pinned !== null, columns: layout.detail, rows: layout.body, paint },
  });
  const rule = paint(ruleOf(state.focus === 'detail'), 1);
  const panes: Row[] = [];
  for (let row = 0; row < rows; row++)
    panes.push([
      { column: 0, text: `${list[row]}${rule}` },
      { column: layout.list + 1, text: detail[row] ?? '' },
    ]);
  return [...panes, ...drawn.map(wholeRow)];
}

const plainRule: Line = [{ text: '│', tone: 'dim' }];
const focusedRule: Line = [{ text: '│', tone: 'accent' }];
const ruleOf = (focused: boolean): Line => (focused ? focusedRule : plainRule);

/** Never more than two thirds of the body, so that what it is about stays in sight. */
function paintDrawer(drawer: Drawer, layout: Layout, paint: Paint): string[] {
  const room = Math.max(3, Math.floor((layout.body * 2) / 3)) - 1;
  // A question is read to its end; lists and prompts keep a row for each of theirs.
  const isQuestion = drawer.focus === null && drawer.keys === answer;
  const lines = isQuestion ? drawer.lines.flatMap((line) => wrapLine(line, layout.columns)) : drawer.lines;
  const rows = Math.min(room, lines.length);
  const last = Math.max(0, lines.length - rows);
  const top = drawer.focus === null ? Math.min(drawer.top, last) : Math.max(0, Math.min(drawer.focus - rows + 1, last));
  const more = lines.length - top - rows;
  const heading = ruled(
    [
      { text: `── ${drawer.title} `, tone: 'accent' },
      { text: more > 0 ? `· ${more} more below ` : '', tone: 'dim' },
    ],
    layout.columns,
    'accent',
  );
  return [paint(heading, layout.columns), ...lines.slice(top, top + rows).map((line) => paint(line, layout.columns))];
}
