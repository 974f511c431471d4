import { type Cursor, DecreeError } from '@decree/contracts';

/**
 * A cursor is a versioned tuple in base64url: which list it belongs to, and the sort key of the last item that was read.
 * `e`: an event's place, [seq] on SQLite, [incarnation, xid, seq] on Postgres. Other letters: [time, id] of a row.
 */
const version = 1;
type Part = string | number;

export const encodeCursor = (list: string, parts: readonly Part[]): Cursor =>
  Buffer.from(`${version}${list}${JSON.stringify(parts)}`, 'latin1').toString('base64url');

export function decodeCursor(list: string, cursor: Cursor, shape: readonly ('string' | 'number')[]): Part[] {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const head = `${version}${list}`;
  const parts = text.startsWith(`${head}[`) ? parse(text.slice(head.length)) : null;
  const fits =
    Array.isArray(parts) &&
    parts.length === shape.length &&
    parts.every((part, at) => typeof part === shape[at] && (typeof part !== 'number' || Number.isSafeInteger(part)));
  if (!fits) throw refusedCursor(cursor);
  return parts as Part[];
}

export const refusedCursor = (cursor: Cursor): DecreeError =>
  new DecreeError(
    'invalid',
    `Expected a cursor that this list gave, got ${JSON.stringify(cursor.slice(0, 60))}. Begin again without one.`,
  );

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
