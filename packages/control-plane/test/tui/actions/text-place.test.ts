import { describe, expect, it } from 'vitest';
import { extentOf, topOf } from '../../../src/tui/actions/navigate.ts';
import { layOut } from '../../../src/tui/components/layout.ts';
import { textOf } from '../../../src/tui/text/line.ts';
import { idOf } from '../../api/samples.ts';
import { openControl } from './open-control.ts';

describe('the place in a text', () => {
  it('stays at its line when lines come or go before it, and its beginning asks for what was said before', async () => {
    const { show, press, state, plain, memory, tui, control, clock } = await openControl();
    show('tasks', ['a']);
    const numbered = (from: number) => Array.from({ length: 200 - from }, (_, n) => `line ${from + n}`);
    const top = () => {
      const { text, place } = control.shown(state(), layout);
      return textOf(text.lineAt(topOf(place, extentOf(text, layout.body - 1))));
    };
    const layout = layOut(100, 23)!;
    plain.text = { lines: numbered(100), first: 100, live: true, earlier: idOf(77) };
    press('tab', 'g');
    expect(top()).toBe('line 100');
    plain.text = { lines: numbered(50), first: 50, live: true };
    expect(top()).toBe('line 100');
    press('k', 'k');
    expect(top()).toBe('line 98');
    plain.text = { lines: numbered(99), first: 99, live: true };
    expect(top()).toBe('line 99');

    memory.say(
      idOf(77),
      Array.from({ length: 1_200 }, (_, n) => ({ kind: 'text', at: '2026-02-08T09:00:00.000Z', text: `${n}` })),
    );
    tui.outputs.show([idOf(77)]);
    await clock.pass(200);
    plain.text = { lines: numbered(0), live: true, earlier: idOf(77) };
    press('k');
    await clock.pass(200);
    expect(tui.outputs.read(idOf(77))?.first).toBe(0);
    press('g');
    await clock.pass(200);
    expect(tui.outputs.read(idOf(77))).toMatchObject({ first: -1_000, earlier: 'none' });
  });
});
