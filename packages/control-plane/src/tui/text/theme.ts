import { type Tone, tones } from './line.ts';

export const colourDepths = ['none', '16', '256', 'true'] as const;
export type ColourDepth = (typeof colourDepths)[number];
export type Background = 'dark' | 'light';

/** Tones as SGR sequences, each complete in itself: it starts from nothing and `reset` ends it. Empty: as the terminal writes. */
export interface Theme {
  readonly depth: ColourDepth;
  readonly background: Background;
  readonly tones: Readonly<Record<Tone, string>>;
  /** The same on the row that is selected. */
  readonly selected: Readonly<Record<Tone, string>>;
  readonly reset: string;
}

export interface ThemeOptions {
  readonly depth: ColourDepth;
  readonly background: Background;
}

/** Colours a person picked are kept in `16`; contrast is ours to keep only where we choose the colours. */
export function createTheme({ depth, background }: ThemeOptions): Theme {
  const style = depth === 'none' ? plainStyle : depth === '16' ? basicStyle(background) : palettes[depth][background];
  const entries = (selected: boolean): Record<Tone, string> =>
    Object.fromEntries(tones.map((tone) => [tone, sequence(tone, style, depth, selected)])) as Record<Tone, string>;
  return { depth, background, tones: entries(false), selected: entries(true), reset: '\u001B[0m' };
}

/** What the true-colour palette is made of, for measuring its contrast. */
export const trueColours = (
  background: Background,
): { readonly row: string; readonly tones: Readonly<Partial<Record<Tone, string>>> } => palettes.true[background];

interface Style {
  /** Background of the selected row; undefined: inverse. */
  readonly row: string | undefined;
  readonly tones: Readonly<Partial<Record<Tone, string>>>;
}

/** Weight goes with the meaning whatever the colours are. */
const bold: ReadonlySet<Tone> = new Set(['strong', 'heading', 'bad', 'accent']);
const underlined: ReadonlySet<Tone> = new Set(['heading']);

function sequence(tone: Tone, style: Style, depth: ColourDepth, selected: boolean): string {
  const codes: string[] = [];
  const inverse = tone === 'match' || (selected && style.row === undefined);
  if (bold.has(tone)) codes.push('1');
  if (depth === 'none') {
    // A faint text on an inverse row cannot be read in some terminals.
    if ((tone === 'dim' || tone === 'hunk') && !selected) codes.push('2');
    if (tone === 'warning' || tone === 'removed') codes.push('4');
  }
  // A match is inverse already: on the selected row it has to differ from itself.
  if (tone === 'match' && selected) codes.push('1', '4');
  if (underlined.has(tone)) codes.push('4');
  if (inverse) codes.push('7');
  const colour = style.tones[tone];
  if (colour !== undefined) codes.push(coded(colour, depth, 'text'));
  if (selected && style.row !== undefined && !inverse) codes.push(coded(style.row, depth, 'row'));
  return codes.length === 0 ? '' : `\u001B[${codes.join(';')}m`;
}

function coded(colour: string, depth: ColourDepth, use: 'text' | 'row'): string {
  if (depth === '16') return colour;
  const start = use === 'text' ? '38' : '48';
  if (depth === '256') return `${start};5;${colour}`;
  const part = (at: number): number => Number.parseInt(colour.slice(at, at + 2), 16);
  return `${start};2;${part(1)};${part(3)};${part(5)}`;
}

const plainStyle: Style = { row: undefined, tones: {} };

/** SGR numbers of the person's own sixteen. Bright ones on dark; yellow and cyan are too pale on white, so they go. */
const basicStyle = (background: Background): Style =>
  background === 'dark'
    ? {
        row: undefined,
        tones: {
          dim: '37',
          accent: '96',
          good: '92',
          warning: '93',
          bad: '91',
          info: '94',
          added: '92',
          removed: '91',
          hunk: '96',
          code: '93',
          heading: '97',
        },
      }
    : {
        row: undefined,
        tones: {
          dim: '90',
          accent: '34',
          good: '32',
          warning: '35',
          bad: '31',
          info: '34',
          added: '32',
          removed: '31',
          hunk: '36',
          code: '35',
        },
      };

const palettes = {
  '256': {
    dark: {
      row: '238',
      tones: {
        dim: '248',
        strong: '231',
        accent: '117',
        good: '114',
        warning: '221',
        bad: '210',
        info: '111',
        added: '114',
        removed: '210',
        hunk: '116',
        code: '222',
        heading: '231',
        match: '221',
      },
    },
    light: {
      row: '254',
      tones: {
        dim: '240',
        strong: '16',
        accent: '25',
        good: '22',
        warning: '94',
        bad: '124',
        info: '25',
        added: '22',
        removed: '124',
        hunk: '23',
        code: '54',
        heading: '16',
        match: '94',
      },
    },
  },
  true: {
    dark: {
      row: '#343b47',
      tones: {
        dim: '#a8b0bd',
        strong: '#ffffff',
        accent: '#7cc7ff',
        good: '#7ddc8c',
        warning: '#f2c94c',
        bad: '#ff9a94',
        info: '#9db8ff',
        added: '#7ddc8c',
        removed: '#ff9a94',
        hunk: '#7fd6d6',
        code: '#e5c890',
        heading: '#ffffff',
        match: '#f2c94c',
      },
    },
    light: {
      row: '#e1e6ee',
      tones: {
        dim: '#545b66',
        strong: '#000000',
        accent: '#0b57a4',
        good: '#116329',
        warning: '#7a4a00',
        bad: '#a8111c',
        info: '#2d4f9e',
        added: '#116329',
        removed: '#a8111c',
        hunk: '#0a5a66',
        code: '#6b3a8c',
        heading: '#000000',
        match: '#7a4a00',
      },
    },
  },
} as const satisfies Record<'256' | 'true', Record<Background, Style & { row: string }>>;
