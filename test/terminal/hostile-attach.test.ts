/** Two terminals over clients of one engine, one of them behind a line on which every byte takes its time. */
import { createClient } from '@decree/client';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../packages/control-plane/src/engine/system/index.ts';
import { openSlowWire } from '../../packages/control-plane/test/api/slow-wire.ts';
import { openOver } from './monkey-terminal.ts';
import { insist } from './support/hands.ts';
import { openWorld } from './support/world.ts';

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const delayMs = 200;

it('is usable over a slow socket: keys are drawn at once, results are seen, nothing is lost, and two follow the same', async () => {
  const world = await openWorld({
    script: {
      'implementor#1': [{ say: 'I begin.' }, { lines: 200, every: 2 }, { say: 'That was all.' }, { hear: true }, { hang: true }],
    },
  });
  endings.push(() => world.remove());
  const { socketPath, operatorToken: token } = world.plane;
  const { sleep } = systemClock;
  const near = openOver(createClient({ socketPath, token, sleep }), [120, 35]);
  endings.push(near.close);
  const wire = await openSlowWire(socketPath, delayMs);
  endings.push(wire.close);
  const far = openOver(createClient({ socketPath: wire.path, token, sleep }), [100, 30]);
  endings.push(far.close);
  await far.terminal.see('/7 running', 60_000);

  // What a key does to the screen does not wait for the line: nothing comes through it meanwhile.
  wire.hold(true);
  for (const [key, shows] of [
    ['?', '── Keys'],
    ['\x1b', /: commands {2}\? help/],
    [':', '── Commands'],
    ['\x1b', /: commands {2}\? help/],
  ] as const) {
    far.terminal.type(key);
    await far.terminal.see(shows);
  }
  wire.hold(false);

  await world.addTask('Talk much');
  await far.terminal.see('Talk much', 60_000);
  await insist(far.terminal, 'd', 'Dispatch an Implementor on #1?');
  wire.hold(true);
  far.terminal.type('y');
  await far.terminal.see('… dispatch #1');
  wire.hold(false);
  // A second wish is the same wish.
  far.terminal.type('dy');
  await far.terminal.see('That was all.', 60_000);
  await near.terminal.see('That was all.', 60_000);
  const { items } = await world.plane.engine.query('listRuns', {});
  expect(items).toHaveLength(1);

  far.terminal.type('i');
  await far.terminal.see('Say to the implementor');
  far.terminal.type('from far away');
  far.terminal.type('\r');
  for (const { terminal } of [near, far]) await terminal.see('I was told: from far away', 60_000);
  await insist(near.terminal, 'x', 'Cancel the implementor');
  near.terminal.type('y');
  for (const { terminal } of [near, far]) await terminal.see('DISPATCH', 60_000);
  expect([...near.logged, ...far.logged]).toEqual([]);
}, 240_000);
