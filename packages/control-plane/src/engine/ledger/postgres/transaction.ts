import type { PoolClient } from 'pg';
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

/** The answers to the batch alone. Throws the first failure: those after it only say that the transaction is over. */
export async function send(
  client: Pick<PoolClient, 'query'>,
  { calls }: Batch,
  before: readonly string[] = [],
  after: readonly string[] = [],
): Promise<Answers> {
  const sent = [
    ...before.map((text) => client.query(text)),
    ...calls.map((call) => client.query(named(call))),
    ...after.map((text) => client.query(text)),
  ];
  const results = await Promise.allSettled(sent);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results
    .slice(before.length, before.length + calls.length)
    .map((result) => (result as PromiseFulfilledResult<{ rows: unknown[] }>).value.rows);
}

const named = ({ statement, values }: Call) => ({ name: statement.name, text: statement.sql, values });
