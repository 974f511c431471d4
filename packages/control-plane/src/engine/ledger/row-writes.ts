import { type Collection, collections, type Row, type State } from '@decree/contracts';
import type { Head, RowCache } from './row-cache.ts';
import { type Projection, projections } from './schema.ts';
import type { Call } from './statement.ts';
import { headsAtOnce, type WriteStatements } from './write-statements.ts';

/** A row as it is stored, and as it is to be; absent where there is none. */
export interface Change {
  readonly collection: Collection;
  readonly key: string;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

/** By identity: the fold keeps what it did not change. */
export function changedRows(before: State, after: State): Change[] {
  const changes: Change[] = [];
  for (const collection of collections) {
    const old = before[collection] as Record<string, Row>;
    const now = after[collection] as Record<string, Row>;
    if (old === now) continue;
    for (const key in now) if (old[key] !== now[key]) changes.push({ collection, key, before: old[key], after: now[key] });
    for (const key in old) if (!(key in now)) changes.push({ collection, key, before: old[key], after: undefined });
  }
  return changes;
}

export function rowWrite(statements: WriteStatements, { collection, key, before, after }: Change): Call {
  const verbs = statements.rows[collection];
  if (!after) return { statement: verbs.remove, values: [key] };
  const projection = projections[collection] as Projection;
  const now = projection.values(after);
  if (!before) {
    now.push(JSON.stringify(after), key);
    return { statement: verbs.insert, values: now };
  }
  const old = projection.values(before);
  const values: unknown[] = [];
  let changed = 0;
  for (let at = 0; at < now.length; at += 1) {
    if (now[at] === old[at]) continue;
    changed |= 1 << at;
    values.push(now[at]);
  }
  values.push(JSON.stringify(after), key);
  return { statement: verbs.update(changed), values };
}

/** A stream's head, as what it is found by. */
export const headWrite = (statements: WriteStatements, stream: string, head: Head): Call => ({
  statement: statements.putHead,
  values: headValues([stream, head]),
});
const headValues = ([stream, { streamSeq, hash }]: readonly [string, Head]): unknown[] => [stream, streamSeq, hash];

/** The rows that the transaction owes its tables, each as it stands now, whatever it was in between. They count as written then. */
export function takeOwedRows(rows: RowCache, statements: WriteStatements): Call[] {
  const calls: Call[] = [];
  for (const change of rows.takeOwedRows()) if (change.before || change.after) calls.push(rowWrite(statements, change));
  return calls;
}

/** The heads that it owes, as many in one statement as there is one for. */
export function takeOwedHeads(rows: RowCache, statements: WriteStatements): Call[] {
  const calls: Call[] = [];
  const heads = rows.takeOwedHeads();
  let at = 0;
  for (; at + headsAtOnce <= heads.length; at += headsAtOnce)
    calls.push({ statement: statements.putHeads, values: heads.slice(at, at + headsAtOnce).flatMap(headValues) });
  for (const [stream, head] of heads.slice(at)) calls.push(headWrite(statements, stream, head));
  return calls;
}
