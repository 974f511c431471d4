import { expect, test } from 'vitest';
import { playStory } from './story.ts';
import { makeWorld } from './world.ts';

test(
  'the same work is done, and nothing twice, by agents that are killed after each of their calls',
  async () => {
    const world = await makeWorld();
    try {
      // Every process gets one call further than the one before it.
      const sessions = await playStory(world, { killAfter: ({ turn, effects }) => effects === turn });

      expect(sessions.every(({ kills }) => kills > 3)).toBe(true);
    } finally {
      await world.close();
    }
  },
  20 * 60_000,
);
