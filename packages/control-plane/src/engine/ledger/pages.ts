import { type Cursor, DecreeError, type Page } from '@decree/contracts';
import { type Kysely, sql } from 'kysely';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Dialect } from './dialect.ts';
import type { PageRequest } from './port.ts';
import { rowsOf, type Statement, type Steps, slot, statement } from './statement.ts';

/** A list of rows by keyset: sorted by a time and the id. `letter` marks its cursors. */
export interface RowList {
  readonly letter: string;
  readonly table: 'tasks' | 'runs' | 'approvals' | 'artifacts' | 'spend';
  readonly time: string;
  readonly newestFirst: boolean;
}

/** Equality, the most selective first: that one finds the rows by its index, the others only sift them. */
export type Filter = readonly (readonly [column: string, value: string | number | undefined])[];

type AnyTable = Kysely<{ rows: Record<string, string | number> }>;

/** Statements of lists, one for each set of filters that was ever asked for: few, and compiled once. */
export class PageStatements {
  readonly #dialect: Dialect;
  readonly #compiled = new Map<string, Statement<PageRow>>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  *page<T>(list: RowList, filter: Filter, { after, limit }: PageRequest): Steps<Page<T>> {
    checkLimit(limit);
    const used = filter.filter(([, value]) => value !== undefined);
    const place = after === undefined ? null : decodeCursor(list.letter, after, ['string', 'string']);
    const rows = yield* rowsOf(this.#statement(list, used, place !== null), {
      ...Object.fromEntries(used),
      ...(place && { afterTime: place[0], afterId: place[1] }),
      limit: limit + 1,
    });
    const items = rows.slice(0, limit).map(({ doc }) => JSON.parse(doc) as T);
    const last = rows[limit - 1];
    return rows.length > limit && last ? { items, next: rowCursor(list, last) } : { items };
  }

  #statement(list: RowList, used: Filter, after: boolean): Statement<PageRow> {
    const key = `${list.letter} ${used.map(([column]) => column).join(' ')} ${after}`;
    const known = this.#compiled.get(key);
    if (known) return known;
    const made = this.#compile(list, used, after);
    this.#compiled.set(key, made);
    return made;
  }

  #compile({ table, time, newestFirst }: RowList, used: Filter, after: boolean): Statement<PageRow> {
    const db = this.#dialect.db as unknown as AnyTable;
    let query = db
      .selectFrom(table as 'rows')
      .select(['id', 'doc', sql<string>`${sql.ref(time)}`.as('time')])
      .orderBy(time, newestFirst ? 'desc' : 'asc')
      .orderBy('id', newestFirst ? 'desc' : 'asc')
      .limit(slot('limit'));
    used.forEach(([column], at) => {
      query = query.where(at === 0 ? sql.ref(column) : sifting(this.#dialect, column), '=', slot(column));
    });
    if (after) {
      const than = sql`(${slot('afterTime')}, ${slot('afterId')})`;
      query = query.where(sql<boolean>`(${sql.ref(time)}, id) ${newestFirst ? sql`<` : sql`>`} ${than}`);
    }
    return statement(query) as Statement<PageRow>;
  }
}

interface PageRow {
  id: string;
  doc: string;
  time: string;
}

const rowCursor = (list: RowList, { time, id }: PageRow): Cursor => encodeCursor(list.letter, [time, id]);

/** SQLite, without statistics, may take the worse of two indexes; a plus sign keeps it from this one. */
export const sifting = (dialect: Dialect, column: string) =>
  dialect.kind === 'sqlite' ? sql`+${sql.ref(column)}` : sql`${sql.ref(column)}`;

export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 500)
    throw new DecreeError('invalid', `Expected a limit of 1 to 500, got ${limit}.`);
}
