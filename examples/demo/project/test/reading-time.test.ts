import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readingTime } from '../src/reading-time.ts';

test('takes two minutes for four hundred words', () => {
  assert.equal(readingTime('word '.repeat(400)), 2);
});
