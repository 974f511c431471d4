import { memoLast } from './memo.ts';

/** What a filter can ask for by name; anything else is looked for in the text. */
export const filterKeys = ['status', 'agent', 'repo', 'label'] as const;
export type FilterKey = (typeof filterKeys)[number];

interface Term {
  readonly key: FilterKey | null;
  /** In lower case. */
  readonly value: string;
  readonly negated: boolean;
}

/** What a person typed to narrow a list. */
export interface Filter {
  readonly terms: readonly Term[];
  /** What was not understood, for the person; null when all was. */
  readonly message: string | null;
}

/** What a row offers to a filter. Several names for one thing are fine: one that fits is enough. */
export interface FilterSubject {
  readonly status: readonly string[];
  readonly agent: readonly string[];
  readonly repo: readonly string[];
  readonly label: readonly string[];
  readonly text: string;
}

/**
 * `status:failed -label:priority:low "exact words" greeting`: words are looked for in the text, a `-` turns a term round. Terms
 * of different keys must all fit; of several of one key, one must.
 */
export const parseFilter: (typed: string) => Filter = memoLast(([typed]: [string]) => {
  const terms: Term[] = [];
  const unknown: string[] = [];
  for (const [, minus, name, quoted, plain] of typed.matchAll(/(-)?(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))?/giu)) {
    const written = quoted ?? plain ?? '';
    const key = filterKeys.find((known) => known === name?.toLowerCase()) ?? null;
    if (name && !key) unknown.push(`${name}:`);
    // Half typed, `status:` asks for nothing yet.
    if (written === '') continue;
    terms.push({ key, value: (name && !key ? `${name}:${written}` : written).toLowerCase(), negated: minus !== undefined });
  }
  const message =
    unknown.length === 0
      ? null
      : `${unknown.join(', ')} is no filter and is looked for as text; filters are ${filterKeys.map((key) => `${key}:`).join(' ')}`;
  return { terms, message };
});

/** Whether a row stays. */
export const matchesFilter = ({ terms }: Filter, subject: FilterSubject): boolean =>
  terms.every((term) => {
    if (fits(term, subject)) return !term.negated;
    const isAlternative = (other: Term) => other.key === term.key && !other.negated && fits(other, subject);
    return term.negated || (term.key !== null && terms.some(isAlternative));
  });

const fits = ({ key, value }: Term, subject: FilterSubject): boolean =>
  key === null ? subject.text.toLowerCase().includes(value) : subject[key].some((name) => names(name.toLowerCase(), value, key));

/** A beginning is enough, so that a list narrows while it is typed; a status written out (`approve`) is not the start of another. */
function names(name: string, value: string, key: FilterKey): boolean {
  if (name === value) return true;
  if (key === 'repo') return name.includes(value);
  if (key === 'label' && name.slice(name.indexOf(':') + 1).startsWith(value)) return true;
  return name.startsWith(value) && !(key === 'status' && complete.has(value));
}
const complete = new Set(['approve']);
