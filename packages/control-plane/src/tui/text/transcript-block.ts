import type { TranscriptEntry } from '@decree/contracts';
import { blank, type Line, line, type Span } from './line.ts';
import { markdownLines } from './markdown.ts';
import { callSummary, editOf, inputLines, outputLines, shownEdit } from './tool-call.ts';
import { displayWidth, fitText } from './width.ts';
import { wrapLine } from './wrap.ts';

type Of<K extends TranscriptEntry['kind']> = Extract<TranscriptEntry, { kind: K }>;

/** One thing that was said or done, with what came of it later. */
export interface Block {
  readonly entry: TranscriptEntry;
  /** What opens and closes it; null where there is nothing more to see. */
  readonly key: string | null;
  /** The sub-agent whose it is; its name stands above where it begins. */
  readonly agent: string | null;
  readonly named: boolean;
  /** Whether a row is left free above. */
  readonly spaced: boolean;
  completed: Of<'tool_completed'> | null;
  decision: Of<'decision'> | null;
}

export interface ShownBlock {
  readonly lines: readonly Line[];
  /** Which of the lines says that something went wrong; -1: none. */
  readonly failedAt: number;
}

/** A block as rows of at most `columns`; code and diffs may be longer. */
export function showBlock(block: Block, columns: number, open: boolean): ShownBlock {
  const indent = block.agent === null ? 0 : 2;
  const width = Math.max(10, columns - indent);
  const body = bodyOf(block, width, open);
  const lines: Line[] = [];
  if (block.spaced) lines.push(blank);
  if (block.named && block.agent !== null)
    lines.push([
      { text: '  ◇ ', tone: 'accent' },
      { text: block.agent, tone: 'accent' },
    ]);
  const failedAt = failed(block) ? lines.length : -1;
  for (const row of body) lines.push(indent === 0 || row.length === 0 ? row : [{ text: '  ' }, ...row]);
  return { lines, failedAt };
}

function bodyOf(block: Block, width: number, open: boolean): readonly Line[] {
  const { entry } = block;
  switch (entry.kind) {
    case 'text':
      return markdownLines(entry.text.trim(), width);
    case 'thinking':
      return thinking(entry, width, open);
    case 'tool_requested':
      return call(block, entry, width, open);
    case 'tool_completed':
      return [
        oneLine(
          [
            { text: open ? '▾ ' : '▸ ', tone: 'dim' },
            { text: 'result  ', tone: 'strong' },
          ],
          entry.output,
          status(entry, null, null),
          width,
        ),
        ...(open ? indented(outputLines(entry.output, entry.isError, width - 4)) : []),
      ];
    case 'decision':
      return wrapLine(line(decided(entry), entry.outcome === 'deny' ? 'bad' : 'dim'), width);
    case 'told':
      return wrapLine([{ text: '» ', tone: 'accent' }, { text: `${entry.by}: `, tone: 'accent' }, { text: entry.text }], width, {
        indent: line('  '),
      });
    case 'notice':
      return wrapLine([signs[entry.level], { text: entry.text, tone: signs[entry.level].tone }], width, { indent: line('  ') });
  }
}

const signs = {
  info: { text: 'i ', tone: 'dim' },
  warning: { text: '! ', tone: 'warning' },
  error: { text: '✖ ', tone: 'bad' },
} as const;

function failed({ entry, completed, decision }: Block): boolean {
  if (entry.kind === 'notice') return entry.level === 'error';
  if (entry.kind === 'tool_completed') return entry.isError;
  if (entry.kind === 'decision') return entry.outcome === 'deny';
  return completed?.isError === true || decision?.outcome === 'deny';
}

function thinking(entry: Of<'thinking'>, width: number, open: boolean): readonly Line[] {
  const sign: Span = { text: open ? '▾ thinking' : '▸ thinking  ', tone: 'dim' };
  if (!open) return [[sign, { text: entry.text.slice(0, 1_000).trim(), tone: 'dim' }]];
  const rows = entry.text
    .trim()
    .split('\n')
    .flatMap((row) => (row.trim() === '' ? [blank] : wrapLine(line(row, 'dim'), width - 2)));
  return [[sign], ...indented(rows, 2)];
}

function call(block: Block, entry: Of<'tool_requested'>, width: number, open: boolean): readonly Line[] {
  const { completed, decision } = block;
  const edit = editOf(entry.tool, entry.input);
  const shown = edit && shownEdit(edit);
  const head: Span[] = [
    { text: open ? '▾ ' : '▸ ', tone: 'dim' },
    { text: `${entry.tool}  `, tone: 'strong' },
  ];
  const tail: Span[] = shown
    ? [
        { text: `  +${shown.added}`, tone: 'added' },
        { text: ` −${shown.removed}`, tone: 'removed' },
        ...status(completed, decision, entry),
      ]
    : status(completed, decision, entry);
  const lines: Line[] = [oneLine(head, callSummary(entry.tool, entry.input), tail, width)];
  if (decision !== null && decision.outcome !== 'allow' && !(open || completed?.isError === false)) {
    lines.push(...indented(wrapLine(line(decided(decision), decision.outcome === 'deny' ? 'bad' : 'warning'), width - 2), 2));
  }
  if (!open) return lines;
  lines.push(...indented(shown ? shown.lines : inputLines(entry.tool, entry.input, width - 4)));
  if (decision !== null) lines.push(...indented(wrapLine(line(decided(decision), 'dim'), width - 4)));
  // What an edit that succeeded gives back repeats what it did.
  if (completed !== null && (shown === undefined || completed.isError)) {
    lines.push(...indented([line('─'.repeat(12), 'dim'), ...outputLines(completed.output, completed.isError, width - 4)]));
  }
  return lines;
}

const decided = ({ outcome, reason }: Of<'decision'>): string => `${effects[outcome]}${reason === '' ? '' : `: ${reason}`}`;
const effects = { allow: '✔ allowed', deny: '✖ denied', defer: '⏸ put off until somebody decides' } as const;

/** `✔ 0.3s`, `✖ 12s`, or that it is still going on. */
function status(
  completed: Of<'tool_completed'> | null,
  decision: Of<'decision'> | null,
  asked: Of<'tool_requested'> | null,
): Span[] {
  if (completed === null) {
    if (decision?.outcome === 'deny') return [{ text: '  ✖ denied', tone: 'bad' }];
    if (decision?.outcome === 'defer') return [{ text: '  ⏸ waits', tone: 'warning' }];
    return [{ text: '  …', tone: 'dim' }];
  }
  const took = asked === null ? '' : ` ${tookText(Date.parse(completed.at) - Date.parse(asked.at))}`;
  return [completed.isError ? { text: `  ✖${took}`, tone: 'bad' } : { text: `  ✔${took}`, tone: 'good' }];
}

function tookText(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '';
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}

/** What is in the middle is cut, so that how it ended stays in sight. */
function oneLine(head: readonly Span[], summary: string, tail: readonly Span[], width: number): Line {
  const taken = [...head, ...tail].reduce((cells, span) => cells + displayWidth(span.text), 0);
  const room = width - taken;
  const fitted = fitText(summary, Math.max(0, room));
  const text = fitted.whole ? fitted.text : room > 1 ? `${fitText(summary, room - 1).text}…` : '';
  return [...head, { text }, ...tail];
}

const indented = (rows: readonly Line[], by = 4): Line[] =>
  rows.map((row) => (row.length === 0 ? blank : [{ text: ' '.repeat(by) }, ...row]));

const notices: Readonly<Record<'none' | 'some' | 'reading' | 'not kept', string | null>> = {
  none: null,
  some: '… what was said before is read when you scroll up to here',
  reading: '… reading what was said before',
  'not kept': '… what was said before is not kept here; the session’s log has it',
};

/** The row above the first block: what became of what stands before it; null where nothing does. */
export function sayEarlier(earlier: keyof typeof notices): Line | null {
  const said = notices[earlier];
  return said === null ? null : line(said, 'dim');
}
