import type { Compilable } from 'kysely';

/**
 * Each verb is written once with Kysely and compiled once: Kysely's own execution prepares again every time, which cost more
 * than half of the throughput on SQLite. Values are named by `slot` and filled in at each call.
 */
export interface Statement<R = unknown> {
  /** Short and unique: the name under which Postgres keeps it prepared. */
  readonly name: string;
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Type only. */
  readonly row?: R;
}

class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Stands in a Kysely query for a value that each call gives by this name. */
export const slot = (name: string): never => new Slot(name) as never;

let compiled = 0;

export function statement<R>(query: Compilable<R>): Statement<R> {
  const { sql, parameters } = query.compile();
  compiled += 1;
  return { name: `decree_${compiled}`, sql, parameters };
}

/** One statement with its values. */
export interface Call {
  readonly statement: Statement;
  readonly values: unknown[];
}

export function call(statement: Statement, given: Readonly<Record<string, unknown>> = {}): Call {
  const values = statement.parameters.map((parameter) => {
    if (!(parameter instanceof Slot)) return parameter;
    const value = given[parameter.name];
    if (value === undefined) throw new TypeError(`the statement wants ${parameter.name}: ${statement.sql}`);
    return value;
  });
  return { statement, values };
}

/**
 * What the store does, written once for both kinds of driver: it yields batches of calls and is given their rows. SQLite
 * answers at once, Postgres sends a batch as one pipeline and answers when all of it came back.
 */
export type Steps<T> = Generator<Batch, T, Answers>;
export interface Batch {
  readonly calls: readonly Call[];
  /** Nothing is asked after it: the commit can be sent along, which saves a round trip. */
  readonly last?: true;
}
export type Answers = readonly (readonly unknown[])[];

export function* rowsOf<R>(statement: Statement<R>, given?: Readonly<Record<string, unknown>>): Steps<readonly R[]> {
  const [rows] = yield { calls: [call(statement, given)] };
  return rows as readonly R[];
}

export function* all(calls: readonly Call[]): Steps<Answers> {
  return calls.length === 0 ? [] : yield { calls };
}

export function* allAtLast(calls: readonly Call[]): Steps<Answers> {
  return calls.length === 0 ? [] : yield { calls, last: true };
}
