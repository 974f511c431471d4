/** What the monkey can do, and the numbers by which it chooses. */
import { commands } from '../../packages/control-plane/src/tui/keymap/commands.ts';

export const titles = [
  'Print the version',
  'Send a receipt: 収入印紙と領収書 📧',
  'Show תמונות של מוצרים in \u202Ethe list',
  '\x1b[2J\x1b]0;owned\x07 a title that clears \x9b2J',
  '👩‍👩‍👧 e\u0301\u0301\u0301\u0301 '.repeat(8),
];
export const sizes = [
  [80, 24],
  [200, 50],
  [60, 15],
  [300, 100],
  [59, 20],
  [20, 5],
  [120, 35],
  [1, 1],
] as const;

/** Random numbers that a seed gives again. */
export function createDice(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return { below, pick: <T>(from: readonly T[]): T => from[below(from.length)] as T, chance: (of: number) => next() < of };
}
export type Dice = ReturnType<typeof createDice>;

const named: Readonly<Record<string, string>> = {
  ...{ enter: '\r', escape: '\x1b', tab: '\t', 'shift+tab': '\x1b[Z', space: ' ', backspace: '\x7f', delete: '\x1b[3~' },
  ...{ up: '\x1b[A', down: '\x1b[B', right: '\x1b[C', left: '\x1b[D', home: '\x1b[H', end: '\x1b[F' },
  ...{ 'page-up': '\x1b[5~', 'page-down': '\x1b[6~' },
};
/** What a terminal sends for a key of the keymap. */
export function bytesOf(key: string): string {
  const known = named[key];
  if (known !== undefined) return known;
  const held = /^ctrl\+([a-z])$/.exec(key)?.[1];
  if (held !== undefined) return String.fromCharCode(held.charCodeAt(0) - 96);
  if (key.startsWith('alt+')) return `\x1b${key.slice(4)}`;
  return key;
}
export const keys = [...new Set(commands.flatMap((command) => command.keys))].filter((key) => !key.startsWith('ctrl+shift'));
