import { describe, expect, it } from 'vitest';
import { whatBecameOf } from '../../../src/tui/actions/gone.ts';
import { plannerIdentity } from '../../../src/tui/model/task-entries.ts';
import { createScreens } from '../../../src/tui/screens/index.ts';
import type { TuiState } from '../../../src/tui/store/state.ts';
import { at, idOf, repositoryId, sampleRepository, sampleRun, sampleTask, worldOf } from '../model/sample-world.ts';
import { keyOf, stateOf } from '../screens/sample-state.ts';

const screen = createScreens(keyOf).tasks;
const plan = (change = {}) => sampleTask(9, { kind: 'plan', issue: null, title: 'Plan two specs', seen: null, ...change });
const became = (state: TuiState, identity: string) => whatBecameOf(state, identity, screen.sections(state, 60));

describe('a selected row that is no longer there', () => {
  it('says how the Planner has ended', () => {
    const run = sampleRun('success', 9, { role: 'planner', issue: null, summary: 'planned 3 tasks' });
    const state = stateOf(worldOf({ tasks: [plan({ closedAt: at(25) }), sampleTask(1)], runs: [run] }));
    expect(became(state, idOf(9))).toEqual({ successor: null, said: 'the Planner has ended: planned 3 tasks' });
  });

  it('goes on as the row of the Planner that failed, and back when it works again', () => {
    const failing = sampleRepository({ planFailure: { key: 'docs/specs/a.md', count: 2, nextTryAt: null } });
    const failed = sampleRun('failure', 9, { role: 'planner', issue: null });
    const ended = stateOf(worldOf({ tasks: [plan()], runs: [failed], repositories: [failing] }));
    expect(became(ended, idOf(9))).toEqual({ successor: plannerIdentity(repositoryId), said: null });
    const working = stateOf(
      worldOf({ tasks: [plan()], runs: [sampleRun('running', 9, { role: 'planner', issue: null })], repositories: [failing] }),
    );
    expect(became(working, plannerIdentity(repositoryId))).toEqual({ successor: idOf(9), said: null });
  });

  it('says that the filter hides it, and what it is now', () => {
    const state = stateOf(worldOf({ tasks: [sampleTask(1)], runs: [sampleRun('running', 1)] }));
    const filtered = { ...state, lists: { ...state.lists, tasks: { ...state.lists.tasks, filter: 'status:dispatch' } } };
    expect(became(filtered, idOf(1)).said).toBe('#1 is WIP(1) now, which the filter hides');
  });
});
