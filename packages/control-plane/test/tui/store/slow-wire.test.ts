import { createClient } from '@decree/client';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/engine/system/clock.ts';
import { systemRandom } from '../../../src/engine/system/random.ts';
import { createAbilities } from '../../../src/tui/actions/abilities.ts';
import { select } from '../../../src/tui/actions/navigate.ts';
import { createTuiStore } from '../../../src/tui/store/create-store.ts';
import { createMemoryEngine } from '../../api/memory-engine.ts';
import { openDoor, operatorToken, until } from '../../api/open-door.ts';
import { at, eventAt, idOf, outputs, run, task } from '../../api/samples.ts';
import { openSlowWire } from '../../api/slow-wire.ts';
import { log } from './open-store.ts';

const delayMs = 200;

it('is the same over a client on a slow line: the world, what an agent says, details, commands, and a broken line', async () => {
  const memory = createMemoryEngine();
  memory.answer.snapshot = { ...outputs.snapshot, cursor: null };
  const door = await openDoor(memory.engine);
  const wire = await openSlowWire(door.socketPath, delayMs);
  const engine = createClient({
    socketPath: wire.path,
    token: operatorToken,
    sleep: (ms, options) => systemClock.sleep(ms, options),
  });
  const tui = createTuiStore({ engine, clock: systemClock, log });
  const ending = new AbortController();
  onTestFinished(async () => {
    ending.abort();
    await tui.dispose();
    await wire.close();
    await door.close();
  });
  const state = tui.store.getState;
  const startedMs = performance.now();
  tui.start(ending.signal);
  expect(state().connection.status).toBe('loading');
  await until(() => state().connection.status === 'live', 'the first snapshot came');
  // Each way of the line takes its time, so nothing here can have come from this process.
  expect(performance.now() - startedMs).toBeGreaterThan(2 * delayMs);

  memory.append([
    eventAt(1, {
      type: 'task.created',
      taskId: idOf(60),
      payload: { kind: 'implement', title: 'Second', issue: 9, specs: [] },
    } as never),
  ]);
  await until(() => state().world.tasks[idOf(60)] !== undefined, 'the new task came');

  memory.say(run.sessionId as string, [{ kind: 'text', at, text: 'hello' }]);
  tui.store.setState((before) => select(before, 'tasks', task.id));
  await until(() => tui.outputs.read(run.sessionId as string)?.entries.length === 1, 'the words of the agent came');
  await until(() => state().details.issues[3]?.status === 'fresh', 'the issue came');

  const terminal = {
    openUrl: () => undefined,
    copy: () => undefined,
    edit: async () => null,
    suspend: () => undefined,
    redraw: () => undefined,
    quit: () => undefined,
  };
  const abilities = createAbilities({
    ...{ engine, store: tui.store, terminal, clock: systemClock, random: systemRandom, log, user: 'ada' },
    ...{ go: () => undefined, refresh: () => undefined, detailText: () => '' },
  });
  for (let n = 0; n < 3; n += 1) abilities.execute('cancel #3', 'run.cancel', { runId: run.id });
  expect(state().pending).toEqual(['cancel #3']);
  await abilities.settled();
  expect(memory.executed.map(({ type }) => type)).toEqual(['run.cancel']);

  wire.breakOff(true);
  await until(() => state().connection.status === 'lost', 'the loss was noticed');
  memory.append([
    eventAt(2, {
      type: 'task.created',
      taskId: idOf(61),
      payload: { kind: 'implement', title: 'Third', issue: 10, specs: [] },
    } as never),
  ]);
  wire.breakOff(false);
  await until(() => state().connection.status === 'live' && state().world.tasks[idOf(61)] !== undefined, 'the missed event came');
  expect(memory.asked.filter(({ name }) => name === 'snapshot')).toHaveLength(1);
});
