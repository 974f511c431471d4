import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { line, textOf } from '../../../src/tui/text/line.ts';
import { cleanText, cutText, displayWidth, expandTabs, fitText, padText } from '../../../src/tui/text/width.ts';
import { wrapLine } from '../../../src/tui/text/wrap.ts';
import { anyText } from './terminals.ts';

const wrapped = (text: string, columns: number): string[] => wrapLine(line(text), columns).map(textOf);

describe('wrapLine', () => {
  it('breaks between words, keeps what is indented, and breaks a long word where it must', () => {
    expect(wrapped('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrapped('  one two', 6)).toEqual(['  one', 'two']);
    expect(wrapped('abcdefghij kl', 4)).toEqual(['abcd', 'efgh', 'ij', 'kl']);
    expect(wrapped('a\nb', 10)).toEqual(['a', 'b']);
    expect(wrapped('', 10)).toEqual(['']);
  });

  it('breaks between wide characters, never inside one', () => {
    expect(wrapped('漢字漢字漢', 5)).toEqual(['漢字', '漢字', '漢']);
    expect(wrapped('ab漢字', 5)).toEqual(['ab漢', '字']);
  });

  it('keeps tones, also in a word of several, and indents what goes on', () => {
    const rows = wrapLine([{ text: 'see ' }, { text: 'bo', tone: 'strong' }, { text: 'ld and on' }], 8, { indent: line('  ') });
    expect(rows.map(textOf)).toEqual(['see bold', '  and on']);
    expect(rows[0]).toContainEqual({ text: 'bo', tone: 'strong' });
  });

  it('gives rows that fit and loses no word, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 2, max: 40 }), (text, columns) => {
        const rows = wrapped(text, columns);
        for (const row of rows) expect(displayWidth(row)).toBeLessThanOrEqual(columns);
        const letters = (from: string): string => from.replace(/\s/gu, '');
        expect(letters(cleanText(rows.join('')))).toBe(letters(cleanText(text)));
      }),
    );
  });
});

describe('text of a width', () => {
  it('is cut, filled up and measured in columns', () => {
    expect(displayWidth('漢字 ab')).toBe(7);
    expect(padText('漢', 4)).toBe('漢  ');
    expect(padText('7', 3, 'start')).toBe('  7');
    expect(cutText('abcdef', 4)).toEqual({ text: 'abc…', cells: 4, whole: false });
    expect(fitText('漢字', 3)).toEqual({ text: '漢', cells: 2, whole: false });
    expect(expandTabs('\ta\tbc\td')).toBe('    a   bc  d');
  });

  it('is measured as Ink measures it, for every character of the first plane and all emoji', () => {
    const apart: string[] = [];
    for (let start = 0xa0; start < 0x1fb00; start += 16) {
      if (start >= 0xfff0 && start < 0x1f000) continue;
      const text = Array.from({ length: 16 }, (_, at) => `x${String.fromCodePoint(start + at)}y`).join('');
      if (stringWidth(cleanText(text)) !== displayWidth(text)) apart.push(start.toString(16));
    }
    expect(apart).toEqual([]);
  });

  it('is the same when it is cleaned twice', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(cleanText(cleanText(text))).toBe(cleanText(text));
      }),
    );
  });
});
