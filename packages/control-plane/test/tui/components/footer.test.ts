import { describe, expect, it } from 'vitest';
import { keysLine } from '../../../src/tui/components/footer.ts';
import { commands } from '../../../src/tui/keymap/commands.ts';
import { textOf } from '../../../src/tui/text/line.ts';

const offer = (id: string, disabledReason: string | null = null) => {
  const command = commands.find((one) => one.id === id);
  if (!command) throw new Error(`there is no command ${id}`);
  return { command, label: command.label, disabledReason };
};
const anywhere = ['look.palette', 'look.help', 'terminal.quit'].map((id) => offer(id));
const offered = [
  offer('task.dispatch', 'not now'),
  offer('approval.approve'),
  offer('run.cancel', 'not now'),
  offer('look.filter'),
];
const row = (columns: number) => textOf(keysLine([...offered, ...anywhere], columns)).trimEnd();

describe('the footer', () => {
  it('keeps the order of its keys, also of those that do nothing now', () => {
    expect(row(80)).toBe('d dispatch  a approve  x cancel  / filter  : commands  ? help  q quit');
  });
  it('leaves out the less important where there is no room, and never the way to all keys', () => {
    expect(row(66)).toBe('d dispatch  a approve  x cancel  : commands  ? help  q quit');
    expect(row(52)).toBe('d dispatch  a approve  : commands  ? help  q quit');
    expect(row(30)).toBe(': commands  ? help  q quit');
  });
});
