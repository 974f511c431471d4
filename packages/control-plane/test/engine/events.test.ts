import { getEventListeners } from 'node:events';
import type { StoredEvent } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { createEvents } from '../../src/engine/events.ts';
import { openScene, record, repositoryId } from '../runs/scene.ts';

async function openFeed() {
  const scene = await openScene();
  const accessor = createEvents(scene.ledger);
  const say = (count: number) =>
    scene.ledger.commit({
      events: Array.from({ length: count }, (_, index) =>
        record('system.warned', { code: 'notify_failed', message: `${index}` }, { repositoryId, correlationId: scene.taskId }),
      ),
    });
  const all = async () => {
    const found: StoredEvent[] = [];
    for (let after: string | undefined; ; ) {
      const page = await scene.ledger.listEvents({ limit: 500, ...(after && { after }) });
      found.push(...page.items);
      if (!page.next) return found;
      after = page.next;
    }
  };
  /** Follows until it has seen the event with this id. */
  async function followTo(id: string, after: string | null, signal = new AbortController().signal): Promise<StoredEvent[]> {
    const seen: StoredEvent[] = [];
    for await (const batch of accessor.follow({ after }, signal)) {
      seen.push(...batch);
      if (seen.at(-1)?.id === id || batch.some((event) => event.id === id)) break;
    }
    return seen;
  }
  return { ...scene, accessor, say, all, followTo };
}

describe('following events', () => {
  it('gives every event once and in order, from the beginning or from any cursor', async () => {
    const feed = await openFeed();
    await feed.say(30);
    const all = await feed.all();
    const last = all.at(-1)?.id as string;
    for (const at of [null, 0, 1, 17, all.length - 2] as const) {
      const seen = await feed.followTo(last, at === null ? null : (all[at]?.cursor as string));
      expect(seen.map(({ id }) => id)).toEqual(all.slice(at === null ? 0 : at + 1).map(({ id }) => id));
    }
  });

  it('loses and doubles nothing for a follower that falls behind what is kept in memory', async () => {
    const feed = await openFeed();
    const begin = (await feed.all()).at(-1)?.cursor as string;
    const slow = feed.accessor.follow({ after: begin }, new AbortController().signal)[Symbol.asyncIterator]();
    await feed.say(10);
    const first = (await slow.next()).value as StoredEvent[];
    for (let round = 0; round < 40; round += 1) await feed.say(500);
    const seen = [...first];
    while (seen.length < 20_010) seen.push(...((await slow.next()).value as StoredEvent[]));
    await slow.return?.();
    const expected = (await feed.all()).slice(-20_010).map(({ id }) => id);
    expect(seen.map(({ id }) => id)).toEqual(expected);
  });

  it('without a cursor begins with what comes from now on', async () => {
    const feed = await openFeed();
    await feed.say(3);
    const ending = new AbortController();
    const follower = feed.accessor.follow({}, ending.signal)[Symbol.asyncIterator]();
    const next = follower.next();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [said] = await feed.say(1);
    expect(((await next).value as StoredEvent[]).map(({ id }) => id)).toEqual([said?.id]);
    ending.abort();
    expect((await follower.next()).done).toBe(true);
  });

  it('ends when it is aborted while it waits, and puts no listener on the signal for each event', async () => {
    const feed = await openFeed();
    const ending = new AbortController();
    const follower = feed.accessor
      .follow({ after: (await feed.all()).at(-1)?.cursor as string }, ending.signal)
      [Symbol.asyncIterator]();
    for (let count = 0; count < 50; count += 1) {
      const next = follower.next();
      await new Promise((resolve) => setTimeout(resolve, 1));
      await feed.say(1);
      await next;
    }
    const waiting = follower.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(getEventListeners(ending.signal, 'abort').length).toBeLessThanOrEqual(1);
    ending.abort();
    expect((await waiting).done).toBe(true);
    expect(getEventListeners(ending.signal, 'abort')).toEqual([]);
  });
});
