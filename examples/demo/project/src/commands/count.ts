import { count } from '../count.ts';
import type { Command } from './command.ts';

export const command: Command = {
  name: 'count',
  summary: 'lines, words and characters',
  run(text) {
    const counts = count(text);
    return `lines ${counts.lines}\nwords ${counts.words}\ncharacters ${counts.characters}`;
  },
};
