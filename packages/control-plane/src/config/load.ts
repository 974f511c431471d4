import { DecreeError } from '@decree/contracts';
import type { z } from 'zod';
import { describeConfigIssue } from './describe-issue.ts';
import { configSchema, keysNotInForce, type ParsedConfig } from './schema.ts';

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
  if (parsed.success) return freeze(parsed.data) as Config;
  const lines = (parsed.error.issues as z.core.$ZodIssue[]).flatMap((issue) => describeConfigIssue(issue, value));
  throw invalidConfig(source, lines);
}

/** The one way in which a config is refused: `problems` are lines of `key: expected …, found …`. */
export const invalidConfig = (source: string, problems: readonly string[]): DecreeError =>
  new DecreeError('invalid', [`${source} is not a valid config:`, ...problems.map((line) => `  ${line}`)].join('\n'), {
    details: { source, problems },
  });

/** The keys that are set and have no effect yet; each is worth a warning at the start. */
export function notInForce(config: Config): string[] {
  const defaults = configSchema.parse({});
  return keysNotInForce.filter((key) => {
    const set = valueAt(config, key);
    return set !== undefined && JSON.stringify(set) !== JSON.stringify(valueAt(defaults, key));
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
