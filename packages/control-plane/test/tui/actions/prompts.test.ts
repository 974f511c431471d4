import { expect, it } from 'vitest';
import { openControl } from './open-control.ts';

it('Ctrl-C leaves what is open first, and only then asks whether to leave', async () => {
  const { press, type, state, executed } = await openControl();
  for (const [open, kind] of [
    ['/', 'input'],
    [':', 'palette'],
    ['?', 'help'],
    ['p', 'confirm'],
  ] as const) {
    press(open);
    expect(state().overlay).toMatchObject({ kind });
    if (open === '/') type('abc');
    press('ctrl+c');
    expect(state().overlay).toBeNull();
  }
  expect(state().lists.tasks.filter).toBe('');
  press('ctrl+c');
  expect(state().overlay).toMatchObject({ kind: 'quit' });
  press('ctrl+c');
  expect(state().overlay).toMatchObject({ kind: 'quit' });
  expect(await executed()).toEqual([]);
});
