import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editKey, insert, longestLine } from '../../../src/tui/actions/edit-line.ts';

const at = (value: string, cursor = value.length) => ({ value, cursor });

describe('a line that is written', () => {
  it.each([
    ['emoji of several parts', 'a👩‍👩‍👧‍👦'],
    ['a letter with its accent', 'ae\u0301'],
    ['a flag', 'a🇩🇪'],
    ['a wide character', 'a界'],
  ])('loses %s with one Backspace, as one sees it', (_name, value) => {
    expect(editKey(at(value), 'backspace')).toEqual(at('a'));
    expect(editKey(at(value, 1), 'right')).toEqual(at(value));
    expect(editKey(at(value), 'left')).toEqual(at(value, 1));
  });

  it('loses words, its beginning and its end', () => {
    expect(editKey(at('one two  '), 'ctrl+w')).toEqual(at('one '));
    expect(editKey(at('one two', 4), 'ctrl+u')).toEqual(at('two', 0));
    expect(editKey(at('one two', 4), 'ctrl+k')).toEqual(at('one '));
    expect(editKey(at('one two', 4), 'delete')).toEqual(at('one wo', 4));
    expect(editKey(at(''), 'backspace')).toEqual(at(''));
  });

  it('goes to its ends', () => {
    expect(editKey(at('abc', 1), 'ctrl+a')?.cursor).toBe(0);
    expect(editKey(at('abc', 1), 'ctrl+e')?.cursor).toBe(3);
    expect(editKey(at('abc', 1), 'enter')).toBeNull();
  });

  it('takes what is pasted without what a terminal would obey, and keeps its lines', () => {
    expect(insert(at('ab', 1), 'x\r\ny\x1b[31m\x07\tz')).toMatchObject({ value: 'ax\ny[31m zb', cursor: 10, cut: false });
  });

  it('takes the beginning of a megabyte, in no time', () => {
    const pasted = insert(at('start '), '👍'.repeat(500_000));
    expect(pasted.cut).toBe(true);
    expect(pasted.value.length).toBeLessThanOrEqual(longestLine);
    expect(pasted.value.isWellFormed()).toBe(true);
    const startedMs = performance.now();
    for (let n = 0; n < 1_000; n += 1) editKey(pasted, 'backspace');
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('keeps its cursor inside, between characters, whatever is pressed', () => {
    const keys = ['left', 'right', 'home', 'end', 'backspace', 'delete', 'ctrl+w', 'ctrl+u', 'ctrl+k'];
    const step = fc.oneof(
      fc.constantFrom(...keys).map((key) => ({ key })),
      fc.string({ unit: 'grapheme' }).map((text) => ({ text })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let line = at('');
        for (const each of steps) {
          line = 'key' in each ? (editKey(line, each.key) ?? line) : insert(line, each.text);
          expect(line.cursor).toBeGreaterThanOrEqual(0);
          expect(line.cursor).toBeLessThanOrEqual(line.value.length);
          expect(line.value.isWellFormed()).toBe(true);
          expect(line.value.slice(0, line.cursor).isWellFormed()).toBe(true);
        }
      }),
    );
  });
});
