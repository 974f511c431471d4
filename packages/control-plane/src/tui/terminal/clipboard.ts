import { outside } from './notify.ts';

/** Terminals drop what is longer, some of them without a word. */
export const longestCopy = 74_000;

export interface Copy {
  /** What to write; null when the text is too long to be sure of. */
  readonly sequence: string | null;
  /** Why not, with what to do; null when it can be. */
  readonly message: string | null;
}

/** Puts text on the clipboard of the person's own machine, over ssh too. Only line ends and tabs are left of what a shell could obey when it is pasted. */
export function copySequence(text: string, tmux = false): Copy {
  const bytes = Buffer.from(text.toWellFormed().replace(obeyed, ''), 'utf8');
  if (bytes.length > longestCopy) {
    return {
      sequence: null,
      message: `Too long to copy: ${bytes.length} bytes, where terminals take ${longestCopy}. Open it in $EDITOR instead.`,
    };
  }
  return { sequence: outside(`\u001B]52;c;${bytes.toString('base64')}\u0007`, tmux), message: null };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be copied
const obeyed = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;
