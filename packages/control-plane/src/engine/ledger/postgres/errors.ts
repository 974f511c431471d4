import { DecreeError } from '@decree/contracts';
import pg from 'pg';
import { LedgerUnusable } from '../port.ts';

/** Two commits met: the same again will see what the other did. 23505 is a unique index, the rest are Postgres' own. */
const collisions = new Set(['23505', '40001', '40P01', '55P03']);
export const isCollision = (error: unknown): boolean => error instanceof pg.DatabaseError && collisions.has(error.code ?? '');

const unusable: readonly (readonly [prefix: string, meaning: string])[] = [
  ['53100', 'its disk is full. Nothing of this was written; free some space and try again'],
  ['25006', 'it is read only. Name the primary server'],
  ['28', 'it refuses this user or password'],
  ['3D000', 'there is no such database. Make it first'],
  ['42501', 'this user lacks a right. Grant it'],
  ['XX001', 'it is damaged. Restore a backup'],
  ['XX002', 'an index of it is damaged. Reindex it, or restore a backup'],
];

/** `where` names the store without its password. */
export function explained(error: unknown, where: string): unknown {
  if (error instanceof pg.DatabaseError) {
    const meaning = unusable.find(([prefix]) => error.code?.startsWith(prefix))?.[1];
    if (meaning)
      return new LedgerUnusable(`The ledger at ${where} cannot be used: ${meaning} (${error.message}).`, { cause: error });
    if (!/^(08|57P|53)/.test(error.code ?? '')) return error;
  } else if (!isConnectionLoss(error)) return error;
  const message = error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
  return new DecreeError(
    'unavailable',
    `The ledger at ${where} cannot be reached (${message}). Do the same again: what was written is not written twice.`,
    { cause: error },
  );
}

const isConnectionLoss = (error: unknown): boolean =>
  error instanceof Error &&
  (/^(E[A-Z]+)$/.test((error as NodeJS.ErrnoException).code ?? '') ||
    /connection|timeout exceeded|Client (was closed|has encountered)/i.test(error.message));

export function nameOf(url: string): string {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url);
    return `${searchParams.get('host') ?? hostname}${port && `:${port}`}${pathname}`;
  } catch (error) {
    throw new LedgerUnusable('Expected a URL like postgresql://user@host/database for the ledger.', { cause: error });
  }
}
