import { describe, expect, it } from 'vitest';
import { findCommands } from '../../../src/tui/actions/find-command.ts';
import { commands } from '../../../src/tui/keymap/commands.ts';

const found = (query: string) => findCommands(commands, query).map(({ id }) => id);

describe('the palette', () => {
  it('shows all commands as they stand before anything is typed', () => {
    expect(found('')).toEqual(commands.map(({ id }) => id));
    expect(found('  ')).toHaveLength(commands.length);
  });

  it.each([
    ['disp', 'task.dispatch'],
    ['mer', 'task.merge'],
    ['nt', 'task.add'],
    ['new task', 'task.add'],
    ['approvals', 'view.approvals'],
    ['QUIT', 'terminal.quit'],
    ['can', 'run.cancel'],
    ['nexterr', 'look.next-error'],
  ])('finds by %j first or second what is meant: %s', (query, id) => {
    expect(found(query).slice(0, 2)).toContain(id);
  });

  it.each([
    ['tasks', 'view.tasks'],
    ['label', 'task.label'],
    ['say', 'run.say'],
    ['run', 'view.runs'],
    ['pa', 'dispatch.pause'],
    ['re', 'task.review'],
  ])('puts what is called %j, or begins so, before what has its letters somewhere', (query, id) => {
    expect(found(query)[0]).toBe(id);
  });

  it('finds by a word of the sentence what no name holds, after what is called so', () => {
    expect(found('$editor')).toEqual(['task.add']);
    expect(found('ledger')).toEqual(['view.events']);
  });

  it('finds nothing for what is not there, however long', () => {
    expect(found('zzzz')).toEqual([]);
    expect(found('x'.repeat(100_000))).toEqual([]);
  });
});
