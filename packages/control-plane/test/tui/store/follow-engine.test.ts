import { DecreeError, type Engine, type Event } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { createMemoryEngine } from '../../api/memory-engine.ts';
import { eventAt, idOf, outputs, repository, run, task } from '../../api/samples.ts';
import { openStore } from './open-store.ts';
import { idle } from './test-clock.ts';

const created = (n: number, id = idOf(5000 + n)): Partial<Event> => ({
  ...{ type: 'task.created', taskId: id, runId: null },
  payload: { kind: 'implement', title: `Task ${n}`, issue: 100 + n, specs: [] },
});
const told = (type: string, payload: object, more: object = {}) =>
  ({ type, payload, taskId: null, runId: null, ...more }) as never;

describe('the store over an engine', () => {
  it('is loading until the first snapshot, then live with all that is open', async () => {
    const { tui, clock } = openStore();
    expect(tui.store.getState().connection.status).toBe('loading');
    await clock.pass(0);
    const { connection, world, health } = tui.store.getState();
    expect(connection).toEqual({ status: 'live', message: null, lagMs: null });
    expect(world.tasks[task.id]).toEqual(task);
    expect(health?.settings.maxAgents).toBe(4);
  });

  it('folds what comes, many events in one step, and says how late they are', async () => {
    const { tui, clock, memory } = openStore();
    await clock.pass(0);
    let steps = 0;
    tui.store.subscribe((state, before) => {
      if (state.world !== before.world) steps += 1;
    });
    const nowMs = clock.nowMs();
    const occurredAt = new Date(nowMs - 40).toISOString();
    memory.append(Array.from({ length: 100 }, (_, n) => eventAt(n, { ...created(n), occurredAt } as never)));
    await clock.pass(100);
    expect(Object.keys(tui.store.getState().world.tasks)).toHaveLength(101);
    expect(steps).toBe(1);
    expect(tui.store.getState().connection.lagMs).toBe(40);
  });

  it('says that the engine is lost, keeps what it knows, and reads on where it stopped', async () => {
    const { tui, clock, memory, breakOff } = openBreakable();
    await clock.pass(0);
    memory.append([eventAt(1, created(1) as never)]);
    await clock.pass(20);
    breakOff(true);
    await clock.pass(6_000);
    expect(tui.store.getState().connection).toMatchObject({ status: 'lost', message: 'the engine is away' });
    expect(Object.keys(tui.store.getState().world.tasks)).toHaveLength(2);
    memory.append([eventAt(2, created(2) as never)]);
    const snapshots = () => memory.asked.filter(({ name }) => name === 'snapshot').length;
    const before = snapshots();
    breakOff(false);
    await clock.pass(6_000);
    expect(tui.store.getState().connection).toMatchObject({ status: 'live', message: null });
    expect(Object.keys(tui.store.getState().world.tasks)).toHaveLength(3);
    expect(snapshots()).toBe(before);
  });

  it('calls an engine lost that does not answer at all', async () => {
    const { tui, clock, breakOff } = openBreakable();
    await clock.pass(0);
    breakOff('silent');
    await clock.pass(16_000);
    expect(tui.store.getState().connection).toMatchObject({
      status: 'lost',
      message: 'the engine has not answered for 10 seconds',
    });
  });

  it('stays in loading and says why when there is no engine at the beginning', async () => {
    const { tui, clock, breakOff } = openBreakable(true);
    await clock.pass(1_000);
    expect(tui.store.getState().connection).toMatchObject({ status: 'loading', message: 'the engine is away' });
    breakOff(false);
    await clock.pass(10_000);
    expect(tui.store.getState().connection.status).toBe('live');
  });

  it('says that the engine has stopped when it said so, whatever fails afterwards', async () => {
    const { tui, clock, memory, breakOff } = openBreakable();
    await clock.pass(0);
    memory.append([eventAt(1, told('system.engine_stopped', { reason: 'a person stopped it' }))]);
    await clock.pass(20);
    breakOff(true);
    await clock.pass(10_000);
    expect(tui.store.getState().connection).toMatchObject({
      status: 'stopped',
      message: 'the engine has stopped: a person stopped it',
    });
    breakOff(false);
    memory.append([
      eventAt(2, told('system.engine_started', { version: '1', pid: 1, defaultBranch: 'main' }, { repositoryId: repository.id })),
    ]);
    await clock.pass(10_000);
    expect(tui.store.getState().connection).toMatchObject({ status: 'live', message: null });
  });

  it('takes a new snapshot when an event is about something that it left out', async () => {
    const { tui, clock, memory } = openStore();
    await clock.pass(0);
    const strange = { ...task, id: idOf(77), title: 'Opened again' };
    memory.answer.snapshot = { ...outputs.snapshot, tasks: [task, strange], cursor: '1' };
    memory.append([eventAt(1, { type: 'task.reopened', taskId: strange.id, runId: null, payload: {} } as never)]);
    await clock.pass(1_000);
    expect(tui.store.getState().world.tasks[strange.id]?.title).toBe('Opened again');
    expect(memory.asked.filter(({ name }) => name === 'snapshot')).toHaveLength(2);
  });

  it('takes a new snapshot from an engine that does not know its cursor', async () => {
    const { tui, clock, memory, breakOff } = openBreakable();
    await clock.pass(0);
    memory.append([eventAt(1, created(1) as never)]);
    await clock.pass(20);
    breakOff(new DecreeError('invalid', 'expected a cursor of this ledger'));
    await clock.pass(6_000);
    breakOff(false);
    memory.answer.snapshot = { ...outputs.snapshot, tasks: [], runs: [], cursor: null };
    await clock.pass(10_000);
    expect(memory.asked.filter(({ name }) => name === 'snapshot')).toHaveLength(2);
    expect(tui.store.getState().connection.status).toBe('live');
  });

  it('stays as small as what is open over eight hours of work', async () => {
    const { tui, clock, memory } = openStore();
    await clock.pass(0);
    for (let minute = 0, n = 0; minute < 480; minute += 10) {
      const events = Array.from({ length: 20 }, () => {
        const id = idOf(10_000 + n);
        n += 2;
        return [
          eventAt(n, created(n, id) as never),
          eventAt(n + 1, { type: 'task.closed', taskId: id, runId: null, payload: { code: 'merged' } } as never),
        ];
      }).flat();
      memory.append(events);
      await clock.pass(10 * 60_000, 1);
    }
    memory.append([eventAt(99_999, created(99_999) as never)]);
    await clock.pass(1_000);
    const { world } = tui.store.getState();
    expect(Object.keys(world.tasks).length).toBeLessThan(30);
    expect(world.runs[run.id]).toBeDefined();
  });

  it('changes nothing while nothing happens and nothing is live', async () => {
    const { tui, clock, memory } = openStore({ start: false });
    memory.answer.snapshot = { ...outputs.snapshot, cursor: null, runs: [], approvals: [] };
    const ending = new AbortController();
    tui.start(ending.signal);
    await clock.pass(2_000);
    let changes = 0;
    tui.store.subscribe(() => {
      changes += 1;
    });
    await clock.pass(60_000);
    expect(changes).toBe(0);
    ending.abort();
  });

  it('lets the time go on once a second while an agent works', async () => {
    const { tui, clock } = openStore();
    await clock.pass(1_500);
    const before = tui.store.getState().nowMs;
    await clock.pass(3_000);
    expect(tui.store.getState().nowMs - before).toBe(3_000);
    expect(tui.store.getState().nowMs % 1_000).toBe(0);
  });

  it('leaves nothing behind: no follower, no sleeper', async () => {
    const { tui, clock, memory } = openStore();
    await clock.pass(2_000);
    expect(memory.followers()).toBe(1);
    await tui.dispose();
    await idle();
    expect(memory.followers()).toBe(0);
    expect(clock.sleeping()).toBe(0);
  });
});

/** An engine that can be taken away: it fails, or is silent, and its followers end. */
function openBreakable(from: boolean = false) {
  const inner = createMemoryEngine();
  let broken: boolean | 'silent' | DecreeError = from;
  let breaking = new AbortController();
  const guard = () => {
    if (broken === false) return;
    throw broken instanceof DecreeError ? broken : new DecreeError('unavailable', 'the engine is away');
  };
  const engine: Engine = {
    ...inner.engine,
    query: (name, input) => {
      if (broken === 'silent') return new Promise(() => undefined);
      return broken
        ? Promise.reject(broken instanceof DecreeError ? broken : new DecreeError('unavailable', 'the engine is away'))
        : inner.engine.query(name, input);
    },
    events: {
      async *follow(options, signal) {
        guard();
        const mine = breaking;
        yield* inner.engine.events.follow(options, AbortSignal.any([signal, mine.signal]));
        if (mine.signal.aborted) guard();
      },
    },
  };
  const opened = openStore({ engine });
  inner.answer.snapshot = { ...outputs.snapshot, cursor: null };
  return {
    ...opened,
    memory: inner,
    breakOff(how: typeof broken) {
      broken = how;
      if (how !== false && how !== 'silent') breaking.abort();
      else if (how === false) breaking = new AbortController();
    },
  };
}
