import type { Line } from '../text/line.ts';
import { paintLine } from '../text/paint-line.ts';
import type { Theme } from '../text/theme.ts';

/** Paints a row to exactly this many columns. */
export type Paint = (line: Line, columns: number, selected?: boolean) => string;

interface Painted {
  readonly columns: number;
  readonly selected: boolean;
  readonly text: string;
}

/** Paints with one theme and remembers the last painting of each line: most rows of a frame are those of the one before. */
export function createPaint(theme: Theme): Paint {
  const last = new WeakMap<Line, Painted>();
  return (line, columns, selected = false) => {
    const known = last.get(line);
    if (known && known.columns === columns && known.selected === selected) return known.text;
    const text = paintLine(line, { columns, theme, pad: true, selected });
    last.set(line, { columns, selected, text });
    return text;
  };
}
