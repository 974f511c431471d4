import type { Line } from './line.ts';
import type { Theme } from './theme.ts';
import { fitText } from './width.ts';

export interface PaintOptions {
  readonly columns: number;
  readonly theme: Theme;
  /** Fill the row up with spaces to exactly `columns`; a selected row is filled anyway. */
  readonly pad?: boolean;
  /** On the background of the selected row. The sign for it, `›`, is the list's. */
  readonly selected?: boolean;
}

/**
 * A line as one row of the terminal: cleaned, coloured, and cut with `…` to the columns. The only way from a screen's text to the
 * terminal, and called for every row of every frame: plain text is not looked at twice, and what does not fit is not read.
 */
export function paintLine(line: Line, { columns, theme, pad = false, selected = false }: PaintOptions): string {
  const styles = selected ? theme.selected : theme.tones;
  let out = '';
  let open = '';
  let used = 0;
  for (let at = 0; at < line.length && used < columns; at++) {
    const span = line[at] as Line[number];
    if (span.text === '') continue;
    const room = columns - used;
    let fitted = fitText(span.text, room);
    const cut = !fitted.whole || (fitted.cells === room && anythingAfter(line, at));
    if (cut) fitted = fitText(span.text, room - 1);
    if (fitted.cells === 0 && !cut) continue;
    const style = styles[span.tone ?? 'normal'];
    if (style !== open) {
      out += open === '' ? style : theme.reset + style;
      open = style;
    }
    out += cut ? `${fitted.text}…` : fitted.text;
    used += cut ? fitted.cells + 1 : fitted.cells;
    if (cut) break;
  }
  if ((pad || selected) && used < columns) {
    const style = selected ? styles.normal : '';
    if (style !== open) {
      out += open === '' ? style : theme.reset + style;
      open = style;
    }
    out += ' '.repeat(columns - used);
  }
  return open === '' ? out : out + theme.reset;
}

/** Whether anything to be seen comes behind this span. */
function anythingAfter(line: Line, at: number): boolean {
  for (let next = at + 1; next < line.length; next++) {
    if (!fitText((line[next] as Line[number]).text, 0).whole) return true;
  }
  return false;
}
