import { describe, expect, it } from 'vitest';
import { namesIn, readText } from '../scripts/generated.ts';

const source = 'packages/contracts/src';

/** Exports without a comment above them, but for the type of a schema of the same name, which is above it. */
function undocumented(text: string): string[] {
  const lines = text.split('\n');
  return lines.filter((line, at) => {
    if (!/^export (const|function|interface|class|type|abstract) /.test(line)) return false;
    if (/^export type \w+ = z\.infer<typeof /.test(line) || /^export type \w+ = \(typeof \w+\)/.test(line)) return false;
    return !/\*\/$/.test(lines[at - 1] ?? '');
  });
}

describe('every export of the contracts', () => {
  it.each(namesIn(source).filter((name) => name !== 'index.ts'))('in %s has a sentence of documentation', (name) => {
    expect(undocumented(readText(`${source}/${name}`))).toEqual([]);
  });
});
