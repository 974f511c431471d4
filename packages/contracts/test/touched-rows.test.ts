import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  collections,
  type Event,
  emptyState,
  fold,
  parseNewEvent,
  type Row,
  type RowReference,
  type State,
  touchedRows,
} from '../src/index.ts';
import { eventHistories } from './arbitrary-events.ts';
import { recordedEvents, recordings } from './recordings.ts';

const rowsOf = (state: State, collection: RowReference['collection']): Map<string, Row> =>
  new Map(Object.entries(state[collection]));

/** What the ledger loads for some events. */
function only(state: State, touched: readonly RowReference[]): State {
  const small = emptyState();
  for (const { collection, key } of touched) {
    const row = rowsOf(state, collection).get(key);
    if (row) Object.defineProperty(small[collection], key, { value: row, enumerable: true, writable: true, configurable: true });
  }
  return small;
}

/** Folding over all rows, and over those that the events touch, changes the same rows in the same way, and no others. */
function expectCovered(before: State, events: readonly Event[]): State {
  const touched = events.flatMap(touchedRows);
  const full = events.reduce(fold, before);
  const small = events.reduce(fold, only(before, touched));
  for (const collection of collections) {
    const keys = new Set(touched.filter((one) => one.collection === collection).map(({ key }) => key));
    const [was, is, alone] = [before, full, small].map((state) => rowsOf(state, collection));
    for (const key of keys) expect(alone?.get(key), `${collection} ${key}`).toEqual(is?.get(key));
    for (const key of alone?.keys() ?? []) expect(keys, `${collection} is written, but not named`).toContain(key);
    for (const key of new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]))
      if (!keys.has(key)) expect(is?.get(key), `${collection} ${key} changed, but is not named`).toBe(was?.get(key));
  }
  return full;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

describe('for any sequence of valid events', () => {
  it('the sequences are valid, and of every type', () => {
    fc.assert(
      fc.property(eventHistories, (events) => events.every((event) => parseNewEvent(event) !== null)),
      { numRuns: 100 },
    );
  });

  it('the fold neither throws nor changes what it is given, and comes to the same again', () => {
    fc.assert(
      fc.property(eventHistories, (events) => {
        const once = events.reduce((state, event) => freeze(fold(state, freeze(event))), freeze(emptyState()));
        expect(events.reduce(fold, emptyState())).toEqual(once);
      }),
      { numRuns: 300 },
    );
  });

  it('touchedRows names every row that one event reads or writes', () => {
    fc.assert(
      fc.property(eventHistories, (events) => {
        events.reduce((state, event) => expectCovered(state, [event]), emptyState());
      }),
      { numRuns: 300 },
    );
  });

  it('touchedRows names every row that events of one commit read or write', () => {
    fc.assert(
      fc.property(eventHistories, fc.integer({ min: 2, max: 8 }), (events, size) => {
        let state = emptyState();
        for (let at = 0; at < events.length; at += size) state = expectCovered(state, events.slice(at, at + size));
      }),
      { numRuns: 200 },
    );
  });
});

describe('for what really happens', () => {
  it.each(recordings)('touchedRows names every row in the recording %s', (name) => {
    recordedEvents(name).reduce((state, event) => expectCovered(state, [event]), emptyState());
  });
});
