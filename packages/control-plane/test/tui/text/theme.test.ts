import { describe, expect, it } from 'vitest';
import { tones } from '../../../src/tui/text/line.ts';
import { colourDepths, createTheme, trueColours } from '../../../src/tui/text/theme.ts';

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

describe('the palettes', () => {
  it.each([
    ['dark', ['#000000', '#1e1e1e']],
    ['light', ['#ffffff']],
  ] as const)('can be read on a %s background and on its selected row', (background, grounds) => {
    const { row, tones: colours } = trueColours(background);
    for (const [tone, colour] of Object.entries(colours)) {
      for (const ground of [...grounds, row])
        expect(contrast(colour, ground), `${tone} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('use no colour at all without colours', () => {
    const theme = createTheme({ depth: 'none', background: 'dark' });
    for (const style of [...Object.values(theme.tones), ...Object.values(theme.selected)]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences themselves are what is looked at
      expect(style).toMatch(/^(\u001b\[[12347](;[12347])*m)?$/);
    }
    for (const style of Object.values(theme.selected)) expect(style).toContain('7');
  });

  it.each(colourDepths)(
    'tell added from removed, and each tone on the selected row from the same elsewhere, at depth %s',
    (depth) => {
      for (const background of ['dark', 'light'] as const) {
        const theme = createTheme({ depth, background });
        expect(theme.tones.added).not.toBe(theme.tones.removed);
        for (const tone of tones) expect(theme.selected[tone], `${tone} ${background}`).not.toBe(theme.tones[tone]);
      }
    },
  );
});
