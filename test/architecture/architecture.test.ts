import { expect, test } from 'vitest';
import { check } from './check.ts';
import { readTree } from './tree.ts';

test('the house keeps its rules: who imports whom, no cycles, no clock or chance outside the system room', () => {
  const files = readTree();
  expect(files.has('packages/contracts/src/index.ts')).toBe(true);

  const breaches = check(files).map(({ rule, file, line, detail }) => `${file}:${line}  ${rule}\n    ${detail}`);

  expect(breaches.join('\n')).toBe('');
});
