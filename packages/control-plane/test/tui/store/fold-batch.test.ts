import { readFileSync } from 'node:fs';
import { type Event, emptyState, fold, type State } from '@decree/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldBatch, prune } from '../../../src/tui/store/fold-batch.ts';
import { run, task } from '../../api/samples.ts';

const recordings = ['story', 'approval-denied', 'cancel', 'crash-requeue', 'restart'].map((name) => {
  const file = new URL(`../../../../contracts/recordings/v1/${name}.jsonl`, import.meta.url);
  const events: Event[] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { name, events };
});

describe('folding many events at once', () => {
  it.each(recordings)('means the same as one after the other, however $name is cut', ({ events }) => {
    const expected = events.reduce<State>(fold, emptyState());
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        let state = emptyState();
        for (let at = 0, turn = 0; at < events.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          state = foldOver(state, events.slice(at, at + size));
          at += size;
        }
        expect(state).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves collections that nothing changed the same objects', () => {
    const state: State = { ...emptyState(), tasks: { [task.id]: task }, runs: { [run.id]: run } };
    const told = { type: 'task.closed', taskId: task.id, runId: null, occurredAt: run.queuedAt, payload: { code: 'closed' } };
    const { state: next } = foldBatch(state, [told as unknown as Event]);
    expect(next.tasks[task.id]?.closedAt).toBe(run.queuedAt);
    expect(next.runs).toBe(state.runs);
  });

  it('stops at an event about something that it does not know', () => {
    const about = { taskId: task.id, runId: run.id, repositoryId: task.repositoryId, occurredAt: run.queuedAt };
    const bill = { ...about, type: 'run.used', payload: { model: 'sonnet', usage: run.usage } } as unknown as Event;
    expect(foldBatch(emptyState(), [bill])).toEqual({ state: emptyState(), stoppedAt: bill });
  });
});

/** A history from its beginning has everything in it: `needsSnapshot` is for those that began as a snapshot. */
function foldOver(state: State, events: readonly Event[]): State {
  const { state: next, stoppedAt } = foldBatch(state, events);
  if (!stoppedAt) return next;
  const at = events.indexOf(stoppedAt);
  return foldOver(fold(next, stoppedAt), events.slice(at + 1));
}

describe('letting go', () => {
  it('keeps open tasks and what is looked at, and drops the rest', () => {
    const closed = { ...task, activeRunId: null, closedAt: run.queuedAt };
    const ended = { ...run, state: 'success', endedAt: run.queuedAt, summary: '' } as typeof run;
    const state: State = { ...emptyState(), tasks: { [task.id]: closed }, runs: { [run.id]: ended } };
    const none = { tasks: new Set<string>(), runs: new Set<string>() };
    expect(prune(state, '2026-01-01', none)).toMatchObject({ tasks: {}, runs: {} });
    const kept = prune(state, '2026-01-01', { tasks: new Set([task.id]), runs: new Set([run.id]) });
    expect(kept).toBe(state);
  });
});
