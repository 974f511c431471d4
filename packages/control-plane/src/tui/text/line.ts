/**
 * What a screen says, before it is coloured: lines of spans. Screens make them without knowing the terminal; `paint-line.ts`
 * alone turns them into characters, so that text from outside is cleaned, cut and coloured in one place.
 */

/** What a span means. The theme says how that looks; a meaning never rests on its colour alone. */
export const tones = [
  'normal',
  'dim',
  'strong',
  'accent',
  'good',
  'warning',
  'bad',
  'info',
  'added',
  'removed',
  'hunk',
  'code',
  'heading',
  'match',
] as const;
export type Tone = (typeof tones)[number];

/** A stretch of text of one tone. The text may come from anywhere: what a terminal would obey is taken out when it is painted. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone;
}

/** One row of the terminal, or what is cut or wrapped to it. */
export type Line = readonly Span[];

/** A line of one span. */
export const line = (text: string, tone: Tone = 'normal'): Line => [{ text, tone }];

/** An empty row. */
export const blank: Line = [];

/** What a line says, for searching, copying and screen readers. */
export const textOf = (from: Line): string => from.map((span) => span.text).join('');
