import stringWidth from 'string-width';

/**
 * What each character becomes in a terminal whose idea of widths is not ours to choose. Terminals agree on most of Unicode and
 * differ on the rest: sequences joined by zero-width joiners, flags, skin tones, variation selectors, conjoining jamo, marks and
 * emoji that are younger than their tables. What they differ on is not drawn as it came but as something that all of them
 * measure alike, so that the column after it stays where it is:
 *
 * - controls, format characters (bidi overrides and isolates, joiners, tags), variation selectors, skin tones: left out, so that
 *   of a joined emoji all parts stand side by side, and `⚠️` is the one cell wide `⚠`;
 * - flags: their two letters; keycaps: their digit;
 * - combining marks: kept on their base, two at most; those younger than Unicode 11: left out;
 * - what is still wide in one terminal and narrow in another, unassigned, or half a surrogate pair: `�`.
 *
 * Not settled: spacing marks of Indic scripts (one cell here, in Ink and by wcwidth; none where a terminal measures clusters),
 * and the emoji of Unicode 12 and 13, two cells everywhere but in terminals older than 2020.
 */
export const cellClasses = { drop: 0, narrow: 1, wide: 2, mark: 3, space: 4, replace: 5, special: 6 } as const;
export type CellClass = (typeof cellClasses)[keyof typeof cellClasses];

/** What stands for a character that terminals disagree on, or that is none. One cell in all of them. */
export const replacement = '\uFFFD';

/** The class of a code point; worked out once for each. */
export function cellClass(codePoint: number): CellClass {
  if (codePoint >= known.length) return beyond(codePoint);
  const found = known[codePoint] as number;
  if (found !== 0) return (found - 1) as CellClass;
  const made = classify(codePoint);
  known[codePoint] = made + 1;
  return made;
}

/** What a `special` character is drawn as: narrow characters, each of one cell or a mark. */
export function specialText(codePoint: number): string {
  if (codePoint >= 0x1f1e6) return String.fromCharCode(0x41 + codePoint - 0x1f1e6);
  return specials.get(codePoint) ?? replacement;
}

/** Marks after which some emulators join the next consonant into the same cell and others do not. */
export const joinsNext = (codePoint: number): boolean => viramas.has(codePoint);

const known = new Uint8Array(0x20000);

/** Thai and Lao AM as the mark and the vowel they are made of; halfwidth voice marks as what they look like. */
const specials = new Map<number, string>([
  [0x0e33, '\u0E4D\u0E32'],
  [0x0eb3, '\u0ECD\u0EB2'],
  [0xff9e, '"'],
  [0xff9f, '\u00B0'],
]);

const viramas = new Set([0x94d, 0x9cd, 0xacd, 0xb4d, 0xc4d, 0xd4d, 0x1039, 0x17d2, 0x1a60, 0x1b44, 0x1bab, 0xa9c0]);

/** Pairs of first and last. Marks that tables of Unicode 11 take for a character of one cell, or fullwidth ones. */
const youngMarks = [
  0x897, 0x89f, 0x8ca, 0x8d2, 0xb55, 0xb55, 0xc3c, 0xc3c, 0xd81, 0xd81, 0xece, 0xece, 0x1abf, 0x1aff, 0x1dfa, 0x1dfa, 0x20e3,
  0x20e3, 0x302a, 0x302d, 0x3099, 0x309a, 0xa82c, 0xa82c,
];

/** Pairs of first and last: widths changed between Unicode 11 and 17, conjoining jamo, prepended signs. */
const disputed = [
  0xd4e, 0xd4e, 0x1100, 0x11ff, 0x1715, 0x1715, 0x1734, 0x1734, 0x2630, 0x2637, 0x268a, 0x268f, 0x2ffc, 0x2fff, 0x302e, 0x302f,
  0x31e4, 0x31e5, 0x31ef, 0x31ef, 0x4dc0, 0x4dff, 0xa960, 0xa97c, 0xd7b0, 0xd7fb,
];

const dropped = /^[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]$/u;
const marks = /^[\p{Mn}\p{Me}]$/u;
const spacing = /^\p{Mc}$/u;
const spaces = /^[\p{Z}\t\n\v\f\r\u0085]$/u;
const drawn = /^[\p{L}\p{N}\p{P}\p{S}\p{Co}]$/u;

function classify(codePoint: number): CellClass {
  if (codePoint >= 0x20 && codePoint < 0x7f) return cellClasses.narrow;
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return cellClasses.replace;
  if (within(surelyNarrow, codePoint)) return cellClasses.narrow;
  if (within(surelyWide, codePoint)) return cellClasses.wide;
  const char = String.fromCodePoint(codePoint);
  if (codePoint === 0x3000) return cellClasses.wide;
  if (spaces.test(char)) return cellClasses.space;
  if (dropped.test(char)) return cellClasses.drop;
  if (codePoint >= 0x1f3fb && codePoint <= 0x1f3ff) return cellClasses.drop;
  if (specials.has(codePoint) || (codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff)) return cellClasses.special;
  if (within(disputed, codePoint)) return cellClasses.replace;
  if (marks.test(char)) return codePoint > 0xffff || within(youngMarks, codePoint) ? cellClasses.drop : cellClasses.mark;
  if (codePoint > 0xffff) return supplementary(codePoint, char);
  if (spacing.test(char)) return cellClasses.narrow;
  return drawn.test(char) ? byWidth(char) : cellClasses.replace;
}

/** Blocks without exceptions: asking Unicode's properties takes tens of microseconds, and a page of Chinese has hundreds of characters. */
const surelyNarrow = [
  0xa1, 0xac, 0xae, 0x2ff, 0x388, 0x38a, 0x38e, 0x3a1, 0x3a3, 0x482, 0x48a, 0x52f, 0x2010, 0x2027, 0x2030, 0x205e, 0x2190, 0x2319,
  0x2500, 0x25fc, 0x2801, 0x28ff, 0xe000, 0xf8ff,
];
const surelyWide = [0x3041, 0x3096, 0x30a1, 0x30fa, 0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xac00, 0xd7a3, 0xff01, 0xff5e];

/** Ideographs, and planes for private use. The tags of plane 14 are left out. */
function beyond(codePoint: number): CellClass {
  if (codePoint >= 0xf0000) return (codePoint & 0xfffe) === 0xfffe ? cellClasses.replace : cellClasses.narrow;
  if (codePoint >= 0xe0000) return codePoint < 0xe1000 ? cellClasses.drop : cellClasses.replace;
  if (codePoint >= 0x40000) return cellClasses.replace;
  return /^\p{Lo}$/u.test(String.fromCodePoint(codePoint)) ? cellClasses.wide : cellClasses.replace;
}

/** Beyond the first plane terminals agree on ideographs, on most emoji and on narrow letters that join nothing. */
function supplementary(codePoint: number, char: string): CellClass {
  if (within(youngWide, codePoint) || !drawn.test(char)) return cellClasses.replace;
  if (codePoint >= 0x1f300) return emoji.test(char) ? cellClasses.wide : cellClasses.narrow;
  const width = byWidth(char);
  const wideBlock = codePoint >= 0x1f000;
  return width === cellClasses.wide && !wideBlock ? cellClasses.replace : width;
}

/** Pairs of first and last: emoji younger than Unicode 13, two that were wide once, and letters that join the next. */
const youngWide = [
  0x10d69, 0x10d6d, 0x111c2, 0x111c3, 0x113d1, 0x113d1, 0x1193f, 0x1193f, 0x11941, 0x11941, 0x11a3a, 0x11a3a, 0x11a84, 0x11a89,
  0x11d46, 0x11d46, 0x11f02, 0x11f02, 0x1f6d8, 0x1f6d8, 0x1f6dc, 0x1f6df, 0x1f7f0, 0x1f7f0, 0x1f93b, 0x1f93b, 0x1f946, 0x1f946,
  0x1f979, 0x1f979, 0x1f9cc, 0x1f9cc, 0x1fa75, 0x1fa77, 0x1fa7b, 0x1fa7c, 0x1fa87, 0x1fa8f, 0x1faa9, 0x1faaf, 0x1fab7, 0x1fabf,
  0x1fac3, 0x1facf, 0x1fad7, 0x1faff,
];

const emoji = /^\p{Emoji_Presentation}$/u;

const byWidth = (char: string): CellClass => (stringWidth(char) === 2 ? cellClasses.wide : cellClasses.narrow);

function within(ranges: readonly number[], codePoint: number): boolean {
  for (let at = 0; at < ranges.length; at += 2) {
    if (codePoint >= (ranges[at] as number) && codePoint <= (ranges[at + 1] as number)) return true;
  }
  return false;
}
