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

/** The same, for what is called often: its values are then given in the order of `names`, which is checked here, once. */
export function ordered<R>(query: Compilable<R>, names: readonly string[]): Statement<R> {
  const made = statement(query);
  const found = made.parameters.map((parameter) => (parameter instanceof Slot ? parameter.name : '?'));
  if (found.join() !== names.join()) throw new TypeError(`expected the values ${names.join()}, got ${found.join()}: ${made.sql}`);
  return made;
}

/** One statement with its values. */
export interface Call {
  readonly statement: Statement;
  readonly values: unknown[];
}

export function call(statement: Statement, given: Readonly<Record<string, unknown>> = {}): Call {
  const { parameters } = statement;
  const values: unknown[] = [];
  for (const parameter of parameters) {
    if (!(parameter instanceof Slot)) {
      values.push(parameter);
      continue;
    }
    const value = given[parameter.name];
    if (value === undefined) throw new TypeError(`the statement wants ${parameter.name}: ${statement.sql}`);
    values.push(value);
  }
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
  /** It writes what others of the group owe: when it fails, the group does. */
  readonly writes?: true;
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

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: unknown };

/** Several steps at once, their batches in one: as many round trips as the longest has. What one throws is its own outcome. */
export function* together<T>(each: readonly Steps<T>[]): Steps<Outcome<T>[]> {
  const outcomes = new Map<Steps<T>, Outcome<T>>();
  const batches = new Map<Steps<T>, Batch>();
  const advance = (steps: Steps<T>, next: () => IteratorResult<Batch, T>) => {
    try {
      const step = next();
      if (step.done) outcomes.set(steps, { ok: true, value: step.value });
      else batches.set(steps, step.value);
    } catch (error) {
      outcomes.set(steps, { ok: false, error });
    }
  };
  for (const steps of each) advance(steps, () => steps.next());
  while (batches.size > 0) {
    const asked = [...batches];
    batches.clear();
    const last = asked.every(([, batch]) => batch.last);
    const answers = yield { calls: asked.flatMap(([, { calls }]) => calls), ...(last && { last }) };
    let at = 0;
    for (const [steps, { calls }] of asked) {
      const own = answers.slice(at, at + calls.length);
      at += calls.length;
      advance(steps, () => steps.next(own));
    }
  }
  return each.map((steps) => outcomes.get(steps) as Outcome<T>);
}

/** Sends a call along in front of the first batch. */
export function* preceded<T>(first: Call, steps: Steps<T>): Steps<T> {
  let step = steps.next();
  if (!step.done) step = steps.next((yield { ...step.value, calls: [first, ...step.value.calls] }).slice(1));
  while (!step.done) step = steps.next(yield step.value);
  return step.value;
}
