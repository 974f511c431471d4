import { expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { announce } from '../../src/tui/announce.ts';
import type { TuiState } from '../../src/tui/store/state.ts';
import { at, idOf, sampleApproval, sampleTask, worldOf } from './model/sample-world.ts';
import { stateOf } from './screens/sample-state.ts';

const failure = { runId: idOf(504), code: 'agent_crashed' as const, message: 'it fell over', at: at(20) };

it('tells once of each thing that begins to wait while the person looks, and of nothing that waited before', () => {
  const known = sampleApproval(1);
  const store = createStore<TuiState>(() => stateOf(worldOf({ tasks: [sampleTask(1)], approvals: [known] })));
  const told: string[] = [];
  const end = announce(store, ({ body }) => void told.push(body));
  expect(told).toEqual([]);

  const asked = sampleApproval(2, { id: idOf(902) });
  const both = [known, asked];
  store.setState({ world: worldOf({ tasks: [sampleTask(1)], approvals: both }) });
  expect(told).toEqual([`the implementor asks: ${asked.action.summary}`]);
  // Anything else that changes, and the same again, is no news.
  store.setState({ world: worldOf({ tasks: [sampleTask(1), sampleTask(3)], approvals: both }) });
  store.setState({ connection: { status: 'lost', message: 'gone', lagMs: null } });
  store.setState({ connection: { status: 'live', message: null, lagMs: 1 } });
  expect(told).toHaveLength(1);

  const failed = sampleTask(4, { lastFailure: failure as never });
  store.setState({ world: worldOf({ tasks: [sampleTask(1), failed], approvals: both }) });
  expect(told.slice(1)).toEqual(['#4 Task 4: it fell over']);
  store.setState({ world: worldOf({ tasks: [sampleTask(1), { ...failed, title: 'Another' }], approvals: both }) });
  expect(told).toHaveLength(2);

  end();
  store.setState({ world: worldOf({ approvals: [...both, sampleApproval(5, { id: idOf(905) })] }) });
  expect(told).toHaveLength(2);
});

it('says nothing of what the first snapshot brings', () => {
  const store = createStore<TuiState>(() =>
    stateOf(worldOf({}), { connection: { status: 'loading', message: null, lagMs: null } }),
  );
  const told: unknown[] = [];
  announce(store, (notification) => void told.push(notification));
  store.setState({ world: worldOf({ tasks: [sampleTask(1)], approvals: [sampleApproval(1)] }) });
  store.setState({ connection: { status: 'live', message: null, lagMs: null } });
  expect(told).toEqual([]);
});
