import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Approval,
  approvalCan,
  approvalStates,
  approvalTransitions,
  type Event,
  emptyState,
  fold,
  isLive,
  isTransition,
  liveStates,
  nextRunState,
  type Run,
  type RunState,
  runCan,
  runStates,
  runTransitions,
  type State,
  transitionTypes,
} from '../src/index.ts';
import { eventHistories } from './arbitrary-events.ts';
import { recordedEvents, recordedState, recordings } from './recordings.ts';

const ended = runStates.filter((state) => !(liveStates as readonly RunState[]).includes(state));
const runIn = (state: RunState): Run => ({ ...Object.values(recordedState('story').runs)[0], state }) as Run;
const approvalIn = (state: Approval['state']): Approval =>
  ({ ...Object.values(recordedState('story').approvals)[0], state }) as Approval;

/** Each event of a history with the rows before and after it. */
function eachStep(events: readonly Event[], look: (event: Event, before: State, after: State) => void): void {
  events.reduce((before, event) => {
    const after = fold(before, event);
    look(event, before, after);
    return after;
  }, emptyState());
}

describe('the transition table of runs', () => {
  it.each(runStates.flatMap((state) => transitionTypes.map((type) => [state, type] as const)))(
    'says what %s becomes by %s, and nextRunState says the same',
    (state, type) => {
      expect(nextRunState(state, type)).toBe((runTransitions[state] as Record<string, RunState>)[type] ?? null);
    },
  );

  it('names only events that move a run, and each of them somewhere', () => {
    const named = new Set(runStates.flatMap((state) => Object.keys(runTransitions[state])));
    expect([...named].sort()).toEqual([...transitionTypes].sort());
    expect([...named].every(isTransition)).toBe(true);
    expect(isTransition('run.queued')).toBe(false);
  });

  it('has no way out of an end, and a way to an end from everywhere else', () => {
    for (const state of ended) expect(runTransitions[state]).toEqual({});
    for (const state of liveStates)
      expect(Object.values(runTransitions[state])).toEqual(expect.arrayContaining(['failure', 'canceled']));
  });

  it('holds for every step of any history', () => {
    fc.assert(
      fc.property(eventHistories, (events) =>
        eachStep(events, (event, before, after) => {
          for (const [id, run] of Object.entries(after.runs)) {
            const was = before.runs[id];
            if (!was) expect([event.type, run.state]).toEqual(['run.queued', 'queued']);
            else if (was.state !== run.state) expect(nextRunState(was.state, event.type as never)).toBe(run.state);
          }
        }),
      ),
      { numRuns: 200 },
    );
  });
});

describe('what can be done to a run', () => {
  it.each(runStates)(
    '%s: is live, can be canceled, told something, or tried again, or the reason why not names the state',
    (state) => {
      const run = runIn(state);
      const live = !ended.includes(state);
      expect(isLive(run)).toBe(live);
      const allowed = { cancel: live, say: state === 'running', retry: !live };
      for (const [what, may] of Object.entries(allowed)) {
        const reason = runCan[what as keyof typeof runCan](run);
        if (may) expect(reason).toBeNull();
        else expect(reason).toContain(state);
      }
    },
  );
});

describe('the transition table of approvals', () => {
  it('lets a person decide only what is pending', () => {
    for (const state of approvalStates) {
      expect(approvalCan.decide(approvalIn(state)) === null).toBe(state === 'pending');
      expect(approvalTransitions[state].includes('approved')).toBe(state === 'pending');
    }
  });

  it('lets nothing but an approved one be used, once', () => {
    expect(approvalStates.filter((state) => approvalTransitions[state].includes('consumed'))).toEqual(['approved']);
    expect(approvalTransitions.consumed).toEqual([]);
  });

  it('holds for every step of any history', () => {
    fc.assert(
      fc.property(eventHistories, (events) =>
        eachStep(events, (_event, before, after) => {
          for (const [id, { state }] of Object.entries(after.approvals)) {
            const was = before.approvals[id]?.state;
            if (was !== undefined && was !== state) expect(approvalTransitions[was]).toContain(state);
          }
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('keeps a used approval used, and a denied one denied, whatever is said of them again', () => {
    for (const name of recordings) {
      const before = recordedState(name);
      const again = recordedEvents(name).filter(({ type }) => type.startsWith('policy.approval_'));
      expect(again.reduce(fold, before).approvals).toEqual(before.approvals);
    }
  });
});

describe('what comes twice', () => {
  it('a task that is created again, and a run that is queued again, stay as they are', () => {
    for (const name of recordings) {
      const before = recordedState(name);
      const again = recordedEvents(name).filter(({ type }) => type === 'task.created' || type === 'run.queued');
      expect(again.reduce(fold, before)).toEqual(before);
    }
  });

  it('an answer to an effect that nobody began leaves no row, also under the name of what every object has', () => {
    const finished = recordedEvents('story').find(({ type }) => type === 'system.effect_finished') as Event;
    for (const key of ['unknown', 'constructor', 'toString']) {
      const event = { ...finished, payload: { ...finished.payload, key } } as Event;
      expect(Object.keys(fold(emptyState(), event).effects)).toEqual([]);
    }
  });
});
