import { diffSize, editLines } from './diff.ts';
import { blank, type Line, line } from './line.ts';
import { expandTabs } from './width.ts';
import { wrapLine } from './wrap.ts';

/** What a call is about, in a few words: the command, the file, the pattern; else the beginning of its input. */
export function callSummary(tool: string, input: unknown): string {
  const fields = fieldsOf(input);
  for (const name of [...(telling[tool] ?? []), ...likely]) {
    const value = fields[name];
    if (typeof value === 'string' && value !== '') return firstLine(paths.has(name) ? withinWorktree(value) : value);
  }
  const text = Object.values(fields).find((value) => typeof value === 'string' && value !== '');
  return firstLine(typeof text === 'string' ? text : Object.keys(fields).length === 0 ? '' : asJson(input, 0));
}

/** A file and what becomes of it, of the tools that agents edit with; undefined for every other call. */
export interface Edit {
  readonly path: string;
  readonly changes: readonly { readonly before: string; readonly after: string }[];
}

export function editOf(tool: string, input: unknown): Edit | undefined {
  const fields = fieldsOf(input);
  const path = textIn(fields, 'file_path') ?? textIn(fields, 'notebook_path') ?? textIn(fields, 'path');
  if (path === undefined || !editing.test(tool)) return undefined;
  const whole = textIn(fields, 'content') ?? textIn(fields, 'new_source');
  if (whole !== undefined) return { path, changes: [{ before: '', after: whole }] };
  const edits = Array.isArray(fields.edits) ? fields.edits : [input];
  const changes = edits.flatMap((edit: unknown) => {
    const change = fieldsOf(edit);
    const [before, after] = [textIn(change, 'old_string'), textIn(change, 'new_string')];
    return before === undefined || after === undefined ? [] : [{ before, after }];
  });
  return changes.length === 0 ? undefined : { path, changes };
}

/** The lines of an edit, and how many it adds and removes. */
export function shownEdit(edit: Edit): { readonly lines: readonly Line[]; readonly added: number; readonly removed: number } {
  const lines = edit.changes.flatMap(({ before, after }, at) => [
    ...(at > 0 ? [line('⋯', 'hunk')] : []),
    ...editLines(before, after),
  ]);
  return { lines: middleCut(lines, mostLines), ...diffSize(lines) };
}

/** The input of a call, opened. */
export function inputLines(tool: string, input: unknown, columns: number): readonly Line[] {
  const command = textIn(fieldsOf(input), 'command');
  if (command !== undefined && Object.keys(fieldsOf(input)).length <= 4) {
    const rows = bounded(command).map(
      (row, at): Line => [
        { text: at === 0 ? '$ ' : '  ', tone: 'dim' },
        { text: expandTabs(row), tone: 'code' },
      ],
    );
    const why = textIn(fieldsOf(input), 'description');
    return [...(why === undefined ? [] : wrapLine(line(why, 'dim'), columns)), ...rows.flatMap((row) => wrapLine(row, columns))];
  }
  return bounded(tool === '' ? '' : asJson(input, 2)).flatMap((row) =>
    wrapLine(line(row, 'code'), columns, { indent: line('  ') }),
  );
}

/** What a call gave back, opened: the beginning and the end of it. */
export function outputLines(output: string, isError: boolean, columns: number): readonly Line[] {
  const text = output.replace(/\s+$/, '');
  if (text === '') return [line('(nothing)', 'dim')];
  const rows = bounded(text).flatMap((row) =>
    row.trim() === '' ? [blank] : wrapLine(line(expandTabs(row), isError ? 'removed' : 'normal'), columns),
  );
  return middleCut(rows, mostLines);
}

/** Of one call: one that said more must not push all others out of what is kept. */
const mostLines = 400;

const telling: Readonly<Record<string, readonly string[]>> = {
  Bash: ['command'],
  Grep: ['pattern'],
  Glob: ['pattern'],
  Task: ['description'],
  Agent: ['description'],
  WebFetch: ['url'],
  WebSearch: ['query'],
};
const paths: ReadonlySet<string> = new Set(['file_path', 'notebook_path', 'path']);
/** Where the worktree lies is the same for every file in it, and would leave no room for the file's name. */
const withinWorktree = (path: string): string => path.replace(/^.*\/\.worktrees\/[^/]+\/(?=.)/, '');
const likely = ['command', 'file_path', 'notebook_path', 'path', 'pattern', 'url', 'query', 'description', 'title'];
const editing = /edit|write/i;

function fieldsOf(input: unknown): Readonly<Record<string, unknown>> {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as Record<string, unknown>) : {};
}

const textIn = (fields: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
};

const asJson = (value: unknown, indent: number): string => (JSON.stringify(value, null, indent) ?? '').slice(0, 40_000);

const firstLine = (text: string): string => {
  const start = text.slice(0, 2_000).trimStart();
  const end = start.indexOf('\n');
  return end < 0 ? start : `${start.slice(0, end)} …`;
};

/** Rows of a text that may be a quarter of a megabyte: those beyond the bound are not made. */
function bounded(text: string): readonly string[] {
  const rows = text.split('\n');
  if (rows.length <= mostLines)
    return rows.map((row) => (row.length > 4_000 ? `${row.slice(0, 4_000)} … ${row.length - 4_000} more characters` : row));
  const kept = Math.floor(mostLines / 2);
  return [
    ...bounded(rows.slice(0, kept).join('\n')),
    `… ${rows.length - 2 * kept} lines left out`,
    ...bounded(rows.slice(-kept).join('\n')),
  ];
}

function middleCut(rows: readonly Line[], most: number): readonly Line[] {
  if (rows.length <= most) return rows;
  const kept = Math.floor(most / 2);
  return [...rows.slice(0, kept), line(`… ${rows.length - 2 * kept} lines left out`, 'dim'), ...rows.slice(-kept)];
}
