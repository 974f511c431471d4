import type { Section } from '../screens/screen.ts';
import type { ListPlace } from '../store/state.ts';
import type { Line } from '../text/line.ts';
import { itemsOf, type ListItem, windowOf } from './list-window.ts';
import type { Paint } from './paint.ts';
import { ruled } from './rule.ts';

const selectedSign = { text: '› ', tone: 'accent' } as const;
const noSign = { text: '  ' } as const;
const signed = { selected: new WeakMap<Line, Line>(), other: new WeakMap<Line, Line>() };

/** The rows of a list as they stand on the screen, `rows` of them. */
export function paintList(
  sections: readonly Section[],
  { place, columns, rows, paint }: { place: ListPlace; columns: number; rows: number; paint: Paint },
): string[] {
  const shown = windowOf(itemsOf(sections), place.top, rows);
  const painted = shown.map((item) => {
    if (item.kind === 'heading') return paint(headingOf(item.section, shown, columns), columns);
    if (item.kind === 'empty') return paint([noSign, { text: item.section.empty, tone: 'dim' }], columns);
    const selected = item.row.identity === place.selected;
    return paint(withSign(item.row.line, selected), columns, selected);
  });
  while (painted.length < rows) painted.push(paint([], columns));
  return painted;
}

/** `ACTION (4/12) ────`: how many of its rows are on the screen, and how many there are. */
function headingOf(section: Section, shown: readonly ListItem[], columns: number): Line {
  const visible = shown.filter((item) => item.kind === 'row' && item.section === section).length;
  const hidden = section.total - section.rows.length;
  const filtered = hidden > 0 ? `· ${hidden} filtered out ` : '';
  const title = `${section.title} (${visible}/${section.rows.length}) `;
  return ruled(
    [
      { text: title, tone: 'heading' },
      { text: filtered, tone: 'dim' },
    ],
    columns,
  );
}

/** The row with its sign; the same line for the same row, so that its painting is remembered. */
function withSign(line: Line, selected: boolean): Line {
  const known = signed[selected ? 'selected' : 'other'];
  let made = known.get(line);
  if (!made) {
    made = [selected ? selectedSign : noSign, ...line];
    known.set(line, made);
  }
  return made;
}
