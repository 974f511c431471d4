import { cleanText, cutText } from '../text/width.ts';

/** bell: a sound or a mark on the tab; osc9: iTerm2, WezTerm, Windows Terminal, kitty; osc777: VTE, foot, Ghostty. */
export const notifyWays = ['none', 'bell', 'osc9', 'osc777'] as const;
export type NotifyWay = (typeof notifyWays)[number];

export interface Notification {
  readonly title: string;
  readonly body: string;
}

/** What to write so that the terminal tells the person. Titles come from outside: nothing in them ends the sequence or opens another. */
export function notifySequence(way: NotifyWay, { title, body }: Notification, tmux = false): string {
  switch (way) {
    case 'none':
      return '';
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

const sayable = (text: string): string => cleanText(cutText(text, 200).text);
