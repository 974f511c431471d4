/** A part of a row: painted text that fills the columns from here to the next part, or to the end of the row. */
export interface Part {
  readonly column: number;
  readonly text: string;
}

/** A row from left to right. */
export type Row = readonly Part[];

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Screen {
  /** Shows these rows: what is on a screen of this size already is not written again. */
  draw(rows: readonly Row[], size: Size): void;
  /** Something else has the terminal: nothing is written until as many `resume`s, the last of which draws the whole screen anew. */
  pause(): void;
  resume(): void;
  /** The terminal has another size, or had one meanwhile: what it kept of the screen is not known. */
  resized(now: Size): void;
}

const begin = '\u001B[?2026h';
const end = '\u001B[?2026l';
const whole = '\u001B[?25l\u001B[0m\u001B[2J';
const eraseToEnd = '\u001B[K';
/** Fewer spaces than this cost no more than erasing. */
const fewSpaces = 4;

/**
 * Writes what has changed and nothing else, in one write between the marks of a synchronised update. Each part is put at its
 * own place, so that nothing depends on where the cursor was: what a terminal makes of an emoji, or of a frame that met a
 * resize on its way, spoils no other part.
 */
export function createScreen(write: (text: string) => void): Screen {
  let shown: readonly Row[] = [];
  let wanted: readonly Row[] = [];
  /** Of what is shown; null when it is not known what is. */
  let size: Size | null = null;
  let wantedSize: Size | null = null;
  let pauses = 0;

  const draw = (rows: readonly Row[], on: Size): void => {
    wanted = rows;
    wantedSize = on;
    if (pauses > 0) return;
    const known = size?.columns === on.columns && size.rows === on.rows && rows.length >= shown.length;
    let changes = known ? '' : whole;
    for (let index = 0; index < rows.length; index += 1)
      changes += changesOf(rows[index] as Row, known ? shown[index] : undefined, index);
    shown = rows;
    size = on;
    if (changes !== '') write(`${begin}${changes}${end}`);
  };

  return {
    draw,
    pause() {
      pauses += 1;
    },
    resume() {
      pauses -= 1;
      size = null;
      if (wantedSize) draw(wanted, wantedSize);
    },
    resized(now) {
      size = null;
      // Rows for another size come by themselves.
      if (wantedSize?.columns === now.columns && wantedSize.rows === now.rows) draw(wanted, wantedSize);
    },
  };
}

function changesOf(row: Row, before: Row | undefined, index: number): string {
  const sameParts = before?.length === row.length && row.every(({ column }, at) => before[at]?.column === column);
  let changes = '';
  for (let at = 0; at < row.length; at += 1) {
    const { column, text } = row[at] as Part;
    if (sameParts && before[at]?.text === text) continue;
    changes += `\u001B[${index + 1};${column + 1}H${at === row.length - 1 ? withoutEnd(text) : text}`;
  }
  return changes;
}

/** Spaces up to the end of the row are erased instead, where they have no colour of their own: a row that is painted to its end ends with its colours. */
function withoutEnd(text: string): string {
  let length = text.length;
  while (length > 0 && text.charCodeAt(length - 1) === 0x20) length -= 1;
  return text.length - length < fewSpaces ? text : text.slice(0, length) + eraseToEnd;
}
