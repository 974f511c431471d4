import { DecreeError, type Engine } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../src/engine/system/random.ts';
import { createAbilities } from '../../../src/tui/actions/abilities.ts';
import { task } from '../../api/samples.ts';
import { log, openStore } from '../store/open-store.ts';
import { idle } from '../store/test-clock.ts';

describe('abilities', () => {
  it('show what is asked until it is answered, and then the answer', async () => {
    const { abilities, state, release } = open();
    abilities.execute('dispatch #3', 'task.dispatch', { task: task.id });
    expect(state().pending).toEqual(['dispatch #3']);
    release();
    await abilities.settled();
    expect(state().pending).toEqual([]);
    expect(state().notices.at(-1)).toMatchObject({ tone: 'good', text: 'did task.dispatch' });
  });

  it('ask the same once, however often the key is pressed, and anew when it was answered', async () => {
    const { abilities, executed, state, release } = open();
    for (let n = 0; n < 5; n += 1) abilities.execute('dispatch #3', 'task.dispatch', { task: task.id });
    abilities.execute('comment', 'task.comment', { task: task.id, body: 'a' });
    abilities.execute('comment', 'task.comment', { task: task.id, body: 'b' });
    release();
    await abilities.settled();
    expect(executed().map(({ type }) => type)).toEqual(['task.dispatch', 'task.comment', 'task.comment']);
    expect(state().notices.some(({ text }) => text.includes('asked already'))).toBe(true);
    abilities.execute('dispatch #3', 'task.dispatch', { task: task.id });
    await abilities.settled();
    expect(executed()).toHaveLength(4);
    expect(new Set(executed().map(({ id }) => id)).size).toBe(4);
    expect(executed()[0]?.actor).toEqual({ type: 'user', id: 'ada' });
  });

  it('show a refusal in the words of the engine, on one line', async () => {
    const { abilities, state, release } = open(new DecreeError('conflict', '#3 is in review;\nunblock it first'));
    abilities.execute('dispatch #3', 'task.dispatch', { task: task.id });
    release();
    await abilities.settled();
    expect(state().notices.at(-1)).toMatchObject({ tone: 'bad', text: 'dispatch #3: #3 is in review; unblock it first' });
    expect(state().pending).toEqual([]);
  });

  it('open only links, and say so when there is no program for it', async () => {
    const { abilities, state, opened } = open();
    abilities.openUrl('file:///etc/passwd');
    abilities.openUrl('javascript:alert(1)');
    await idle();
    expect(opened).toEqual([]);
    expect(state().notices.at(-1)).toMatchObject({ tone: 'bad', text: expect.stringContaining('expected a link') });
    abilities.openUrl('https://example.com/3');
    await idle();
    expect(opened).toEqual(['https://example.com/3']);
  });

  it('say that the editor failed instead of failing with it', async () => {
    const { abilities, state } = open();
    await expect(abilities.edit('', 'task.md')).resolves.toBeNull();
    expect(state().notices.at(-1)).toMatchObject({ tone: 'bad', text: 'the editor failed: vi: not found' });
  });
});

function open(refusal?: Error) {
  const { tui, memory, clock } = openStore({ start: false });
  const { promise, resolve } = Promise.withResolvers<void>();
  const opened: string[] = [];
  const engine: Engine = {
    ...memory.engine,
    async execute(command) {
      await promise;
      if (refusal) throw refusal;
      return memory.engine.execute(command);
    },
  };
  const abilities = createAbilities({
    ...{ engine, store: tui.store, clock, random: systemRandom, log, user: 'ada' },
    ...{ go: () => undefined, refresh: () => undefined, detailText: () => '' },
    terminal: {
      openUrl: (url) => void opened.push(url),
      copy: () => undefined,
      edit: () => Promise.reject(new Error('vi: not found')),
      suspend: () => undefined,
      redraw: () => undefined,
      quit: () => undefined,
    },
  });
  return { abilities, opened, state: tui.store.getState, executed: () => memory.executed, release: resolve };
}
