import { emptyState } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { ParsedRows } from '../../src/engine/ledger/parsed-rows.ts';

const stored = (id: string, title: string) => ({ id, doc: JSON.stringify({ id, title }) });

describe('rows that are read again and again', () => {
  it('are the state that they mean, with what was not read empty', () => {
    const rows = new ParsedRows();
    expect(
      rows.state([
        ['tasks', [stored('a', 'One'), stored('b', 'Two')]],
        ['runs', []],
      ]),
    ).toEqual({ ...emptyState(), tasks: { a: { id: 'a', title: 'One' }, b: { id: 'b', title: 'Two' } } });
  });

  it('are the same objects while their text is the same, and others once it is not', () => {
    const rows = new ParsedRows();
    const before = rows.state([['tasks', [stored('a', 'One'), stored('b', 'Two')]]]);
    const after = rows.state([['tasks', [stored('b', 'Two'), stored('a', 'Changed')]]]);
    expect(after.tasks.b).toBe(before.tasks.b);
    expect(after.tasks.a).toEqual({ id: 'a', title: 'Changed' });
    expect(before.tasks.a).toEqual({ id: 'a', title: 'One' });
    expect(after.tasks).not.toBe(before.tasks);
  });

  it('are not confused when kinds share an id', () => {
    const rows = new ParsedRows();
    const read = () =>
      rows.state([
        ['tasks', [stored('a', 'Task')]],
        ['runs', [stored('a', 'Run')]],
      ]);
    read();
    expect(read()).toMatchObject({ tasks: { a: { title: 'Task' } }, runs: { a: { title: 'Run' } } });
  });

  it('are not held once they were not read: one that comes back is another object', () => {
    const rows = new ParsedRows();
    const before = rows.state([['tasks', [stored('a', 'One'), stored('b', 'Two')]]]);
    expect(rows.state([['tasks', [stored('b', 'Two')]]]).tasks).toEqual({ b: before.tasks.b });
    const back = rows.state([['tasks', [stored('a', 'One'), stored('b', 'Two')]]]);
    expect(back.tasks.a).toEqual(before.tasks.a);
    expect(back.tasks.a).not.toBe(before.tasks.a);
    expect(back.tasks.b).toBe(before.tasks.b);
  });
});
