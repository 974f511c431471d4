import type { Line, Span, Tone } from '../text/line.ts';
import { cutText, displayWidth, fitText, padText } from '../text/width.ts';

/** A text in a field of so many columns. */
export const cell = (text: string, columns: number, tone: Tone = 'normal'): Span => ({ text: padText(text, columns), tone });

/** The same, standing at the right of its field. */
export const cellRight = (text: string, columns: number, tone: Tone = 'normal'): Span => ({
  text: padText(text, columns, 'start'),
  tone,
});

const widthOf = (spans: readonly Span[]): number => spans.reduce((sum, { text }) => sum + displayWidth(text), 0);

/** A row whose title gives way to what stands at its right, as long as it keeps at least `least` columns, or has what it needs. */
export interface RowParts {
  readonly head: Line;
  readonly title: Span;
  readonly right: Line;
  /** In order of what goes first when there is no room: the last alternative is the shortest. */
  readonly shorter?: readonly Line[];
  readonly least: number;
}

/** The parts as one row of so many columns. */
export function rowLine({ head, title, right, shorter = [], least }: RowParts, columns: number): Line {
  for (const end of [right, ...shorter]) {
    if (end.length === 0) break;
    const room = columns - widthOf(head) - widthOf(end) - 1;
    if (room >= least || (room > 0 && fitText(title.text, room).whole))
      return [...head, { ...title, text: padText(title.text, room + 1) }, ...end];
  }
  return [...head, { ...title, text: cutText(title.text, Math.max(1, columns - widthOf(head))).text }];
}

/** One column of a table. */
export interface Column {
  readonly title: string;
  readonly right?: boolean;
  /** Columns with a greater number go first when the pane is narrow; without one it stays. */
  readonly expendable?: number;
}

/** Rows under their titles, each column as wide as its widest cell, two columns apart. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly Span[])[], width: number): readonly Line[] {
  const all = columns.map((column, index) => ({
    ...column,
    index,
    width: rows.reduce((most, row) => Math.max(most, displayWidth(row[index]?.text ?? '')), displayWidth(column.title)),
  }));
  const kept = [...all];
  const total = () => kept.reduce((sum, column) => sum + column.width + 2, -2);
  while (total() > width) {
    const worst = kept.reduce((found, column) => ((column.expendable ?? 0) > (found?.expendable ?? 0) ? column : found), kept[0]);
    if (!worst?.expendable) break;
    kept.splice(kept.indexOf(worst), 1);
  }
  const lineOf = (cells: (index: number) => Span): Line =>
    kept.flatMap((column, at) => {
      const { text, tone } = cells(column.index);
      const padded = padText(text, column.width, column.right ? 'start' : 'end');
      const gap = at === kept.length - 1 ? '' : '  ';
      return [tone ? { text: padded + gap, tone } : { text: padded + gap }];
    });
  return [
    lineOf((index) => ({ text: columns[index]?.title ?? '', tone: 'dim' })),
    ...rows.map((row) => lineOf((index) => row[index] ?? { text: '' })),
  ];
}
