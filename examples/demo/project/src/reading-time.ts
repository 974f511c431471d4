import { words } from './words.ts';

/** How many whole minutes a text takes to read. */
export function readingTime(text: string, wordsPerMinute = 200): number {
  return Math.round(words(text).length / wordsPerMinute);
}
