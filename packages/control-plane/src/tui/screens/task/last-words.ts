import type { TranscriptEntry } from '@decree/contracts';
import type { Line, Tone } from '../../text/line.ts';

/** Of one entry no more than this is looked at: its end is what counts. */
const readCharacters = 4000;

/** The end of what a session said, as plain rows. */
export function lastWords(entries: readonly TranscriptEntry[], rows: number, columns: number): readonly Line[] {
  const lines: Line[] = [];
  for (let index = entries.length - 1; index >= 0 && lines.length < rows; index -= 1) {
    const entry = entries[index];
    if (entry) lines.unshift(...rowsOf(entry).slice(-(rows - lines.length)));
  }
  return lines.map((row) => row.map((span) => ({ ...span, text: span.text.slice(0, columns * 4) })));
}

const signed = (sign: string, text: string, tone: Tone = 'normal'): Line[] =>
  text
    .slice(-readCharacters)
    .split('\n')
    .filter((row) => row.trim() !== '')
    .map((row) => [
      { text: `${sign} `, tone: 'dim' },
      { text: row, tone },
    ]);

function rowsOf(entry: TranscriptEntry): readonly Line[] {
  switch (entry.kind) {
    case 'text':
      return signed('│', entry.text);
    case 'thinking':
      return signed('│', entry.text, 'dim');
    case 'tool_requested':
      return signed('▸', `${entry.tool} ${JSON.stringify(entry.input) ?? ''}`, 'code');
    case 'tool_completed':
      return signed(entry.isError ? '✗' : '│', entry.output, entry.isError ? 'bad' : 'dim');
    case 'decision':
      return entry.outcome === 'allow' ? [] : signed('⊘', `not allowed: ${entry.reason}`, 'warning');
    case 'told':
      return signed('›', `${entry.by}: ${entry.text}`, 'accent');
    case 'notice':
      return signed('!', entry.text, entry.level === 'error' ? 'bad' : entry.level === 'warning' ? 'warning' : 'info');
  }
}
