import { structuredPatch } from 'diff';
import { blank, type Line, line, type Span, type Tone } from './line.ts';
import { expandTabs } from './width.ts';

/**
 * A unified diff (git's, or the forge's) as lines: a head for each file, hunks, added and removed lines with their sign and, where
 * there is room, their numbers. Long lines are left for the painter to cut: a wrapped diff cannot be compared by eye.
 */
export function diffLines(patch: string, columns: number): Line[] {
  const bounded = patch.length > mostCharacters ? patch.slice(0, patch.lastIndexOf('\n', mostCharacters)) : patch;
  const numbered = columns >= roomForNumbers;
  const out: Line[] = [];
  let file: OpenFile | null = null;
  let place: Place | null = null;
  const close = (): void => {
    if (file) pushFile(out, file);
    file = null;
  };
  for (const row of bounded.split('\n')) {
    const inHunk = place !== null && (place.oldLeft > 0 || place.newLeft > 0 || row.startsWith('\\'));
    if (inHunk && place !== null && file !== null) {
      pushRow(file, place, row, numbered);
      continue;
    }
    place = null;
    if (row.startsWith('diff --git ')) {
      close();
      file = openFile(row.slice(row.lastIndexOf(' b/') + 3));
    } else if (row.startsWith('@@')) {
      file ??= openFile('');
      place = placeOf(row);
      file.lines.push([{ text: row.replace(/\r$/, ''), tone: 'hunk' }]);
    } else if (row.startsWith('--- ')) {
      if (file === null || file.lines.length > 0) {
        close();
        file = openFile('');
      }
      file.from = pathOf(row.slice(4));
    } else if (row.startsWith('+++ ') && file !== null) {
      file.path = pathOf(row.slice(4)) ?? file.from ?? file.path;
    } else if (file !== null) {
      noteHeader(file, row);
    }
  }
  close();
  if (bounded.length < patch.length)
    out.push(line(`… cut: ${patch.length} characters, of which the first ${bounded.length} are shown`, 'warning'));
  return out;
}

/** What an edit changes, as the lines of a diff without file head. Numbers are not known: an edit names no place. */
export function editLines(before: string, after: string): Line[] {
  if (before.length + after.length > mostEditCharacters) {
    return [line(`… too long to compare: ${before.length} characters become ${after.length}`, 'warning')];
  }
  if (before === '') return signed(after.replace(/\n$/, ''), '+', 'added');
  // Beyond some hundreds of changes comparing takes seconds, and there is nothing alike left to show.
  const patch = structuredPatch('', '', before, after, undefined, undefined, { context: 2, maxEditLength: 300 });
  if (patch === undefined) return [...signed(before, '-', 'removed'), ...signed(after, '+', 'added')];
  return patch.hunks.flatMap((hunk, at) => [
    ...(at > 0 ? [line('⋯', 'hunk')] : []),
    ...hunk.lines.filter((row) => !row.startsWith('\\')).map((row) => signedLine(row)),
  ]);
}

/** Longer patches are cut: a person reads the beginning here and the rest in the pull request. */
const mostCharacters = 400_000;
const mostEditCharacters = 400_000;
const roomForNumbers = 60;

interface OpenFile {
  path: string;
  from: string | undefined;
  notes: string[];
  added: number;
  removed: number;
  lines: Line[];
}

interface Place {
  oldAt: number;
  newAt: number;
  oldLeft: number;
  newLeft: number;
}

const openFile = (path: string): OpenFile => ({ path, from: undefined, notes: [], added: 0, removed: 0, lines: [] });

function pushFile(out: Line[], { path, notes, added, removed, lines }: OpenFile): void {
  if (out.length > 0) out.push(blank);
  if (path !== '' || notes.length > 0) {
    const head: Span[] = [{ text: path, tone: 'heading' }];
    if (added + removed > 0) head.push({ text: `  +${added}`, tone: 'added' }, { text: ` −${removed}`, tone: 'removed' });
    if (notes.length > 0) head.push({ text: `  ${notes.join(', ')}`, tone: 'dim' });
    out.push(head);
  }
  for (const row of lines) out.push(row);
}

function placeOf(row: string): Place | null {
  const match = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(row);
  if (!match) return null;
  const [, oldAt, oldLeft = '1', newAt, newLeft = '1'] = match;
  return { oldAt: Number(oldAt), oldLeft: Number(oldLeft), newAt: Number(newAt), newLeft: Number(newLeft) };
}

function pushRow(file: OpenFile, place: Place, row: string, numbered: boolean): void {
  const sign = row.charAt(0);
  if (sign === '\\') {
    file.lines.push([{ text: row, tone: 'dim' }]);
    return;
  }
  const isAdded = sign === '+';
  const isRemoved = sign === '-';
  const gutter: Span[] = numbered
    ? [{ text: `${number(isAdded ? null : place.oldAt)} ${number(isRemoved ? null : place.newAt)} `, tone: 'dim' }]
    : [];
  file.lines.push([...gutter, ...signedLine(row)]);
  if (!isAdded) {
    place.oldAt++;
    place.oldLeft--;
  }
  if (!isRemoved) {
    place.newAt++;
    place.newLeft--;
  }
  if (isAdded) file.added++;
  if (isRemoved) file.removed++;
}

const number = (value: number | null): string => (value === null ? '' : String(value)).padStart(4);

/** What git says of a file before its hunks, in words. */
function noteHeader(file: OpenFile, row: string): void {
  if (row.startsWith('new file')) file.notes.push('new');
  else if (row.startsWith('deleted file')) file.notes.push('deleted');
  else if (row.startsWith('rename from ')) file.notes.push(`was ${row.slice(12)}`);
  else if (row.startsWith('old mode ')) file.notes.push(`mode ${row.slice(9)}`);
  else if (row.startsWith('new mode ')) file.notes.push(`→ ${row.slice(9)}`);
  else if (row.startsWith('Binary files ') || row.startsWith('GIT binary patch')) file.notes.push('binary');
}

/** `a/src/x.ts` without what git puts before it; undefined for `/dev/null`. */
function pathOf(text: string): string | undefined {
  const path = text.split('\t')[0] ?? '';
  if (path === '/dev/null') return undefined;
  return /^[abciow]\//.test(path) ? path.slice(2) : path;
}

function signedLine(row: string): Line {
  const sign = row.charAt(0);
  const text = `${sign === '' ? ' ' : sign} ${expandTabs(row.slice(1).replace(/\r$/, ''))}`;
  return [sign === '+' ? { text, tone: 'added' } : sign === '-' ? { text, tone: 'removed' } : { text }];
}

const signed = (text: string, sign: string, tone: 'added' | 'removed'): Line[] =>
  text.split('\n').map((row) => [{ text: `${sign} ${expandTabs(row)}`, tone }]);

/** How many lines of a diff are added and removed. */
export function diffSize(lines: readonly Line[]): { readonly added: number; readonly removed: number } {
  const count = (tone: Tone): number => lines.filter((row) => row.some((span) => span.tone === tone)).length;
  return { added: count('added'), removed: count('removed') };
}
