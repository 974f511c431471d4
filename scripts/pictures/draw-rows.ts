/** Rows of cells as SVG. Every run stands at its column and is as wide as its cells, whatever font the reader has. */
import type { CellRow, CellRun, CellStyle, ScreenSize } from './screen-cells.ts';

export type Background = 'dark' | 'light';

/** What a terminal has of itself, and the program does not say. */
const own = { dark: { text: '#d6dbe3', ground: '#14171c' }, light: { text: '#1f2328', ground: '#ffffff' } } as const;
const edge = { dark: '#2d333d', light: '#d0d7de' } as const;

const cell = { width: 8.4, height: 18, font: 14, baseline: 13.5 } as const;
const margin = 12;
const fonts = `ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace`;
const emojiFonts = `'Apple Color Emoji','Segoe UI Emoji','Noto Color Emoji'`;

/** The picture's frame around what was drawn. `head` is for styles and symbols. */
export function picture(size: ScreenSize, background: Background, title: string, head: string, body: string): string {
  const width = Math.ceil(size.columns * cell.width + 2 * margin);
  const height = size.rows * cell.height + 2 * margin;
  const { text, ground } = own[background];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" xml:space="preserve">`,
    `<title>${escaped(title)}</title>`,
    `<style>text{font:${cell.font}px ${fonts};white-space:pre}.b{font-weight:700}.f{opacity:.6}.i{font-style:italic}.u{text-decoration:underline}`,
    `.e{font-size:13px;font-family:${emojiFonts},${fonts}}${head}</style>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${ground}" stroke="${edge[background]}"/>`,
    `<g transform="translate(${margin} ${margin})" fill="${text}">${body}</g></svg>\n`,
  ].join('');
}

/** One row at its place; empty when there is nothing to be seen in it. */
export function drawRow(row: CellRow, index: number, background: Background): string {
  const top = index * cell.height;
  const grounds = row.map((run) => drawGround(run, top, background));
  return grounds.join('') + row.map((run) => drawRun(run, top, background)).join('');
}

function drawGround({ column, width, style }: CellRun, top: number, background: Background): string {
  const colour = style.inverse ? (style.text ?? own[background].text) : style.ground;
  if (colour === null) return '';
  return `<path d="M${x(column)} ${top}h${x(width)}v${cell.height}h-${x(width)}z" fill="${colour}"/>`;
}

function drawRun({ column, width, text, style }: CellRun, top: number, background: Background): string {
  const shown = text.trimEnd();
  if (shown === '') return '';
  const colour = style.inverse ? (style.ground ?? own[background].ground) : style.text;
  const lines = boxLines.get(shown);
  const ink = colour ?? own[background].text;
  if (lines) return drawLines(lines, column, top, ink);
  const shade = shades.get(shown);
  if (shade !== undefined)
    return `<path d="M${x(column)} ${top}h${cell.width}v${cell.height}h-${cell.width}z" fill="${ink}" opacity="${shade}" shape-rendering="crispEdges"/>`;
  // Only emoji fonts have it, in colours of their own.
  if (shown === '⏸') return `<path d="M${round(x(column) + 1.4)} ${top + 4}v10m4.4 0v-10" stroke="${ink}" stroke-width="2.4"/>`;
  const y = round(top + cell.baseline);
  const fill = colour === null ? '' : ` fill="${colour}"`;
  if (isSymbol(text)) {
    // Symbols are as wide as their font makes them. Wide ones keep their middle; narrow ones are held to their cell, and U+FE0E
    // keeps them from becoming emoji where the font has a choice.
    if (width === 1)
      return `<text x="${x(column)}" y="${y}" textLength="${cell.width}" lengthAdjust="spacingAndGlyphs"${classes(style, false)}${fill}>${escaped(shown)}\uFE0E</text>`;
    const middle = round((column + width / 2) * cell.width);
    return `<text x="${middle}" y="${y}" text-anchor="middle"${classes(style, true)}${fill}>${escaped(shown)}</text>`;
  }
  const lead = shown.length - shown.trimStart().length;
  const word = shown.slice(lead);
  const length = word.length > 1 ? ` textLength="${x(word.length)}" lengthAdjust="spacingAndGlyphs"` : '';
  return `<text x="${x(column + lead)}" y="${y}"${length}${classes(style, false)}${fill}>${escaped(word)}</text>`;
}

const isSymbol = (text: string): boolean => !/^[\u0020-\u024F\u2010-\u2027\u203A]+$/.test(text);

/** Lines that have to meet from cell to cell, as parts of a cell: drawn as terminals draw them, not by a font. */
const boxLines: ReadonlyMap<string, string> = new Map([
  ['─', 'h'],
  ['│', 'v'],
  ['├', 'vr'],
  ['┤', 'vl'],
  ['┬', 'hd'],
  ['┴', 'hu'],
  ['┼', 'hv'],
  ['┌', 'dr'],
  ['┐', 'dl'],
  ['└', 'ur'],
  ['┘', 'ul'],
  ['╭', 'dr'],
  ['╮', 'dl'],
  ['╰', 'ur'],
  ['╯', 'ul'],
]);

/** Cells that are filled, by how much. */
const shades: ReadonlyMap<string, number> = new Map([
  ['█', 1],
  ['▓', 0.75],
  ['▒', 0.5],
  ['░', 0.25],
]);

function drawLines(parts: string, column: number, top: number, colour: string): string {
  const [left, middle, right] = [x(column), round((column + 0.5) * cell.width), x(column + 1)];
  const centre = top + cell.height / 2;
  const bottom = top + cell.height;
  const ways: Record<string, string> = {
    h: `M${left} ${centre}H${right}`,
    v: `M${middle} ${top}V${bottom}`,
    r: `M${middle} ${centre}H${right}`,
    l: `M${left} ${centre}H${middle}`,
    d: `M${middle} ${centre}V${bottom}`,
    u: `M${middle} ${top}V${centre}`,
  };
  return `<path d="${[...parts].map((part) => ways[part]).join('')}" stroke="${colour}"/>`;
}

function classes(style: CellStyle, emoji: boolean): string {
  const names = [style.bold && 'b', style.faint && 'f', style.italic && 'i', style.underlined && 'u', emoji && 'e'].filter(
    Boolean,
  );
  return names.length === 0 ? '' : ` class="${names.join(' ')}"`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const x = (columns: number): number => round(columns * cell.width);
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
