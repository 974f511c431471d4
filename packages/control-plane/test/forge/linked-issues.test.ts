import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseLinkedPull, linkedIssues, pullsForIssue } from '../../src/engine/forge/linked-issues.ts';

const here = { owner: 'acme', name: 'example' };

test.each([
  ['Closes #12', [12]],
  ['closes: #12, fixes #13 and RESOLVED #14', [12, 13, 14]],
  ['close #1 closed #2 fix #3 fixed #4 resolve #5 resolves #6', [1, 2, 3, 4, 5, 6]],
  ['Fixes acme/example#7, fixes other/repo#8', [7]],
  ['Closes #12 and closes #12', [12]],
  ['See #12; discloses #13; prefix #14; hotfix-fixes #15', []],
  ['Closes #0, closes #12abc, closes#13', []],
  ['`Closes #12`\n```\nCloses #13\n```\nCloses #14', [14]],
  ['<!-- Closes #12 --> Fixes #13 <!-- Closes #14', [13]],
  ['', []],
])('%j closes %j', (body, numbers) => {
  expect(linkedIssues(body, here)).toEqual(numbers);
});

test('any text is read in the time that its length allows, and gives positive numbers only', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2000 }), (body) => {
      expect(linkedIssues(body).every((number) => number > 0)).toBe(true);
    }),
  );
  const started = performance.now();
  for (const hostile of ['`'.repeat(65_536), '<!--'.repeat(20_000), '\n```a'.repeat(15_000), 'closes '.repeat(10_000)])
    linkedIssues(hostile);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('of several pull requests the newest open one that is no draft counts, then the newest open one', () => {
  const pull = (number: number, draft = false, state = 'open') => ({ number, draft, state, body: 'Closes #1' });
  expect(chooseLinkedPull([pull(3), pull(5), pull(9, true), pull(10, false, 'closed')])?.number).toBe(5);
  expect(chooseLinkedPull([pull(3, true), pull(9, true)])?.number).toBe(9);
  expect(chooseLinkedPull([pull(10, false, 'closed')])).toBeUndefined();
  expect(pullsForIssue([pull(3), { ...pull(4), body: 'Closes #2' }], 1).map(({ number }) => number)).toEqual([3]);
});
