import type { Line, Span } from './line.ts';
import { cleanText, displayWidth, fitText } from './width.ts';

export interface WrapOptions {
  /** What continuation rows begin with. */
  readonly indent?: Line;
}

/** A line as rows of at most `columns`, broken between words, else where it must. Line ends in the text break too. */
export function wrapLine(line: Line, columns: number, { indent = [] }: WrapOptions = {}): Line[] {
  const width = Math.max(1, columns);
  if (line.every((span) => !span.text.includes('\n')) && fits(line, width)) return [line];
  const indented = indent.reduce((sum, span) => sum + displayWidth(span.text), 0);
  const rows = new Rows(width, indented < width ? indent : [], indented < width ? indented : 0);
  for (const span of line) {
    span.text.split('\n').forEach((text, at) => {
      if (at > 0) rows.endRow();
      for (const [part] of cleanText(text).matchAll(parts)) {
        if (part.startsWith(' ')) rows.space(part, span.tone);
        else for (const word of wordsOf(part)) rows.word(word, span.tone);
      }
    });
  }
  return rows.all();
}

const parts = / +|[^ ]+/g;

function fits(line: Line, width: number): boolean {
  let left = width;
  for (const span of line) {
    const fitted = fitText(span.text, left);
    if (!fitted.whole) return false;
    left -= fitted.cells;
  }
  return true;
}

/** Between wide characters there are no spaces to break at: each may end a row. */
function wordsOf(part: string): readonly string[] {
  if (part.length === displayWidth(part)) return [part];
  return part.match(wideOrRun) ?? [part];
}
const wideOrRun =
  /[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\u{20000}-\u{3ffff}]|[^\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\u{20000}-\u{3ffff}]+/gu;

type Tone = Span['tone'];

/** Rows in the making. A word may consist of spans of several tones: it is placed when its end is known. */
class Rows {
  readonly #rows: Span[][] = [];
  readonly #width: number;
  readonly #indent: Line;
  readonly #indented: number;
  #row: Span[] = [];
  #used = 0;
  /** How many spans of the row are the indent's. */
  #own = 0;
  /** Whether the row holds more than its indent. */
  #begun = false;
  #gap: Span[] = [];
  #gapCells = 0;
  #word: Span[] = [];
  #wordCells = 0;

  constructor(width: number, indent: Line, indented: number) {
    this.#width = width;
    this.#indent = indent;
    this.#indented = indented;
  }

  space(text: string, tone: Tone): void {
    this.#place();
    this.#gap.push(spanOf(text, tone));
    this.#gapCells += text.length;
  }

  word(text: string, tone: Tone): void {
    // What starts with a wide character may stand at the start of a row; so may what comes after one.
    if (this.#word.length > 0 && (isWide(text) || isWide((this.#word.at(-1) as Span).text))) this.#place();
    this.#word.push(spanOf(text, tone));
    this.#wordCells += displayWidth(text);
  }

  endRow(): void {
    this.#place();
    this.#push();
  }

  all(): Line[] {
    this.#place();
    if (this.#begun || this.#rows.length === 0) this.#push();
    return this.#rows;
  }

  #place(): void {
    if (this.#word.length === 0) return;
    if (this.#used + this.#gapCells + this.#wordCells > this.#width && this.#begun) this.#push();
    else if (this.#used + this.#gapCells < this.#width) {
      for (const span of this.#gap) this.#append(span.text, span.tone);
      this.#used += this.#gapCells;
    }
    this.#gap = [];
    this.#gapCells = 0;
    for (const span of this.#word) this.#break(span);
    this.#word = [];
    this.#wordCells = 0;
  }

  /** Longer than what is left only when it is longer than a row. */
  #break({ text, tone }: Span): void {
    let rest = text;
    while (rest !== '') {
      const room = this.#width - this.#used;
      const fitted = fitText(rest, room);
      if (fitted.cells === 0) {
        // Not even one character fits a row this narrow: the painter says so with its ellipsis.
        if (this.#used === 0 || !this.#begun) {
          this.#add(rest, tone, room);
          return;
        }
        this.#push();
        continue;
      }
      this.#add(fitted.text, tone, fitted.cells);
      rest = rest.slice(fitted.text.length);
      if (rest !== '') this.#push();
    }
  }

  #add(text: string, tone: Tone, cells: number): void {
    this.#append(text, tone);
    this.#used += cells;
    this.#begun = true;
  }

  /** Words of one tone are one span again: what is painted at each frame stays short. */
  #append(text: string, tone: Tone): void {
    const last = this.#row.at(-1);
    if (last !== undefined && last.tone === tone && this.#row.length > this.#own)
      this.#row[this.#row.length - 1] = spanOf(last.text + text, tone);
    else this.#row.push(spanOf(text, tone));
  }

  #push(): void {
    this.#rows.push(this.#row);
    this.#row = [...this.#indent];
    this.#used = this.#indented;
    this.#own = this.#row.length;
    this.#begun = false;
    this.#gap = [];
    this.#gapCells = 0;
  }
}

const wide = /^[\u2e80-\u2fff\u3003-\u3007\u3012-\u9fff\uac00-\ud7a3\uf900-\ufaff\u{20000}-\u{3ffff}]/u;
const isWide = (text: string): boolean => text.charCodeAt(0) >= 0x2e80 && wide.test(text);

const spanOf = (text: string, tone: Tone): Span => (tone === undefined ? { text } : { text, tone });
