/** A line of text that is being written. The cursor stands between UTF-16 units, never inside of a character. */
export interface EditedLine {
  readonly value: string;
  readonly cursor: number;
}

/** More than any command takes; a paste of a megabyte neither stalls the terminal nor goes unsaid. */
export const longestLine = 64_000;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** So far back a character is looked for: no real one is longer, and a long text is not segmented for each key. */
const longestGrapheme = 64;

/** Puts text in at the cursor. Line ends stay, other control characters go. `cut`: not all of it fitted. */
export function insert({ value, cursor }: EditedLine, text: string): EditedLine & { readonly cut: boolean } {
  const room = Math.max(0, longestLine - value.length);
  // Cut before it is cleaned, so that the price does not grow with what is thrown away.
  const clean = withoutControls(text.slice(0, room + 1).replace(/\r\n?/g, '\n'));
  const kept = withoutHalf(clean.slice(0, room));
  return {
    value: value.slice(0, cursor) + kept + value.slice(cursor),
    cursor: cursor + kept.length,
    cut: text.length > room,
  };
}

/** What a key does to the line; null when it does nothing there. */
export function editKey(line: EditedLine, key: string): EditedLine | null {
  const { value, cursor } = line;
  switch (key) {
    case 'left':
    case 'ctrl+b':
      return { value, cursor: before(value, cursor) };
    case 'right':
    case 'ctrl+f':
      return { value, cursor: after(value, cursor) };
    case 'home':
    case 'ctrl+a':
      return { value, cursor: 0 };
    case 'end':
    case 'ctrl+e':
      return { value, cursor: value.length };
    // Most terminals send for Backspace what Ink calls delete on some systems: both take what stands before the cursor.
    case 'backspace':
      return cutOut(value, before(value, cursor), cursor);
    case 'delete':
    case 'ctrl+d':
      return cutOut(value, cursor, after(value, cursor));
    case 'ctrl+u':
      return cutOut(value, 0, cursor);
    case 'ctrl+k':
      return cutOut(value, cursor, value.length);
    case 'ctrl+w':
    case 'alt+backspace':
      return cutOut(value, wordBefore(value, cursor), cursor);
    default:
      return null;
  }
}

const cutOut = (value: string, from: number, to: number): EditedLine => ({
  value: value.slice(0, from) + value.slice(to),
  cursor: from,
});

function before(value: string, cursor: number): number {
  const from = Math.max(0, cursor - longestGrapheme);
  let last = from;
  for (const { index } of graphemes.segment(value.slice(from, cursor))) last = from + index;
  return cursor === 0 ? 0 : last;
}

function after(value: string, cursor: number): number {
  const [first] = graphemes.segment(value.slice(cursor, cursor + longestGrapheme));
  return cursor + (first?.segment.length ?? 0);
}

/** Where the word before the cursor begins, with the blanks after it. */
function wordBefore(value: string, cursor: number): number {
  let at = cursor;
  while (at > 0 && /\s/.test(value[at - 1] ?? '')) at -= 1;
  while (at > 0 && !/\s/.test(value[at - 1] ?? '')) at -= 1;
  return at;
}

/** Line ends and tabs are text; what else a terminal would obey is not. */
const withoutControls = (text: string): string => text.replace(/\t/g, ' ').replace(/[^\P{Cc}\n]/gu, '');

/** A surrogate whose other half was cut off. */
const withoutHalf = (text: string): string => (/[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text);
