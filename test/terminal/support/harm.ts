/** What may be written to the terminal: places, colours, modes; what remains holds no control character. */
const ours = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\x1b\[[0-9;]*[mHJKABCDGEF]/g,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\x1b\[(\?(1049|25|2004|2026|1000|1006)[hl]|8[hl])/g,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\r\n\x07]/g,
];

/** What a terminal would obey in what was written to it, besides what we write ourselves; each with a little of what follows. */
export function harmIn(written: string): string[] {
  const left = ours.reduce((text, each) => text.replace(each, ''), written);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return left.match(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069].{0,20}/gu) ?? [];
}
