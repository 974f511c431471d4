import { DecreeError } from '@decree/contracts';
import type { z } from 'zod';
import { describeConfigIssue } from './describe-issue.ts';
import { keysNotInForce } from './keys-not-in-force.ts';
import { configSchema, type ParsedConfig } from './schema.ts';

type DeepReadonly<T> = T extends (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
/** The config as everybody sees it: whole, checked and frozen. */
export type Config = DeepReadonly<ParsedConfig>;

/** Checks a config value and fills in defaults. `source` names where it came from, in the error; one line for each wrong key. */
export function parseConfig(value: unknown, source: string): Config {
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) {
    const lines = (parsed.error.issues as z.core.$ZodIssue[]).flatMap((issue) => describeConfigIssue(issue, value));
    throw invalidConfig(source, lines);
  }
  const unkept = notInForce(parsed.data);
  if (unkept.length > 0) throw invalidConfig(source, unkept);
  return freeze(parsed.data) as Config;
}

/** The one way in which a config is refused: `problems` are lines of `key: expected …, found …`. */
export const invalidConfig = (source: string, problems: readonly string[]): DecreeError =>
  new DecreeError('invalid', [`${source} is not a valid config:`, ...problems.map((line) => `  ${line}`)].join('\n'), {
    details: { source, problems },
  });

/** One line for each key that is set, and that this version would not act on. */
function notInForce(config: ParsedConfig): string[] {
  const defaults = configSchema.parse({});
  return Object.entries(keysNotInForce).flatMap(([key, instead]) => {
    const set = valueAt(config, key);
    if (set === undefined || JSON.stringify(set) === JSON.stringify(valueAt(defaults, key))) return [];
    return `${key}: expected to be left out, since this version does not act on it: ${instead}`;
  });
}

const valueAt = (value: unknown, key: string): unknown =>
  key.split('.').reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], value);

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) freeze(inner);
    Object.freeze(value);
  }
  return value;
}
