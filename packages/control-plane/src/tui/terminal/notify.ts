import type { Env } from '../../engine/system/index.ts';
import { cutText } from '../text/width.ts';

/** bell: a sound or a mark on the tab; osc9: iTerm2, WezTerm, Windows Terminal, kitty; osc777: VTE, foot, Ghostty. */
export type NotifyWay = 'bell' | 'osc9' | 'osc777';

export interface Notification {
  readonly title: string;
  readonly body: string;
}

/** What to write so that the terminal tells the person. Titles come from outside: nothing in them ends the sequence or opens another. */
export function notifySequence(way: NotifyWay, { title, body }: Notification, tmux = false): string {
  switch (way) {
    case 'bell':
      return '\u0007';
    case 'osc9':
      // `9;4;…` is a progress bar: a text never starts with a digit and a semicolon.
      return outside(`\u001B]9;${sayable(`${title}: ${body}`).replace(/^(\d+);/, '$1:')}\u0007`, tmux);
    case 'osc777':
      return outside(`\u001B]777;notify;${sayable(title).replaceAll(';', ',')};${sayable(body)}\u0007`, tmux);
  }
}

/** For the terminal that tmux runs in; without it tmux keeps the sequence to itself. Needs `allow-passthrough` there. */
export const outside = (sequence: string, tmux: boolean): string =>
  tmux ? `\u001BPtmux;${sequence.replaceAll('\u001B', '\u001B\u001B')}\u001B\\` : sequence;

const sayable = (text: string): string => cutText(text, 200).text;

/** What is written at each notification, of what the person chose: `auto` is what the terminal is known to understand. */
export function notifyWays(
  { bell, notifications }: { readonly bell: boolean; readonly notifications: 'auto' | 'osc9' | 'osc777' | 'off' },
  env: Env,
): readonly NotifyWay[] {
  const chosen = notifications === 'auto' ? understood(env) : notifications;
  return [...(bell ? (['bell'] as const) : []), ...(chosen === 'off' ? [] : [chosen])];
}

function understood({
  TERM_PROGRAM: program = '',
  TERM: term = '',
  VTE_VERSION: vte = '',
  WT_SESSION: windows = '',
}: Env): 'osc9' | 'osc777' | 'off' {
  if (/^(iTerm\.app|WezTerm)$/.test(program) || windows !== '' || term === 'xterm-kitty') return 'osc9';
  return vte !== '' || program === 'ghostty' || /^(foot|xterm-ghostty)/.test(term) ? 'osc777' : 'off';
}
