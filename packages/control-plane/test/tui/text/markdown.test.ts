import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf } from '../../../src/tui/text/line.ts';
import { markdownLines } from '../../../src/tui/text/markdown.ts';
import { displayWidth } from '../../../src/tui/text/width.ts';

const shown = (text: string, columns = 40): string[] => markdownLines(text, columns).map(textOf);

describe('markdownLines', () => {
  it('shows headings, emphasis and code by their tone', () => {
    expect(shown('# Title\n\nSome **bold** and `code`.')).toEqual(['# Title', '', 'Some bold and code.']);
    const [, , paragraph] = markdownLines('# Title\n\nSome **bold** and `code`.', 40);
    expect(paragraph).toEqual(
      expect.arrayContaining([
        { text: 'bold', tone: 'strong' },
        { text: 'code', tone: 'code' },
      ]),
    );
  });

  it('shows lists, nested and numbered, and what is ticked', () => {
    expect(shown('- one\n  - two words that are wrapped\n- [x] done\n- [ ] open\n\n1. a\n2. b', 18)).toEqual([
      ...['• one', '  • two words that', '    are wrapped', '☑ done', '☐ open', '', '1. a', '2. b'],
    ]);
  });

  it('writes the address behind a link, once, and hides comments', () => {
    expect(shown('see [here](https://x.y/z) or <!-- not this --> https://a.b', 80)).toEqual([
      'see here (https://x.y/z) or  https://a.b',
    ]);
    expect(shown('<!-- a\ntemplate -->\ntext\n')).toEqual(['text']);
    expect(shown('[https://good.example](https://bad.example)', 80)).toEqual(['https://good.example (https://bad.example)']);
  });

  it('cuts a table to the width and leaves code unwrapped', () => {
    expect(shown('| a | b |\n|---|--:|\n| a long cell | 12 |', 12)).toEqual(['a       │  b', '────────┼───', 'a long… │ 12']);
    expect(shown('```\nconst a = "a long line of code";\n```', 12)).toEqual(['  const a = "a long line of code";']);
    expect(shown('> said\n> so')).toEqual(['│ said so']);
  });

  it('reads a bounded part and says so, whatever five megabytes hold', () => {
    const texts = [
      'word ',
      '>',
      '- ',
      '*a **b ',
      '[',
      '[a](',
      '`a``',
      '<a ',
      '<!--',
      '_a',
      '~a',
      '![a',
      '&',
      '|',
      '\\',
      '\n',
      ' ',
      '[a]: b\n',
      '漢',
    ];
    for (const text of texts) {
      const lines = markdownLines(text.repeat(5_000_000 / text.length), 80);
      expect(textOf(lines.at(-1) ?? []), text).toMatch(/^… cut: \d+ characters/);
      expect(lines.length, text).toBeLessThan(70_000);
    }
  });

  it('gives rows that fit, but for code, and never throws', () => {
    const pieces = fc.constantFrom(
      '# ',
      '- ',
      '1. ',
      '> ',
      '**',
      '_',
      '`',
      '|',
      '\n',
      '\n\n',
      '[a](b)',
      '<b>',
      '<!--',
      '-->',
      'word ',
      '漢字',
      '---',
      '&amp;',
      '\u001b[2J',
      '    ',
      '~~',
      '- [x] ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), fc.integer({ min: 12, max: 60 }), (parts, columns) => {
        for (const row of markdownLines(parts.join(''), columns)) {
          if (row.some((span) => span.tone === 'code')) continue;
          // A cell or a list nested to the edge keeps eight columns; the painter cuts what is left.
          expect(displayWidth(textOf(row))).toBeLessThanOrEqual(columns + 60);
        }
      }),
    );
  });
});
