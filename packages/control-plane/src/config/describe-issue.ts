import { z } from 'zod';
import { nearest } from './nearest.ts';
import { configSchema } from './schema.ts';

/** Below these keys a value may be a secret, so an error names its type only. */
const secretKeys = ['claude.env', 'store.postgresUrl'];

/** `key: expected …, found …`, one line for each wrong key. */
export function describeConfigIssue(issue: z.core.$ZodIssue, value: unknown): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path);
    return issue.keys.map((key) => {
      const guess = nearest(key, known);
      const hint = guess ? ` (did you mean ${guess}?)` : known.length > 0 ? `; there are ${known.join(', ')}` : '';
      return `${[...path, key].join('.')}: expected no such key${hint}, found ${show([...path, key], value)}`;
    });
  }
  if (issue.code === 'invalid_key') {
    return [`${path.join('.')}: expected ${issue.issues[0]?.message ?? 'another name'} as the key, found "${path.at(-1)}"`];
  }
  return [`${path.join('.') || '(the whole)'}: expected ${expectation(issue)}, found ${show(path, value)}`];
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return isWhole(issue.path) ? 'a whole number' : (typeNames[issue.expected] ?? String(issue.expected));
    case 'invalid_value':
      return issue.values.map((each) => JSON.stringify(each)).join(' or ');
    case 'too_small':
      return issue.origin === 'string'
        ? 'a text that is not empty'
        : issue.origin === 'array'
          ? atLeast(issue.message, Number(issue.minimum))
          : `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array' || issue.origin === 'string' ? atMost(issue) : `at most ${issue.maximum}`;
    case 'invalid_format':
      return formats[issue.format] ?? issue.message.replace(/^expected /, '');
    case 'invalid_union':
      return 'a number, or a text of digits';
    default:
      return issue.message;
  }
}

const typeNames: Record<string, string> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};
const formats: Record<string, string> = { url: 'a URL', hostname: 'a host name' };
/** A length check with words of its own (`exactly one repository`) keeps them. */
const ownWords = (message: string): string | null => (/^(Too|Invalid)/.test(message) ? null : message);
const atLeast = (message: string, minimum: number): string => ownWords(message) ?? `a list of at least ${minimum}`;
const atMost = (issue: { message: string; origin: string; maximum: number | bigint }): string =>
  ownWords(issue.message) ??
  `${issue.origin === 'array' ? 'a list of at most' : 'a text of at most'} ${issue.maximum}${issue.origin === 'array' ? '' : ' characters'}`;

function show(path: string[], value: unknown): string {
  const found = path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[name] : undefined),
    value,
  );
  if (found === undefined) return 'nothing';
  if (found === null) return 'null';
  const key = path.join('.');
  if (typeof found === 'function') return 'a function';
  if (secretKeys.some((secret) => key === secret || key.startsWith(`${secret}.`))) return `a ${typeof found}`;
  if (Array.isArray(found)) return `a list of ${found.length}`;
  if (typeof found === 'object') return 'an object';
  const text = typeof found === 'string' ? JSON.stringify(found) : String(found);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The keys that there are at a path. */
function knownKeys(path: string[]): string[] {
  const schema = schemaAt(path);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

const isWhole = (path: PropertyKey[]): boolean => {
  const schema = schemaAt(path.map(String));
  return schema instanceof z.ZodNumber && schema.format === 'safeint';
};

function schemaAt(path: string[]): z.core.$ZodType | null {
  let schema: z.core.$ZodType = configSchema;
  for (const name of path) {
    schema = unwrap(schema);
    if (schema instanceof z.ZodObject) schema = schema.shape[name];
    else if (schema instanceof z.ZodArray) schema = schema.element;
    else if (schema instanceof z.ZodRecord) schema = schema.valueType;
    else return null;
  }
  return unwrap(schema);
}

/** The schema inside defaults and options. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return unwrap(schema.def.innerType);
  return schema;
}
