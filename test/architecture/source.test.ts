import { describe, expect, test } from 'vitest';
import { readSource } from './source.ts';

describe('reading a source file', () => {
  test.each([
    [`import a from 'x';`, 'x', false],
    [`import type { A } from 'x';`, 'x', true],
    [`import { type A } from 'x';`, 'x', false],
    [`import {\n  a,\n  b,\n} from "x";`, 'x', false],
    [`import * as a from 'x';`, 'x', false],
    [`import 'x';`, 'x', false],
    [`export { a } from 'x';`, 'x', false],
    [`export type { A } from 'x';`, 'x', true],
    [`export * from 'x';`, 'x', false],
    [`const a = await import('x');`, 'x', false],
    [`type A = typeof import('x');`, 'x', true],
    [`const a = require('x');`, 'x', false],
    ['import type from "x";', 'x', false],
  ])('finds the import in %j', (text, specifier, typeOnly) => {
    expect(readSource('a.ts', text).imports).toEqual([{ specifier, typeOnly, line: 1 }]);
  });

  test.each([
    `// import a from 'x';`,
    `/* import 'x'; */`,
    `const a = "import 'x'";`,
    "const a = `import 'x'`;",
    `const a = /import 'x'/;`,
    `const a = 'it\\'s import "x"';`,
  ])('finds no import in %j', (text) => {
    expect(readSource('a.ts', text).imports).toEqual([]);
  });

  test('sees the code inside a template, and the code after one', () => {
    const source = readSource('a.ts', 'const a = `x ${f({ now: Date.now() })} Math.random()`; process.env;');

    expect(source.code).toContain('Date.now()');
    expect(source.code).not.toContain('Math.random');
    expect(source.code).toContain('process.env');
  });

  test('is not misled by an apostrophe in JSX text', () => {
    const source = readSource('a.tsx', `const a = <Text>don't</Text>;\nimport b from 'y';\n`);

    expect(source.imports).toEqual([{ specifier: 'y', typeOnly: false, line: 2 }]);
  });

  test('tells a division from a regular expression', () => {
    const source = readSource('a.ts', `const a = b / c; const d = "/"; const e = Date.now() / 2;`);

    expect(source.code).toContain('Date.now()');
  });
});
