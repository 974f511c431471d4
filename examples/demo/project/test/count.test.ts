import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count } from '../src/count.ts';

test('counts a last line without a line break', () => {
  assert.deepEqual(count('one two\nthree'), { lines: 2, words: 3, characters: 13 });
});

test('counts nothing in an empty text', () => {
  assert.deepEqual(count(''), { lines: 0, words: 0, characters: 0 });
});

test('counts a character outside the basic plane once', () => {
  assert.equal(count('𝄞').characters, 1);
});
