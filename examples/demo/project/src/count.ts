import { words } from './words.ts';

export interface Counts {
  lines: number;
  words: number;
  characters: number;
}

/** A last line without a line break counts as a line; an empty text has none. */
export function count(text: string): Counts {
  const breaks = text.match(/\n/g)?.length ?? 0;
  return {
    lines: text === '' || text.endsWith('\n') ? breaks : breaks + 1,
    words: words(text).length,
    characters: [...text].length,
  };
}
