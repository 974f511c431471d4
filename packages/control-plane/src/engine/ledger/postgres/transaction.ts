import type { Duplex } from 'node:stream';
import type { PoolClient, QueryConfig } from 'pg';
import type { Answers, Batch, Call, Steps } from '../statement.ts';

export interface Transaction {
  begin: readonly string[];
  /** Sent along with the last batch when the steps say which that is. */
  commit: 'commit' | 'rollback';
}

/**
 * Runs the steps in one transaction. The connection is pipelined: `begin` goes with the first batch and `commit` with the last,
 * so that a commit takes two round trips. Every query is waited for, whatever became of the one before it.
 */
export async function transact<T>(client: PoolClient, steps: Steps<T>, { begin, commit }: Transaction): Promise<T> {
  let begun = false;
  let ended = false;
  try {
    let step = steps.next();
    while (!step.done) {
      const before = begun ? [] : begin;
      begun = true;
      ended = step.value.last === true;
      step = steps.next(await send(client, step.value, before, ended ? [commit] : []));
    }
    if (begun && !ended) await client.query(commit);
    return step.value;
  } catch (error) {
    if (begun && !ended) await client.query('rollback');
    throw error;
  }
}

/**
 * The answers to the batch alone, once all of it was answered. Throws the first failure: those after it only say that the
 * transaction is over. One callback for each query and one write for all: the driver's own writes one by one cost as much as
 * the statements.
 */
export function send(
  client: PoolClient,
  { calls }: Batch,
  before: readonly string[] = [],
  after: readonly string[] = [],
): Promise<Answers> {
  const queries: QueryConfig[] = [...before.map((text) => ({ text })), ...calls.map(named), ...after.map((text) => ({ text }))];
  return new Promise((resolve, reject) => {
    const answers: unknown[][] = [];
    let failure: Error | null = null;
    let missing = queries.length;
    const stream = (client as unknown as { connection?: { stream?: Duplex } }).connection?.stream;
    stream?.cork();
    queries.forEach((query, at) => {
      void client.query(query, (error, result) => {
        if (error) failure ??= error;
        else answers[at] = result.rows;
        missing -= 1;
        if (missing > 0) return;
        if (failure) reject(failure);
        else resolve(answers.slice(before.length, before.length + calls.length));
      });
    });
    stream?.uncork();
  });
}

const named = ({ statement, values }: Call): QueryConfig => ({ name: statement.name, text: statement.sql, values });
