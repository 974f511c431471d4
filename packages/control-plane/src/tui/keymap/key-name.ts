import type { Key } from 'ink';

/**
 * Keys by name, as they stand in the config: a character as it is typed (`d`, `D`, `!`), or a name (`enter`, `escape`, `tab`,
 * `space`, `up`, `page-down`), with `ctrl+`, `alt+`, `shift+` before it where it was held. Shift is part of a character.
 */
const named = [
  ...['enter', 'escape', 'tab', 'space', 'backspace', 'delete'],
  ...['up', 'down', 'left', 'right', 'page-up', 'page-down', 'home', 'end'],
] as const;
const spellings: Readonly<Record<string, string>> = {
  ...{ return: 'enter', esc: 'escape', del: 'delete', pgup: 'page-up', pgdn: 'page-down', pgdown: 'page-down' },
  ...{ pageup: 'page-up', pagedown: 'page-down', spacebar: 'space' },
};
const modifiers = ['ctrl', 'alt', 'shift'] as const;

/** The name of what Ink heard; an empty text when it stands for no key (a release, an unknown sequence, several characters). */
export function keyName(input: string, key: Partial<Key>): string {
  if (key.eventType === 'release') return '';
  const name = nameOf(input, key);
  if (name === null) return '';
  const isCharacter = !(named as readonly string[]).includes(name);
  const held = [
    key.ctrl ? 'ctrl+' : '',
    key.meta && name !== 'escape' ? 'alt+' : '',
    key.shift && (!isCharacter || key.ctrl || key.meta) ? 'shift+' : '',
  ];
  return `${held.join('')}${key.ctrl || key.meta ? name.toLowerCase() : name}`;
}

function nameOf(input: string, key: Partial<Key>): string | null {
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  if (key.leftArrow) return 'left';
  if (key.rightArrow) return 'right';
  if (key.pageUp) return 'page-up';
  if (key.pageDown) return 'page-down';
  if (key.home) return 'home';
  if (key.end) return 'end';
  if (key.return || input === '\n' || input === '\r') return 'enter';
  if (key.escape) return 'escape';
  if (key.tab) return 'tab';
  if (key.backspace) return 'backspace';
  if (key.delete) return 'delete';
  if (input === ' ') return 'space';
  return isOneCharacter(input) ? input : null;
}

/** One printable character. */
const isOneCharacter = (text: string): boolean => /^[^\p{C}\p{Z}]$/u.test(text);
/** What looks like one character and is made of several: a letter with its marks, a family of emoji. It stands for itself. */
const isCluster = (text: string): boolean => /^[^\p{C}\p{Z}][^\p{Cc}\p{Cs}\p{Cn}\p{Z}]*$/u.test(text);

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Nobody types so far ahead: what is longer is no typing. */
const mostTypedAhead = 64;
const controls: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\r\n': 'enter',
  '\t': 'tab',
  '\x1b': 'escape',
  '\x7f': 'backspace',
  ' ': 'space',
};

export interface Typed {
  readonly key: string;
  readonly input: string;
}

/** Keys that came in one piece, as over a slow line: each by itself. None of a piece that nobody typed. */
export function keysIn(input: string): readonly Typed[] {
  const parts = [...segmenter.segment(input.slice(0, 8 * mostTypedAhead))].map(({ segment }) => segment);
  if (input.length > 8 * mostTypedAhead || parts.length > mostTypedAhead) return [];
  return parts.map((part) => {
    const code = part.charCodeAt(0);
    const control = part.length === 1 && code > 0 && code <= 26 ? `ctrl+${String.fromCharCode(code + 96)}` : '';
    return { input: part, key: controls[part] ?? (control || (isCluster(part) ? part : '')) };
  });
}

export type ParsedKey = { readonly key: string } | { readonly problem: string };

/** A key as somebody wrote it in the config, in the one spelling that `keyName` gives. */
export function parseKey(written: string): ParsedKey {
  const text = written.trim();
  // The character + is a key too, also with a modifier: `ctrl++`.
  const parts = text === '+' ? ['+'] : text.endsWith('++') ? [...text.slice(0, -2).split('+'), '+'] : text.split('+');
  const last = parts.at(-1) ?? '';
  const held = parts.slice(0, -1).map((part) => part.trim().toLowerCase());
  const unknown = held.find((part) => !(modifiers as readonly string[]).includes(part));
  if (unknown !== undefined) return { problem: `expected ctrl, alt or shift before the key, found "${unknown}"` };
  const lower = last.trim().toLowerCase();
  const name = spellings[lower] ?? ((named as readonly string[]).includes(lower) ? lower : last.trim());
  const isCharacter = !(named as readonly string[]).includes(name);
  if (isCharacter && !isOneCharacter(name))
    return { problem: `expected one character or one of ${named.join(', ')}, found "${written}"` };
  const has = (modifier: string) => held.includes(modifier);
  // A terminal sends the shifted character, so that is its name.
  const shifted = isCharacter && has('shift') && !has('ctrl') && !has('alt');
  const character = shifted ? name.toUpperCase() : has('ctrl') || has('alt') ? name.toLowerCase() : name;
  const prefix = [has('ctrl') ? 'ctrl+' : '', has('alt') ? 'alt+' : '', has('shift') && !shifted ? 'shift+' : ''].join('');
  const key = `${prefix}${isCharacter ? character : name}`;
  const same = sameByte[key];
  return same ? { problem: `expected a key that a terminal can tell from others, found ${key}, which is ${same}` } : { key };
}

/** What a terminal sends the same byte for. */
const sameByte: Readonly<Record<string, string>> = {
  ...{ 'ctrl+i': 'tab', 'ctrl+m': 'enter', 'ctrl+j': 'enter', 'ctrl+h': 'backspace', 'ctrl+[': 'escape' },
};
