import assert from 'node:assert/strict';
import { test } from 'node:test';
import { words } from '../src/words.ts';

test('splits at anything that is neither letter nor digit', () => {
  assert.deepEqual(words('One, two – three.'), ['One', 'two', 'three']);
});

test('keeps a word with an apostrophe or a hyphen whole', () => {
  assert.deepEqual(words('the dog’s well-known bone'), ['the', 'dog’s', 'well-known', 'bone']);
});

test('finds no word in a text without letters', () => {
  assert.deepEqual(words(' \n -- '), []);
});
