import type { TranscriptEntry } from '@decree/contracts';
import { cut, plain, plainLines } from './text.ts';

/** A transcript's entry for a person: text whole, tool calls and their output in short. */
export function transcriptLines(entry: TranscriptEntry): string {
  const time = entry.at.slice(11, 19);
  switch (entry.kind) {
    case 'text':
      return `${time}  ${entry.subagent ? `[${plain(entry.subagent)}] ` : ''}${indent(plainLines(entry.text))}`;
    case 'thinking':
      return `${time}  (thinking) ${indent(plainLines(entry.text))}`;
    case 'tool_requested':
      return `${time}  → ${plain(entry.tool)} ${cut(plain(JSON.stringify(entry.input) ?? ''), 400)}`;
    case 'tool_completed':
      return `${time}  ← ${entry.isError ? 'error ' : ''}${indent(shortened(plainLines(entry.output)))}`;
    case 'decision':
      return `${time}  ${plain(entry.outcome)}: ${plain(entry.reason)}`;
    case 'told':
      return `${time}  ${plain(entry.by)} says: ${indent(plainLines(entry.text))}`;
    case 'notice':
      return `${time}  ${entry.level}: ${plain(entry.text)}`;
  }
}

const indent = (text: string): string => text.trimEnd().replaceAll('\n', '\n          ');
const longest = 12;

function shortened(text: string): string {
  const lines = text.trimEnd().split('\n');
  if (lines.length <= longest) return text;
  return [...lines.slice(0, longest), `… ${lines.length - longest} more lines`].join('\n');
}
