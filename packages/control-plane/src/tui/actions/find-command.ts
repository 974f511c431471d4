import type { TuiCommand } from '../keymap/command.ts';

/**
 * Commands that a query may mean, best first: what is called so, then what begins so, then a word of it or its initials, then what
 * holds it, and last its letters in their order, wherever they stand. A label counts a little more than an id; what only the
 * sentence says comes after everything that is called so. An empty query finds all, as they stand.
 */
export function findCommands<C extends Pick<TuiCommand, 'id' | 'label' | 'help'>>(
  commands: readonly C[],
  query: string,
): readonly C[] {
  const wanted = query.toLowerCase().replace(/\s+/g, '').slice(0, 100);
  if (wanted === '') return commands;
  return commands
    .map((command) => ({ command, score: scoreOf(command, wanted) }))
    .filter(({ score }) => score > 0)
    .sort((left, right) => right.score - left.score)
    .map(({ command }) => command);
}

function scoreOf({ id, label, help }: Pick<TuiCommand, 'id' | 'label' | 'help'>, wanted: string): number {
  const named = Math.max(score(label, wanted) + 1, score(id, wanted));
  return named > 1 ? named : help.toLowerCase().replace(/\s+/g, '').includes(wanted) ? 1 : 0;
}

/** How it fits, the best way first; each way counts more than all that makes one of the next better than another. */
const perWay = 10_000;

function score(text: string, wanted: string): number {
  const letters = match(text, wanted);
  return letters === 0 ? 0 : wayOf(text.toLowerCase(), wanted) * perWay + letters;
}

function wayOf(text: string, wanted: string): number {
  const words = text.split(/[^a-z0-9]+/).filter((word) => word !== '');
  const all = words.join('');
  if (all === wanted || text === wanted) return 5;
  if (all.startsWith(wanted) || text.startsWith(wanted)) return 4;
  const initials = words.map((word) => word.charAt(0)).join('');
  if (initials.startsWith(wanted) || words.some((_word, index) => words.slice(index).join('').startsWith(wanted))) return 3;
  return all.includes(wanted) || text.includes(wanted) ? 2 : 1;
}

/** 0 where the letters are not there in this order. */
function match(text: string, wanted: string): number {
  const lower = text.toLowerCase();
  let best = 0;
  // Each place where it may begin: the first is not always the best.
  for (let from = lower.indexOf(wanted[0] ?? ''); from !== -1; from = lower.indexOf(wanted[0] ?? '', from + 1))
    best = Math.max(best, matchFrom(lower, wanted, from));
  return best;
}

function matchFrom(text: string, wanted: string, from: number): number {
  let score = 0;
  let at = from;
  let previous = -2;
  for (const letter of wanted) {
    const found = text.indexOf(letter, at);
    if (found === -1) return 0;
    const beginsWord = found === 0 || /[^a-z0-9]/.test(text[found - 1] ?? '');
    score += 1 + (beginsWord ? 8 : 0) + (found === previous + 1 ? 5 : 0);
    previous = found;
    at = found + 1;
  }
  // Of two that fit alike the shorter is meant.
  return score + Math.max(0, 20 - text.length) / 100;
}
