import { blank, type Line, line, type Tone } from '../text/line.ts';
import { wrapLine } from '../text/wrap.ts';
import type { DetailText } from './screen.ts';

/** A text that is made at once: what is behind it is bounded, and it is remembered by what it is made of. */
export interface StaticText {
  readonly key: string;
  readonly title: string;
  readonly lines: readonly Line[];
  /** What opens and closes on a line, by its index. */
  readonly folds?: ReadonlyMap<number, string>;
  /** Indexes of lines that say something went wrong. */
  readonly errors?: readonly number[];
  readonly live?: boolean;
}

/** Lines as a text to scroll in. */
export function detailText({ key, title, lines, folds, errors, live }: StaticText): DetailText {
  return {
    ...{ key, title, length: lines.length, live: live ?? false },
    lineAt: (index) => lines[index] ?? blank,
    ...(folds && { foldAt: (index: number) => folds.get(index) ?? null }),
    ...(errors && { errors: () => errors }),
  };
}

/** A paragraph, wrapped to the pane. */
export const paragraph = (text: string, columns: number, tone: Tone = 'normal'): readonly Line[] =>
  text.split('\n').flatMap((row) => (row.trim() === '' ? [blank] : wrapLine(line(row, tone), columns)));

/** `label   value`, the value wrapped beside its label; below it where the label leaves no room. */
export function field(label: string, value: string | Line, columns: number): readonly Line[] {
  const spans: Line = typeof value === 'string' ? line(value) : value;
  const wrapped = wrapLine(spans, Math.max(10, columns - labelColumns));
  const beside = label.length < labelColumns;
  const rows = wrapped.map((row, index): Line => {
    const head = beside && index === 0 ? label.padEnd(labelColumns) : ' '.repeat(labelColumns);
    return [{ text: head, tone: 'dim' }, ...row];
  });
  return beside ? rows : [line(label, 'dim'), ...rows];
}
const labelColumns = 14;

/** A heading with room above it. */
export const heading = (text: string): readonly Line[] => [blank, line(text, 'heading')];
