import { describe, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { createPace, pacedStore } from '../../../src/tui/terminal/pace.ts';
import { createTestClock, idle } from '../store/test-clock.ts';

describe('the pace of the screen', () => {
  it('draws what a person did at once, and once, with all that waited to be drawn', async () => {
    const { pace, drawn, draw } = open();
    draw('an event');
    pace.act(() => {
      draw('a key');
      draw('a key');
    });
    expect(drawn).toEqual([['an event', 'a key', 'a key']]);
    await idle();
    expect(drawn).toHaveLength(1);
  });

  it('gathers what nobody asked for: the first is drawn soon, what follows no more often than 60 times a second', async () => {
    const { clock, drawn, draw } = open();
    draw('1');
    expect(drawn).toEqual([]);
    await clock.pass(2);
    expect(drawn).toEqual([['1']]);
    for (let n = 2; n <= 500; n += 1) {
      draw(String(n));
      await clock.pass(2, 1);
    }
    await clock.pass(20);
    expect(drawn.flat()).toHaveLength(500);
    expect(drawn.length).toBeGreaterThan(1_000 / 20);
    expect(drawn.length).toBeLessThanOrEqual(1_000 / 16 + 2);
  });

  it('keeps no more than a frame for a terminal that is behind, and draws the newest when it has caught up', async () => {
    const { pace, clock, drawn, draw, line } = open();
    line.behind();
    for (let n = 1; n <= 10; n += 1) pace.act(() => draw(String(n)));
    draw('11');
    await clock.pass(1_000);
    expect(drawn).toEqual([]);
    line.takes();
    expect(drawn).toHaveLength(1);
    expect(drawn[0]?.at(-1)).toBe('11');
  });

  it('shows a store that stands still between two frames', async () => {
    const { pace, clock } = open();
    const store = createStore(() => ({ count: 0 }));
    const onScreen = pacedStore(store, pace);
    store.setState({ count: 1 });
    expect(onScreen.getState().count).toBe(0);
    await clock.pass(2);
    expect(onScreen.getState().count).toBe(1);
    pace.act(() => store.setState({ count: 2 }));
    expect(onScreen.getState().count).toBe(2);
  });

  it('draws what a deed did before it failed', () => {
    const { pace, drawn, draw } = open();
    const deed = () => {
      draw('half');
      throw new Error('the other half');
    };
    expect(() => pace.act(deed)).toThrow('the other half');
    expect(drawn).toEqual([['half']]);
  });
});

/** A line to a terminal that takes all at once, until it falls behind; `draw` asks for a frame, which says all that is new. */
function open() {
  let waiting: (() => void)[] = [];
  const outlet = {
    writableLength: 0,
    write: (_text: string, taken: () => void) => waiting.push(taken),
  };
  const clock = createTestClock();
  const pace = createPace({ outlet, clock });
  const drawn: string[][] = [];
  let news: string[] = [];
  const ask = pace.paced(() => {
    drawn.push(news);
    news = [];
  });
  return {
    ...{ pace, clock, drawn },
    draw(text: string) {
      news.push(text);
      ask();
    },
    line: {
      behind() {
        outlet.writableLength = 100;
      },
      takes() {
        outlet.writableLength = 0;
        const all = waiting;
        waiting = [];
        for (const taken of all) taken();
      },
    },
  };
}
