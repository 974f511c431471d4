import { expect, it } from 'vitest';
import { task } from '../../api/samples.ts';
import { openControl } from './open-control.ts';

const pending = { ...task, activeRunId: null, lastRunId: null, sighting: { ...task.sighting!, status: 'pending' as const } };

it.each<[string, string, 'approved' | 'blocked' | 'in-progress' | 'pending', string[], object]>([
  ['m merges', 'm', 'approved', ['y'], { type: 'task.merge', input: { task: task.id } }],
  ['ctrl+x closes', 'ctrl+x', 'pending', ['y'], { type: 'task.close', input: { task: task.id } }],
  ['R requeues', 'R', 'in-progress', ['y'], { type: 'task.requeue', input: { task: task.id } }],
  ['t comments', 't', 'pending', ['G', 'o', 'enter'], { type: 'task.comment', input: { task: task.id, body: 'Go' } }],
  ['u unblocks', 'u', 'blocked', ['B', 'enter'], { type: 'task.unblock', input: { task: task.id, comment: 'B' } }],
  ['L labels', 'L', 'pending', ['+', 'a', 'enter'], { type: 'task.label', input: { task: task.id, add: ['a'], remove: [] } }],
])('%s what is selected, once it was confirmed', async (_, key, status, then, command) => {
  const { tui, press, show, executed } = await openControl();
  const seen = { ...pending, sighting: { ...pending.sighting!, status } };
  tui.store.setState(({ world }) => ({ world: { ...world, tasks: { [seen.id]: seen }, runs: {} } }));
  show('tasks', [seen.id]);
  press(key);
  expect(await executed()).toEqual([]);
  press(...then);
  expect(await executed()).toEqual([command]);
});

it('plan when it is asked to', async () => {
  const { press, executed } = await openControl();
  press('p', 'y');
  expect(await executed()).toEqual([{ type: 'plan.start', input: {} }]);
});
