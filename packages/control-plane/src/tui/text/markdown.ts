import { lexer, type Token, type Tokens } from 'marked';
import { blank, type Line, line, type Span } from './line.ts';
import { inlineSpans, withoutHtml } from './markdown-inline.ts';
import { cutText, displayWidth, expandTabs, padText } from './width.ts';
import { wrapLine } from './wrap.ts';

/**
 * Markdown as lines of at most `columns`, for reading in a terminal. Never throws and never takes long: what is beyond the bound
 * is not read, and what cannot be understood is shown as it was written.
 */
export function markdownLines(text: string, columns: number): Line[] {
  const width = Math.max(8, columns);
  if (text.length < 4_096 && plain.test(text)) return text === '' ? [] : wrapLine(line(text), width);
  const cut = text.length > mostCharacters;
  const end = cut ? text.lastIndexOf('\n', mostCharacters) : text.length;
  const shown = cut ? text.slice(0, end > mostCharacters / 2 ? end : mostCharacters) : text;
  const lines = tooDeep(shown) ? asWritten(shown, width) : trimmed(blocks(lexer(shown), width, 0));
  if (cut) lines.push(line(`… cut: ${text.length} characters, of which the first ${shown.length} are shown`, 'warning'));
  return lines;
}

/** As long as an issue's body can be on GitHub. */
const mostCharacters = 65_536;
const deepest = 12;

/** One line in which nothing can mean anything. */
const plain = /^(?![\s#>+-]|\d+[.)])[^*_`~<>[\]|&\\\n\r\t!:]*$/;

/**
 * Nested deeper than a person nests, or more emphasis in a paragraph than a person gives: reading it would cost the square of
 * its length (half a minute for 64 kB of `_a`), or the stack.
 */
function tooDeep(text: string): boolean {
  if (/^(?:[ \t]*(?:[>*+-]|\d+[.)])[ \t]?){12}/m.test(text) || /^[ \t]{40,}(?:[>*+-]|\d+[.)])/m.test(text)) return true;
  if (/[[*_~]{60}/.test(text)) return true;
  let marks = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === star || char === underscore || char === tilde) marks++;
    else if (char === newline && text.charCodeAt(at + 1) === newline) marks = 0;
    if (marks > 600) return true;
  }
  return false;
}
const [newline, star, underscore, tilde] = [0x0a, 0x2a, 0x5f, 0x7e];

const asWritten = (text: string, width: number): Line[] =>
  text.split('\n').flatMap((row) => (row.trim() === '' ? [blank] : wrapLine(line(expandTabs(row)), width)));

function blocks(tokens: readonly Token[], width: number, depth: number): Line[] {
  const out: Line[] = [];
  for (const token of tokens) {
    if (token.type === 'space') {
      if (out.length > 0 && out.at(-1) !== blank) out.push(blank);
      continue;
    }
    for (const row of block(token, width, depth)) out.push(row);
  }
  return out;
}

function block(token: Token, width: number, depth: number): readonly Line[] {
  if (depth > deepest) return asWritten(token.raw, width);
  switch (token.type) {
    case 'heading': {
      const heading = token as Tokens.Heading;
      const spans = inlineSpans(heading.tokens, 'heading');
      return [...wrapLine([{ text: `${'#'.repeat(heading.depth)} `, tone: 'dim' }, ...spans], width), blank];
    }
    case 'paragraph':
    case 'text': {
      const text = token as Tokens.Paragraph;
      return wrapLine(text.tokens ? inlineSpans(text.tokens) : [{ text: text.text }], width);
    }
    case 'code':
      return [...codeRows(token as Tokens.Code), blank];
    case 'blockquote': {
      const inner = trimmed(blocks((token as Tokens.Blockquote).tokens, Math.max(8, width - 2), depth + 1));
      return [...inner.map((row): Line => [{ text: '│ ', tone: 'dim' }, ...row]), blank];
    }
    case 'list':
      return list(token as Tokens.List, width, depth);
    case 'table':
      return [...table(token as Tokens.Table, width), blank];
    case 'hr':
      return [line('─'.repeat(Math.min(width, 40)), 'dim'), blank];
    case 'html': {
      const said = withoutHtml(token.raw).trim();
      return said === '' ? [] : said.split('\n').flatMap((row) => wrapLine(line(row.trim()), width));
    }
    case 'def':
      return [];
    default:
      return wrapLine(line(token.raw.trimEnd()), width);
  }
}

/** Cut, not wrapped: the shape of code says something. */
const codeRows = ({ text }: Tokens.Code): Line[] =>
  text.split('\n').map((row): Line => [{ text: `  ${expandTabs(row)}`, tone: 'code' }]);

function list(token: Tokens.List, width: number, depth: number): Line[] {
  const first = typeof token.start === 'number' ? token.start : 1;
  const digits = String(first + token.items.length - 1).length;
  const out: Line[] = [];
  token.items.forEach((item, at) => {
    const bullet = item.task ? (item.checked ? '☑ ' : '☐ ') : token.ordered ? `${String(first + at).padStart(digits)}. ` : '• ';
    const inner = trimmed(
      blocks(
        item.tokens.filter(({ type }) => type !== 'checkbox'),
        Math.max(8, width - bullet.length),
        depth + 1,
      ),
    );
    const rows = inner.length === 0 ? [blank] : inner;
    rows.forEach((row, index) => {
      out.push(
        index === 0
          ? [{ text: bullet, tone: item.checked ? 'good' : 'accent' }, ...row]
          : row.length === 0
            ? blank
            : [{ text: ' '.repeat(bullet.length) }, ...row],
      );
    });
    if (token.loose) out.push(blank);
  });
  if (!token.loose && depth === 0) out.push(blank);
  return out;
}

const between = ' │ ';
const mostTableRows = 500;

/** Columns as wide as what is in them, the widest made narrower until the row fits. */
function table(token: Tokens.Table, width: number): Line[] {
  const header = token.header.map((cell) => textIn(cell));
  const rows = token.rows.slice(0, mostTableRows).map((row) => row.map((cell) => textIn(cell)));
  const widths = header.map((cell, at) => Math.max(1, displayWidth(cell), ...rows.map((row) => displayWidth(row[at] ?? ''))));
  const room = Math.max(widths.length, width - between.length * (widths.length - 1));
  for (let total = sum(widths); total > room; total = sum(widths)) {
    const widest = Math.max(...widths);
    // The widest down to the next one at once: one cell at a time would take as long as the text is.
    const next = Math.max(1, ...widths.filter((value) => value < widest));
    const many = widths.filter((value) => value === widest).length;
    const less = Math.max(1, Math.min(widest - next, Math.ceil((total - room) / many)));
    for (let at = 0; at < widths.length; at++) if (widths[at] === widest) widths[at] = Math.max(1, widest - less);
    if (widest <= 1) break;
  }
  const painted = (cells: readonly string[], tone: 'strong' | 'normal'): Line =>
    widths.flatMap((cellWidth, at): Span[] => {
      const side = token.align[at] === 'right' ? 'start' : 'end';
      const cell: Span = { text: padText(cutText(cells[at] ?? '', cellWidth).text, cellWidth, side), tone };
      return at === 0 ? [cell] : [{ text: between, tone: 'dim' }, cell];
    });
  const rule = line(widths.map((cellWidth) => '─'.repeat(cellWidth)).join('─┼─'), 'dim');
  const more = token.rows.length - rows.length;
  return [
    painted(header, 'strong'),
    rule,
    ...rows.map((row) => painted(row, 'normal')),
    ...(more > 0 ? [line(`… ${more} more rows`, 'dim')] : []),
  ];
}

const textIn = (cell: Tokens.TableCell): string =>
  inlineSpans(cell.tokens)
    .map((span) => span.text)
    .join('')
    .replaceAll('\n', ' ');

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Without empty rows at both ends and without two in a row. */
function trimmed(lines: readonly Line[]): Line[] {
  const out: Line[] = [];
  for (const row of lines) if (row.length > 0 || (out.length > 0 && (out.at(-1) as Line).length > 0)) out.push(row);
  while (out.length > 0 && (out.at(-1) as Line).length === 0) out.pop();
  return out;
}
