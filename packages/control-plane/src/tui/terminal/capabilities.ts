import type { Env } from '../../engine/system/env.ts';
import type { Background, ColourDepth } from '../text/theme.ts';

/** What the terminal can do, as far as its environment says. */
export interface Capabilities {
  /** Why there can be no screen here, with what to do instead; null when there can. */
  readonly refusal: string | null;
  readonly depth: ColourDepth;
  readonly background: Background;
  /** Sequences for the terminal outside have to be wrapped. */
  readonly tmux: boolean;
}

export interface TerminalSurroundings {
  readonly env: Env;
  /** Whether standard input and output are terminals. */
  readonly input: boolean;
  readonly output: boolean;
}

export function readCapabilities({ env, input, output }: TerminalSurroundings): Capabilities {
  return {
    refusal: refusalOf({ env, input, output }),
    depth: colourDepth(env),
    background: backgroundOf(env.COLORFGBG),
    tmux: (env.TMUX ?? '') !== '',
  };
}

const headless = 'run it with --headless, and use the other commands to see and to decide';

function refusalOf({ env, input, output }: TerminalSurroundings): string | null {
  if (!output) return `The screen needs a terminal, but standard output is not one; ${headless}.`;
  if (!input) return `The screen needs a keyboard, but standard input is not a terminal; ${headless}.`;
  if (env.TERM === 'dumb')
    return `The screen needs a terminal that can place text, but TERM is "dumb"; set TERM to what the terminal is, or ${headless}.`;
  return null;
}

/** `NO_COLOR` when it is not empty (no-color.org) wins; then what is forced; then what the terminal says of itself. */
function colourDepth(env: Env): ColourDepth {
  if ((env.NO_COLOR ?? '') !== '') return 'none';
  const forced = forcedDepths.get(env.FORCE_COLOR ?? '');
  if (forced !== undefined) return forced;
  const term = env.TERM ?? '';
  if (/^(truecolor|24bit)$/i.test(env.COLORTERM ?? '') || (env.WT_SESSION ?? '') !== '') return 'true';
  if (term.endsWith('-direct') || trueColourTerms.has(term) || trueColourPrograms.has(env.TERM_PROGRAM ?? '')) return 'true';
  if (term.includes('256color') || env.TERM_PROGRAM === 'Apple_Terminal') return '256';
  return /^vt\d/.test(term) || term === 'dumb' ? 'none' : '16';
}

const forcedDepths = new Map<string, ColourDepth>([
  ['0', 'none'],
  ['false', 'none'],
  ['1', '16'],
  ['true', '16'],
  ['2', '256'],
  ['3', 'true'],
]);
const trueColourTerms = new Set(['xterm-kitty', 'xterm-ghostty', 'alacritty', 'wezterm', 'foot']);
const trueColourPrograms = new Set(['iTerm.app', 'WezTerm', 'ghostty', 'vscode']);

/** `15;0` or `0;default;15`: the last is the background, of the sixteen; white and light grey are light. */
function backgroundOf(value: string | undefined): Background {
  const last = value?.split(';').at(-1);
  return last === '7' || last === '15' ? 'light' : 'dark';
}
