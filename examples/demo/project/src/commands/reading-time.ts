import { readingTime } from '../reading-time.ts';
import type { Command } from './command.ts';

export const command: Command = {
  name: 'reading-time',
  summary: 'how many minutes the text takes to read',
  run(text) {
    return `${readingTime(text)} min`;
  },
};
