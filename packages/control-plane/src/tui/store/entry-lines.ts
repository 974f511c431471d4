import type { TranscriptEntry } from '@decree/contracts';

/** A line without end counts as many. */
const charactersPerLine = 200;

/** How many lines an entry counts for: those that it has, or would take. */
export function linesOf(entry: TranscriptEntry): number {
  if (entry.kind === 'tool_requested') return 1 + Math.floor(charactersIn(entry.input) / charactersPerLine);
  const text = entry.kind === 'tool_completed' ? entry.output : entry.kind === 'decision' ? entry.reason : entry.text;
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return Math.max(lines, Math.ceil(text.length / charactersPerLine));
}

function charactersIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce((sum: number, part) => sum + charactersIn(part), 8);
}
