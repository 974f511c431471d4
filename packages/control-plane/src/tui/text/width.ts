import { cellClass, cellClasses, joinsNext, replacement, specialText } from './cell-class.ts';

/** A text cleaned and cut to some columns. */
export interface Fitted {
  /** Nothing in it that a terminal would obey, and each character as wide in every terminal as it is here. */
  readonly text: string;
  readonly cells: number;
  /** False when something that would be seen did not fit. */
  readonly whole: boolean;
}

/** How many columns the text takes once it is cleaned. */
export const displayWidth = (text: string): number =>
  printable.test(text) ? text.length : scan(text, Number.POSITIVE_INFINITY).cells;

/** The text as it can be drawn on one row: no escapes, controls or direction overrides; tabs and line ends are one space. */
export const cleanText = (text: string): string => (printable.test(text) ? text : scan(text, Number.POSITIVE_INFINITY).text);

/** As much of the text as `columns` hold, cleaned. Costs what is shown, not what is there. */
export function fitText(text: string, columns: number): Fitted {
  if (columns < 1) return text === '' ? nothing : { text: '', cells: 0, whole: scan(text, 0).whole };
  const head = text.length > columns ? text.slice(0, columns) : text;
  if (printable.test(head)) {
    if (head.length === text.length) return { text, cells: text.length, whole: true };
    // A mark or a joiner behind the last column would belong to it: only plain text can be cut by counting.
    if (printable.test(text.charAt(columns))) return { text: head, cells: columns, whole: false };
  }
  return scan(text, columns);
}

/** The first of the text that fits, with `…` where the rest was. */
export function cutText(text: string, columns: number): Fitted {
  const fitted = fitText(text, columns);
  if (fitted.whole || columns < 1) return fitted;
  const kept = fitText(text, columns - 1);
  return { text: `${kept.text}…`, cells: kept.cells + 1, whole: false };
}

/** The text filled up with spaces, or cut, to exactly `columns`. */
export function padText(text: string, columns: number, side: 'start' | 'end' = 'end'): string {
  const fitted = cutText(text, columns);
  const gap = ' '.repeat(Math.max(0, columns - fitted.cells));
  return side === 'end' ? fitted.text + gap : gap + fitted.text;
}

/** Tabs as the spaces up to the next stop, for text whose columns mean something. */
export function expandTabs(text: string, every = 4): string {
  if (!text.includes('\t')) return text;
  let out = '';
  text.split('\t').forEach((part, at) => {
    if (at > 0) out += ' '.repeat(every - (out.length % every));
    out += part;
  });
  return out;
}

const printable = /^[ -~]*$/;
const composable = /[\u1100-\u11ff\u3099\u309a\ua960-\ua97f\ud7b0-\ud7ff]/;
const nothing: Fitted = { text: '', cells: 0, whole: true };

/** More marks than this on one letter are there to smear over the rows above and below. */
const marksPerBase = 2;

/** Text that shows nothing is not read for ever: what is beyond counts as cut. */
const unitsPerColumn = 32;

function scan(given: string, columns: number): Fitted {
  const limit = columns === Number.POSITIVE_INFINITY ? given.length : Math.min(given.length, columns * unitsPerColumn + 512);
  const { fitted, compose } = scanTo(given, limit, columns);
  if (!compose) return fitted;
  const text = given.slice(0, limit).normalize('NFC');
  const again = scanTo(text, text.length, columns).fitted;
  return limit < given.length ? { ...again, whole: false } : again;
}

interface Scanned {
  readonly fitted: Fitted;
  /** Jamo or marks were met that normalising may join to one character. */
  readonly compose: boolean;
}

function scanTo(text: string, limit: number, columns: number): Scanned {
  let compose = false;
  let out = '';
  let cells = 0;
  let marksLeft = 0;
  // Characters that stay as they are, are copied by the stretch.
  let from = 0;
  let at = 0;
  const cut = (): Scanned => ({ fitted: { text: out + text.slice(from, at), cells, whole: false }, compose });
  while (at < limit) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x20 && unit < 0x7f) {
      if (cells + 1 > columns) return cut();
      cells++;
      at++;
      marksLeft = marksPerBase;
      continue;
    }
    const codePoint = text.codePointAt(at) as number;
    const size = codePoint > 0xffff ? 2 : 1;
    const is = cellClass(codePoint);
    if (is === cellClasses.wide || is === cellClasses.narrow) {
      const width = is === cellClasses.wide ? 2 : 1;
      if (cells + width > columns) return cut();
      cells += width;
      at += size;
      marksLeft = marksPerBase;
      continue;
    }
    if (is === cellClasses.mark && marksLeft > 0) {
      marksLeft--;
      at += size;
      if (joinsNext(codePoint)) {
        out += `${text.slice(from, at)}\u200C`;
        from = at;
      }
      continue;
    }
    compose ||= unit >= 0x1100 && composable.test(text.charAt(at));
    const drawn = drawnAs(is, codePoint);
    if (drawn !== '') {
      const width = drawn.length === 2 && marksLeft === 0 ? 1 : visible(drawn);
      if (cells + width > columns) return cut();
      cells += width;
    }
    out += text.slice(from, at) + (drawn.length === 2 && marksLeft === 0 ? drawn.slice(1) : drawn);
    if (drawn !== '') marksLeft = marksPerBase;
    at = isEscape(unit) ? afterEscape(text, at) : at + size;
    from = at;
  }
  const shown = from === 0 && limit === text.length ? text : out + text.slice(from, Math.max(from, at));
  return { fitted: { text: shown, cells, whole: limit === text.length }, compose };
}

function drawnAs(is: number, codePoint: number): string {
  if (is === cellClasses.space) return ' ';
  if (is === cellClasses.replace) return replacement;
  if (is === cellClasses.special) return specialText(codePoint);
  return '';
}

/** Of what a character is drawn as, only the mark of Thai and Lao AM takes no cell. */
const visible = (drawn: string): number => (drawn.length === 0 ? 0 : 1);

const isEscape = (unit: number): boolean => unit === 0x1b || (unit >= 0x80 && unit <= 0x9f && unit !== 0x85);

/** Longer than any sequence that means something: beyond, only what opened it is taken out. */
const longestString = 2048;

/** The place behind the escape sequence that starts at `at`, as terminals read it. */
function afterEscape(text: string, at: number): number {
  let unit = text.charCodeAt(at);
  let next = at + 1;
  if (unit === 0x1b) {
    if (next >= text.length) return next;
    unit = text.charCodeAt(next) + 0x40;
    next++;
  }
  if (unit === 0x9b) return afterControl(text, next);
  if (unit === 0x9d || unit === 0x90 || unit === 0x98 || unit === 0x9e || unit === 0x9f) return afterString(text, next);
  // Two-character sequences, some with intermediates: `ESC ( B`. What follows ESC is not eaten when it is no part of one.
  if (text.charCodeAt(at) !== 0x1b) return next;
  let end = at + 1;
  while (end < at + 4 && inside(text, end, 0x20, 0x2f)) end++;
  return inside(text, end, 0x30, 0x7e) ? end + 1 : at + 1;
}

function afterControl(text: string, start: number): number {
  let end = start;
  const last = Math.min(text.length, start + 256);
  while (end < last && inside(text, end, 0x20, 0x3f)) end++;
  return inside(text, end, 0x40, 0x7e) ? end + 1 : start;
}

function afterString(text: string, start: number): number {
  const last = Math.min(text.length, start + longestString);
  for (let end = start; end < last; end++) {
    const unit = text.charCodeAt(end);
    if (unit === 0x07 || unit === 0x9c) return end + 1;
    if (unit === 0x1b) return text.charCodeAt(end + 1) === 0x5c ? end + 2 : end;
  }
  return start;
}

const inside = (text: string, at: number, first: number, last: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit >= first && unit <= last;
};
