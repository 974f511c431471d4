import fc from 'fast-check';
import { expect, it } from 'vitest';
import { commands } from '../../../src/tui/keymap/commands.ts';
import { type TuiState, views } from '../../../src/tui/store/state.ts';
import { idOf, task } from '../../api/samples.ts';
import { openControl } from './open-control.ts';

const keys = [...new Set(commands.flatMap((command) => command.keys)), 'y', 'backspace', 'ü', '9'];
const step = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...keys).map((key) => ({ key })) },
  // Often enough that prompts are left again.
  { weight: 4, arbitrary: fc.constantFrom('escape', 'n', 'y', 'enter').map((key) => ({ key })) },
  {
    weight: 1,
    arbitrary: fc.shuffledSubarray([task.id, ...Array.from({ length: 40 }, (_, n) => idOf(n + 50))]).map((rows) => ({ rows })),
  },
  { weight: 1, arbitrary: fc.record({ length: fc.integer({ min: 0, max: 80 }), live: fc.boolean() }).map((text) => ({ text })) },
);

it('whatever is pressed while rows and texts come and go, the person stands somewhere that is there', async () => {
  const opened = await openControl();
  const { control, state, plain, show, press, layout, tui } = opened;
  // A list that is not there yet keeps what was selected before it comes; here they all are.
  const none = { status: 'fresh', value: [], message: null, more: false } as const;
  tui.store.setState({ runPages: none, eventPages: none, worktreePages: none, operationPages: none });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 80 }), async (steps) => {
      for (const each of steps) {
        const before = state();
        if ('key' in each) press(each.key);
        else if ('rows' in each) show(before.view, each.rows);
        else plain.text = { lines: Array.from({ length: each.text.length }, (_, n) => `▸ error ${n}`), live: each.text.live };
        holds(state(), plain.rows[state().view]);
        if ('key' in each) answersOnly(before, state(), each.key);
        const { text, place } = control.shown(state(), layout);
        expect(place.top).toBeGreaterThanOrEqual(0);
        expect(place.top === 0 || place.top <= Math.max(text.length, 80)).toBe(true);
      }
      await control.settled();
    }),
    { numRuns: 150 },
  );
});

function holds(state: TuiState, rows: readonly string[]): void {
  const { selected, top } = state.lists[state.view];
  if (rows.length === 0) expect(selected).toBeNull();
  else if (selected !== null) expect(rows).toContain(selected);
  expect(top).toBeGreaterThanOrEqual(0);
  expect(top).toBeLessThanOrEqual(Math.max(0, rows.length));
  expect(views).toContain(state.view);
  expect(state.notices.length).toBeLessThanOrEqual(50);
  expect(Object.keys(state.texts).length).toBeLessThanOrEqual(100);
}

/** A question is left by y, n and Escape alone, and by Ctrl-C where it is not the one that Ctrl-C asks. */
function answersOnly(before: TuiState, after: TuiState, key: string): void {
  const kind = before.overlay?.kind;
  if (kind !== 'confirm' && kind !== 'quit') return;
  const leaves = ['y', 'n', 'escape', ...(kind === 'confirm' ? ['ctrl+c'] : [])];
  if (leaves.includes(key)) expect(after.overlay).not.toBe(before.overlay);
  else {
    expect(after.overlay).toBe(before.overlay);
    expect(after.view).toBe(before.view);
    expect(after.lists).toBe(before.lists);
  }
}
