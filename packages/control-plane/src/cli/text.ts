import { stripVTControlCharacters, styleText } from 'node:util';

/** Text from outside on one line, without anything that a terminal would obey. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .trim();
}

/** The same, with its lines and their indentation kept. */
export const plainLines = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => {
      const expanded = line.replace(/\t/g, '  ');
      return `${/^ */.exec(expanded)?.[0] ?? ''}${plain(expanded)}`;
    })
    .join('\n');

const wide =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/u;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const cells = (grapheme: string): number => (wide.test(grapheme) ? 2 : 1);

/** How many cells a text takes on a terminal. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += cells(segment);
  return width;
}

/** The text, cut with … to at most `width` cells. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let result = '';
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    used += cells(segment);
    if (used > width - 1) break;
    result += segment;
  }
  return `${result.trimEnd()}…`;
}

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;
export const painter =
  (colour: boolean): Paint =>
  (style, text) =>
    colour ? styleText(style, text, { validateStream: false }) : text;

export interface Column {
  header: string;
  align?: 'right';
  /** Gets what the others leave; exactly one of a table. */
  flexible?: boolean;
  /** `row` counts from 0, the headers left out. */
  paint?: (text: string, row: number) => string;
}

/** Aligned columns that fit the width: the flexible one is cut. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  const widths = columns.map(({ header }, index) => Math.max(widthOf(header), ...rows.map((row) => widthOf(row[index] ?? ''))));
  const flexible = columns.findIndex((column) => column.flexible);
  const gaps = (columns.length - 1) * 2;
  if (flexible !== -1) {
    const others = widths.reduce((sum, each, index) => (index === flexible ? sum : sum + each), gaps);
    widths[flexible] = Math.min(widths[flexible] ?? 0, Math.max(10, width - others));
  }
  const line = (row: readonly string[], at: number | null) =>
    columns
      .map((column, index) => {
        const text = cut(row[index] ?? '', widths[index] ?? 0);
        const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(text)));
        const shown = at !== null && column.paint ? column.paint(text, at) : text;
        return column.align === 'right' ? space + shown : shown + space;
      })
      .join('  ')
      .trimEnd();
  return [
    line(
      columns.map(({ header }) => header),
      null,
    ),
    ...rows.map(line),
  ]
    .map((each) => `${each}\n`)
    .join('');
}

/** `name  value` lines, values aligned. */
export function fields(pairs: readonly (readonly [string, string | null | undefined])[]): string {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

/** `3 m 20 s`, in the two largest units. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000));
  const parts: [number, string][] = [
    [Math.floor(total / 86_400), 'd'],
    [Math.floor(total / 3600) % 24, 'h'],
    [Math.floor(total / 60) % 60, 'm'],
    [total % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
