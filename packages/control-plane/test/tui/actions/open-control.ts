import { onTestFinished } from 'vitest';
import { systemRandom } from '../../../src/engine/system/random.ts';
import { createControl } from '../../../src/tui/actions/control.ts';
import { layOut } from '../../../src/tui/components/layout.ts';
import { commands } from '../../../src/tui/keymap/commands.ts';
import { resolveKeymap } from '../../../src/tui/keymap/resolve-keymap.ts';
import { openStore } from '../store/open-store.ts';
import { plainScreens } from './screens.ts';

/** A person at the keys, over an engine in memory and plain screens. */
export async function openControl({ readOnly = false } = {}) {
  const { tui, memory, clock } = openStore({ readOnly });
  const plain = plainScreens();
  const did: string[] = [];
  const edited: { text: string | null } = { text: null };
  const control = createControl({
    ...{ engine: memory.engine, tui, keymap: resolveKeymap(commands), screens: plain.screens },
    ...{ clock, random: systemRandom, log: { error: () => undefined } as never, user: 'ada' },
    terminal: {
      openUrl: (url) => void did.push(`open ${url}`),
      copy: (text) => void did.push(`copy ${text}`),
      edit: async () => edited.text,
      suspend: () => void did.push('suspend'),
      redraw: () => void did.push('redraw'),
      quit: () => void did.push('quit'),
    },
  });
  await clock.pass(0);
  const layout = layOut(100, 23);
  control.resize(layout);
  onTestFinished(() => control.dispose());
  return {
    ...{ tui, memory, clock, plain, did, control, edited, layout: layout! },
    state: tui.store.getState,
    /** Shows these rows, as if the world had changed. */
    show(view: keyof typeof plain.rows, identities: string[]) {
      plain.rows[view] = identities;
      tui.store.setState({ nowMs: clock.nowMs() });
    },
    press(...keys: string[]) {
      for (const key of keys) control.press(key, key.length === 1 ? key : '');
    },
    type(text: string) {
      for (const character of text) control.press(character === ' ' ? 'space' : character, character);
    },
    notice: () => tui.store.getState().notices.at(-1)?.text,
    executed: async () => {
      await control.settled();
      return memory.executed.map(({ type, input }) => ({ type, input }));
    },
  };
}
