import { createHash } from 'node:crypto';
import type { Action } from '@decree/contracts';

/**
 * JSON with sorted keys and no undefined members, so that the same value has the same text whoever built it.
 * Throws on what JSON cannot carry (functions, symbols, bigint, NaN): a hash over a silently changed value would lie.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`expected a finite number in canonical JSON, got ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object') {
    const record = value as Record<string, unknown>;
    const members = Object.keys(record)
      .filter((key) => record[key] !== undefined)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`expected a JSON value, got ${typeof value}`);
}

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** What an approval and a grant are bound to. The summary is for people and stays out of it. */
export function actionHash(action: Pick<Action, 'kind' | 'resource' | 'arguments'>): string {
  return sha256(canonicalJson({ kind: action.kind, resource: action.resource, arguments: action.arguments }));
}
