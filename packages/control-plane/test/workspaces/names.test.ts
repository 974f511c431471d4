import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBranchName } from '../../src/engine/workspaces/names.ts';

const accepted = (name: string) => {
  try {
    return parseBranchName(name) === name;
  } catch {
    return false;
  }
};

test('names that people and bots use are accepted', () => {
  for (const name of [
    'main',
    'issue-7-1700000000',
    'feature/x',
    'dependabot/npm_and_yarn/@types/node-24.1.0',
    'release/v1.2.3',
    'a+b',
  ]) {
    expect(accepted(name)).toBe(true);
  }
});

test('what is accepted means nothing to a shell, stays inside its directory, and is a branch name for git as well', () => {
  const character = fc.constantFrom(...'abAZ09._-/@+;$(){}|&<>*?[]~^:\\\'"` \n\t#!%=,'.split(''));
  const names = new Set<string>();
  fc.assert(
    fc.property(fc.array(character, { maxLength: 12 }), (characters) => {
      const name = characters.join('');
      if (!accepted(name)) return;
      expect(name).toMatch(/^[A-Za-z0-9._@+/-]+$/);
      expect(name).not.toMatch(/^[-/.]|\.\.|\/$|\/\/|\/\.|\.lock(\/|$)/);
      names.add(name);
    }),
    { numRuns: 20_000 },
  );
  for (const name of [...names].slice(0, 60)) execFileSync('git', ['check-ref-format', '--branch', name], { stdio: 'pipe' });
});
