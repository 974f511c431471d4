/** What a terminal emulator shows, as runs of cells that look alike: all that a picture of it is made of. */
import type { IBuffer, IBufferCell } from '@xterm/headless';

export interface CellStyle {
  /** `#rrggbb`; null: as the terminal writes. */
  readonly text: string | null;
  /** `#rrggbb`; null: the terminal's own background. */
  readonly ground: string | null;
  /** Text and ground change places; matters where one of them is the terminal's own. */
  readonly inverse: boolean;
  readonly bold: boolean;
  readonly faint: boolean;
  readonly italic: boolean;
  readonly underlined: boolean;
}

export interface CellRun {
  readonly column: number;
  /** In cells. */
  readonly width: number;
  readonly text: string;
  readonly style: CellStyle;
}

export type CellRow = readonly CellRun[];

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export const readScreen = (buffer: IBuffer, { columns, rows }: ScreenSize): CellRow[] =>
  Array.from({ length: rows }, (_, row) => readRow(buffer, buffer.baseY + row, columns));

function readRow(buffer: IBuffer, index: number, columns: number): CellRow {
  const line = buffer.getLine(index);
  const runs: CellRun[] = [];
  for (let column = 0; line && column < columns; ) {
    const cell = line.getCell(column);
    if (!cell) break;
    // A wide character's second cell has no width of its own.
    const width = Math.max(cell.getWidth(), 1);
    const text = cell.getChars() || ' ';
    const style = styleOf(cell);
    const last = runs.at(-1);
    if (last && isPlain(text, width) && isPlain(last.text, 1) && sameStyle(last.style, style))
      runs[runs.length - 1] = { ...last, width: last.width + width, text: last.text + text };
    else runs.push({ column, width, text, style });
    column += width;
  }
  return runs;
}

/** Letters that every monospace font has, one cell each. What else there is gets a run, and so a place, of its own. */
const isPlain = (text: string, width: number): boolean => width === 1 && /^[\u0020-\u024F\u2010-\u2027\u203A]+$/.test(text);

function styleOf(cell: IBufferCell): CellStyle {
  return {
    text: cell.isFgDefault() ? null : colourOf(cell.isFgRGB(), cell.getFgColor()),
    ground: cell.isBgDefault() ? null : colourOf(cell.isBgRGB(), cell.getBgColor()),
    inverse: cell.isInverse() !== 0,
    bold: cell.isBold() !== 0,
    faint: cell.isDim() !== 0,
    italic: cell.isItalic() !== 0,
    underlined: cell.isUnderline() !== 0,
  };
}

function colourOf(isTrue: boolean, value: number): string {
  // The sixteen colours are the person's own, so a picture of them would be of nobody's screen.
  if (!isTrue) throw new Error(`expected true colours, got the palette's ${value}: start the program with COLORTERM=truecolor`);
  return `#${value.toString(16).padStart(6, '0')}`;
}

const sameStyle = (a: CellStyle, b: CellStyle): boolean =>
  a.text === b.text &&
  a.ground === b.ground &&
  a.inverse === b.inverse &&
  a.bold === b.bold &&
  a.faint === b.faint &&
  a.italic === b.italic &&
  a.underlined === b.underlined;
