import fc from 'fast-check';
import { renderToString, Text } from 'ink';
import { createElement } from 'react';
import { describe, expect, it } from 'vitest';
import { paintLine } from '../../../src/tui/text/paint-line.ts';
import { createTheme } from '../../../src/tui/text/theme.ts';

const theme = createTheme({ depth: 'true', background: 'dark' });

/** What is seen of a row: the characters without the colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are written with it
const seen = (row: string): string => row.replace(/\u001b\[[\d;]*m/g, '');

describe('a painted row', () => {
  it('goes through Ink unchanged and on one row, whatever the text is', () => {
    const units = fc.constantFrom(
      'a',
      ' ',
      '漢',
      '💥',
      '🤖',
      '👨‍👩‍👧',
      '🇩🇪',
      '⚠️',
      '1️⃣',
      'e\u0301',
      '\u0301',
      'क्षि',
      'กำ',
      'ｶﾞ',
      '한',
      '\u200e',
      '\u202e',
      '\ufe0f',
      '\ud83d',
      '\u001b[2J',
      'א',
      '…',
      '✔',
    );
    const text = fc.oneof(
      fc.array(units, { maxLength: 40 }).map((parts) => parts.join('')),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ text, tone: fc.constantFrom('good', 'normal', 'strong') }), { maxLength: 3 }),
        fc.integer({ min: 4, max: 60 }),
        (line, columns) => {
          const row = paintLine(line, { columns, theme, selected: true });
          const drawn = renderToString(createElement(Text, { wrap: 'truncate' }, row), { columns });
          expect(seen(drawn).trimEnd()).toBe(seen(row).trimEnd());
        },
      ),
      { numRuns: 300 },
    );
  });
});
