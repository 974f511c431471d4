import type { TuiCommand } from '../keymap/command.ts';

/**
 * Commands that a query may mean, best first: its letters in their order, somewhere in the label or the id. Letters that begin
 * a word, and those that follow one another, count more. An empty query finds all, as they stand.
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
  const named = Math.max(match(label, wanted) + 1, match(id, wanted));
  // What only the sentence says comes after everything that is called so.
  return named > 1 ? named + 1_000 : help.toLowerCase().replace(/\s+/g, '').includes(wanted) ? 1 : 0;
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
