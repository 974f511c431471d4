import { TranscriptEntry } from '@decree/contracts';
import { redactValue } from './redact.ts';

/** A text in an entry is cut at this length, in UTF-16 units; the whole stands in the agent's own session. */
export const maxEntryCharacters = 256 * 1024;

/** An entry as a line: secrets taken out first, then cut, so that no half of a secret is left. */
export function encodeEntry(entry: TranscriptEntry, redact: (text: string) => string): string {
  const clean = redactValue(entry, redact) as TranscriptEntry;
  return `${JSON.stringify(cut(clean))}\n`;
}

/** A stored line; one that cannot be read is said, not hidden. */
export function decodeEntry(line: string, now: string): TranscriptEntry {
  const parsed = TranscriptEntry.safeParse(parseJson(line));
  return parsed.success ? parsed.data : { kind: 'notice', at: now, level: 'error', text: 'An entry here cannot be read.' };
}

function cut(entry: TranscriptEntry): TranscriptEntry {
  switch (entry.kind) {
    case 'tool_completed':
      return { ...entry, output: cutText(entry.output) };
    case 'tool_requested': {
      const json = JSON.stringify(entry.input) ?? 'null';
      return json.length <= maxEntryCharacters ? entry : { ...entry, input: { cut: cutText(json) } };
    }
    case 'decision':
      return { ...entry, reason: cutText(entry.reason) };
    default:
      return { ...entry, text: cutText(entry.text) };
  }
}

const cutText = (text: string): string =>
  text.length <= maxEntryCharacters
    ? text
    : `${text.slice(0, maxEntryCharacters)}\n[cut here: ${text.length - maxEntryCharacters} more characters]`;

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
