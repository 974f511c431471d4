import { type Line, type Tone, textOf } from '../text/line.ts';
import { displayWidth } from '../text/width.ts';

/** The heading with a rule up to the end of the row. */
export function ruled(heading: Line, columns: number, tone: Tone = 'dim'): Line {
  return [...heading, { text: '─'.repeat(Math.max(0, columns - displayWidth(textOf(heading)))), tone }];
}
