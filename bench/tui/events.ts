/** An event, dated by the engine as it is made → the output that shows it. Nobody at this terminal asked for it. */
import { systemRandom } from '../../packages/control-plane/src/engine/system/index.ts';
import { pause } from './keys.ts';
import type { WatchedPty } from './watched-pty.ts';
import type { Connected } from './world.ts';

/** Pausing and resuming all dispatching, again and again, from another program: agents that run go on. */
export async function measureEvents(pty: WatchedPty, { engine, command }: Connected, count: number): Promise<number[]> {
  const stop = new AbortController();
  const madeAt = new Map<string, number>();
  const listening = (async () => {
    for await (const events of engine.events.follow({}, stop.signal))
      for (const event of events) {
        if (event.type === 'system.dispatch_paused') madeAt.set(event.payload.reason ?? '', Date.parse(event.occurredAt));
        if (event.type === 'system.dispatch_resumed') madeAt.set('resumed', Date.parse(event.occurredAt));
      }
  })();
  const took: number[] = [];
  const lastRows = () => pty.rows().slice(-2).join('\n');
  try {
    for (let index = 0; index < count; index += 1) {
      const reason = `for ${systemRandom.token().slice(0, 12)}`;
      const paused = seen(pty, () => lastRows().includes(reason));
      await command('dispatch.pause', { reason });
      took.push((await paused) - (await dated(reason)));
      await pause();
      const resumed = seen(pty, () => !lastRows().includes(reason));
      madeAt.delete('resumed');
      await command('dispatch.resume', {});
      took.push((await resumed) - (await dated('resumed')));
      await pause();
    }
  } finally {
    stop.abort();
    await listening;
  }
  return took;

  async function dated(what: string): Promise<number> {
    for (let tries = 0; tries < 2_000; tries += 1) {
      const at = madeAt.get(what);
      if (at !== undefined) return at;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`the event of "${what}" never came`);
  }
}

/** On the wall's clock, as the engine dates its events, in whole milliseconds. */
async function seen(pty: WatchedPty, holds: () => boolean): Promise<number> {
  const atMs = await pty.when(holds, 'an event on the screen');
  return Math.round(performance.timeOrigin + atMs + drift());
}

/** `performance` does not follow when the wall's clock is set. */
const drift = () => Date.now() - (performance.timeOrigin + performance.now());
