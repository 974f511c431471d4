import stringWidth from 'string-width';
import type { Line, Span, Tone } from '../text/line.ts';

/** Enough of a text for any row: what is behind it is never seen, and 10,000 characters are not measured for it. */
const seenLength = 600;

/** How many columns a text takes. */
export const columnsOf = (text: string): number => stringWidth(text);

/** A text in a field of so many columns, never shorter; longer only where the text is. */
export function cell(text: string, columns: number, tone: Tone = 'normal'): Span {
  const width = columnsOf(text);
  return { text: width < columns ? text + ' '.repeat(columns - width) : text, tone };
}

/** The same, standing at the right of its field. */
export function cellRight(text: string, columns: number, tone: Tone = 'normal'): Span {
  const width = columnsOf(text);
  return { text: width < columns ? ' '.repeat(columns - width) + text : text, tone };
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** At most so many columns, with `…` where something was cut. One row: line breaks and tabs become spaces. */
export function cut(text: string, columns: number): string {
  const row = text.slice(0, seenLength).replace(/\s+/gu, ' ');
  if (columnsOf(row) <= columns) return row;
  let kept = '';
  let width = 0;
  for (const { segment } of graphemes.segment(row)) {
    const next = columnsOf(segment);
    if (width + next > columns - 1) break;
    kept += segment;
    width += next;
  }
  return columns > 0 ? `${kept}…` : '';
}

/** One row of a text: no line breaks, no tabs. */
export const oneRow = (text: string): string => text.slice(0, seenLength).replace(/\s+/gu, ' ');

/** `left`, and `right` at the end of the row; without it where `left` would keep fewer than `least` columns. */
export function withRight(
  left: { readonly head: Line; readonly title: string; readonly tone: Tone },
  right: readonly Span[],
  at: {
    readonly columns: number;
    readonly least: number;
  },
): Line {
  const headWidth = left.head.reduce((sum, { text }) => sum + columnsOf(text), 0);
  const rightWidth = right.reduce((sum, { text }) => sum + columnsOf(text), 0);
  const room = at.columns - headWidth - rightWidth - 1;
  if (right.length === 0 || room < at.least) return [...left.head, { text: oneRow(left.title), tone: left.tone }];
  return [...left.head, cell(cut(left.title, room), room + 1, left.tone), ...right];
}
