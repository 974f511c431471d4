import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const source = join(import.meta.dirname, '../src');

/**
 * The sentence above each key of a table in `src`, as one line: documentation that is generated says what the code says.
 * Throws for a key without one.
 */
export function sentencesOf(file: string, keys: readonly string[]): Record<string, string> {
  const text = readFileSync(join(source, file), 'utf8');
  return Object.fromEntries(keys.map((key) => [key, sentenceAbove(text, key, file)]));
}

function sentenceAbove(text: string, key: string, file: string): string {
  const name = key.includes('.') ? `'${key}'` : key;
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`  ${name}: `));
  let from = at - 1;
  while (from > 0 && /^ {3}\*/.test(lines[from] ?? '')) from -= 1;
  const comment = lines.slice(from, at).join(' ').trim();
  if (at < 0 || !comment.startsWith('/**') || !comment.endsWith('*/'))
    throw new Error(`Expected a /** sentence */ above ${name} in src/${file}; write one: the guide shows it.`);
  return comment
    .slice(3, -2)
    .replace(/\s+\* /g, ' ')
    .trim();
}
