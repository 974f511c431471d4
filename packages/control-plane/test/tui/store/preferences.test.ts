import { describe, expect, it } from 'vitest';
import { setList } from '../../../src/tui/actions/navigate.ts';
import { openStore } from './open-store.ts';

const keeper = (kept: unknown) => {
  const written: unknown[] = [];
  return { written, read: () => kept, write: (value: unknown) => void written.push(value) };
};

describe('preferences', () => {
  it('bring back theme and filters; it opens on the tasks', () => {
    const preferences = keeper({ version: 1, theme: 'light', filters: { tasks: 'label:api' } });
    const state = openStore({ preferences, start: false }).tui.store.getState();
    expect(state).toMatchObject({
      view: 'tasks',
      theme: 'light',
      lists: { tasks: { filter: 'label:api' }, runs: { filter: '' } },
    });
    expect(state.notices).toEqual([]);
  });

  it.each([
    ['of another version', { version: 2 }, 'version'],
    ['of the wrong shape', { version: 1, filters: { tasks: 7 } }, 'filters.tasks'],
    ['that are no object', 'theme=dark', 'expected object'],
  ])('%s give way to the defaults, and the person is told', (_name, kept, said) => {
    const state = openStore({ preferences: keeper(kept), start: false }).tui.store.getState();
    expect(state.view).toBe('tasks');
    expect(state.notices.map(({ text }) => text).join()).toContain(said);
  });

  it('that cannot be read keep nobody from working', () => {
    const read = () => {
      throw new Error('EACCES: permission denied');
    };
    const state = openStore({ preferences: { read, write: () => undefined }, start: false }).tui.store.getState();
    expect(state.notices[0]).toMatchObject({ tone: 'warning', text: expect.stringContaining('EACCES') });
  });

  it('are kept a moment after they changed, once for many changes, and at the end', async () => {
    const preferences = keeper(undefined);
    const { tui, clock } = openStore({ preferences });
    await clock.pass(0);
    for (const filter of ['s', 'st', 'status:review']) tui.store.setState((state) => setList(state, 'tasks', { filter }));
    await clock.pass(600);
    expect(preferences.written).toEqual([{ version: 1, theme: 'auto', filters: { tasks: 'status:review' } }]);
    tui.store.setState((state) => setList(state, 'runs', { filter: 'agent:planner' }));
    await tui.dispose();
    expect(preferences.written.at(-1)).toMatchObject({ filters: { runs: 'agent:planner' } });
  });
});
