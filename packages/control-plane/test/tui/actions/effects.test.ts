import { DecreeError, type Engine } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../src/engine/system/random.ts';
import { createEffects } from '../../../src/tui/actions/effects.ts';
import { task } from '../../api/samples.ts';
import { log, openStore } from '../store/open-store.ts';
import { idle } from '../store/test-clock.ts';

describe('effects', () => {
  it('show what is asked until it is answered, and then the answer', async () => {
    const { effects, state, release } = open();
    effects.execute('dispatch #3', 'task.dispatch', { task: task.id });
    expect(state().pending).toEqual(['dispatch #3']);
    release();
    await effects.settled();
    expect(state().pending).toEqual([]);
    expect(state().notices.at(-1)).toMatchObject({ tone: 'good', text: 'did task.dispatch' });
  });

  it('ask the same once, however often the key is pressed, and anew when it was answered', async () => {
    const { effects, executed, state, release } = open();
    for (let n = 0; n < 5; n += 1) effects.execute('dispatch #3', 'task.dispatch', { task: task.id });
    effects.execute('comment', 'task.comment', { task: task.id, body: 'a' });
    effects.execute('comment', 'task.comment', { task: task.id, body: 'b' });
    release();
    await effects.settled();
    expect(executed().map(({ type }) => type)).toEqual(['task.dispatch', 'task.comment', 'task.comment']);
    expect(state().notices.some(({ text }) => text.includes('asked already'))).toBe(true);
    effects.execute('dispatch #3', 'task.dispatch', { task: task.id });
    await effects.settled();
    expect(executed()).toHaveLength(4);
    expect(new Set(executed().map(({ id }) => id)).size).toBe(4);
    expect(executed()[0]?.actor).toEqual({ type: 'user', id: 'ada' });
  });

  it('show a refusal in the words of the engine, on one line', async () => {
    const { effects, state, release } = open(new DecreeError('conflict', '#3 is in review;\nunblock it first'));
    effects.execute('dispatch #3', 'task.dispatch', { task: task.id });
    release();
    await effects.settled();
    expect(state().notices.at(-1)).toMatchObject({ tone: 'bad', text: 'dispatch #3: #3 is in review; unblock it first' });
    expect(state().pending).toEqual([]);
  });

  it('open only links, and say so when there is no program for it', async () => {
    const { effects, state, opened } = open();
    effects.openUrl('file:///etc/passwd');
    effects.openUrl('javascript:alert(1)');
    await idle();
    expect(opened).toEqual([]);
    expect(state().notices.at(-1)).toMatchObject({ tone: 'bad', text: expect.stringContaining('expected a link') });
    effects.openUrl('https://example.com/3');
    await idle();
    expect(opened).toEqual(['https://example.com/3']);
  });

  it('say that the editor failed instead of failing with it', async () => {
    const { effects, state } = open();
    await expect(effects.edit('', 'task.md')).resolves.toBeNull();
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
  const effects = createEffects({
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
  return { effects, opened, state: tui.store.getState, executed: () => memory.executed, release: resolve };
}
