import { describe, expect, it } from 'vitest';
import { namesIn } from '../scripts/generated.ts';
import { type Event, emptyState, eventTypes, fold, parseNewEvent, readStoredEvent } from '../src/index.ts';
import { digestOf, recordedEvents, recordedState, recordings, recordingsDirectory } from './recordings.ts';

/** Added to when a recording is added. An entry is never changed: make a new recording instead. */
const frozen: Record<string, string> = {
  'approval-denied.jsonl': 'b762ec3859aab5896f122a2810c7a810a591b9cdb3e8d65785a31e1c9a45ab57',
  'approval-denied.state.json': 'ad9d3d2884db724893ed0a0f7ed464c2c3e350b2a31185a39892bf627ac9ab6b',
  'cancel.jsonl': 'ddbc1a4e6236902bbf1a44e84d46a5dedeac43fd0a0d802e465ec8ba9a133b22',
  'cancel.state.json': '858fee820808b5d1a8d6009a80118c8a58a3c147dd89682cf262fa80927fd1c5',
  'crash-requeue.jsonl': 'af07cd3a316724912cd02da23ad11bd889e1896063cd266dc2a17caf906702ec',
  'crash-requeue.state.json': '8a691548eb9af5a761ed71b7c99854365ee915c3c2eb351ff1bf8d285d91b948',
  'restart.jsonl': '5d202f9663d0f1981cbb107550843d47c5eb4cfeb5967c0ad834a816b7fdc5d5',
  'restart.state.json': '5313c2377929ada0f794a2dd69b8eb992a1d03a2f2fa9ccdcdeb5e90860264c8',
  'story.jsonl': '1eba320813ee9d848c7ccf9e92ed3e23c3d80779b719878f078d5a254a3791e5',
  'story.state.json': '108199d3dca7a229d6f5a16c3dfc09f30021e27a1ae43c23a15c5ce4244bd944',
};

const replay = (events: readonly unknown[]) =>
  events
    .map(readStoredEvent)
    .filter((event) => event !== null)
    .reduce(fold, emptyState());

describe('the recordings of v1', () => {
  it('are the files that were frozen, unchanged', () => {
    const names = namesIn(recordingsDirectory).filter((name) => name !== 'README.md');
    expect(Object.fromEntries(names.map((name) => [name, digestOf(name)]))).toEqual(frozen);
    expect(names).toEqual(recordings.flatMap((name) => [`${name}.jsonl`, `${name}.state.json`]).sort());
  });

  it('hold every type of event', () => {
    const recorded = new Set(recordings.flatMap(recordedEvents).map(({ type }) => type));
    expect(eventTypes.filter((type) => !recorded.has(type))).toEqual([]);
  });

  it.each(recordings)('%s is made of events that could be written today, unchanged by parsing', (name) => {
    for (const event of recordedEvents(name)) expect(parseNewEvent(event)).toEqual(event);
  });

  it.each(recordings)('%s means what it meant', (name) => {
    expect(replay(recordedEvents(name))).toEqual(recordedState(name));
  });

  it.each(recordings)('%s means the same with fields, types and versions that this code does not know in between', (name) => {
    const later = recordedEvents(name).flatMap((event): unknown[] => [
      { ...event, region: 'eu', payload: { ...event.payload, addedLater: { by: 'v1.7' } } },
      { ...event, type: 'task.teleported', payload: { to: 'the moon' } },
      { ...event, schemaVersion: 2, payload: null },
    ]);
    expect(withoutAddedLater(replay(later))).toEqual(recordedState(name));
  });

  it.each(recordings)('%s can be cut anywhere: what was folded so far and the rest give the same', (name) => {
    const events = recordedEvents(name);
    for (let cut = 0; cut <= events.length; cut += 7) {
      const begun = JSON.parse(JSON.stringify(replay(events.slice(0, cut))));
      expect(events.slice(cut).reduce(fold, begun)).toEqual(recordedState(name));
    }
  });
});

describe('reading a stored event', () => {
  const [event] = recordedEvents('story') as [Event];

  it('keeps fields that were added later', () => {
    const later = { ...event, region: 'eu', payload: { ...event.payload, addedLater: true } };
    expect(readStoredEvent(later)).toEqual(later);
  });

  it('is null for a type that is not known, also for the name of something every object has', () => {
    for (const type of ['task.teleported', 'constructor', '__proto__', 'toString'])
      expect(readStoredEvent({ ...event, type })).toBeNull();
  });

  it('is null for a later schema version: its payload may mean something else', () => {
    expect(readStoredEvent({ ...event, schemaVersion: 2 })).toBeNull();
  });

  it('does not want the optional meta', () => {
    expect(event).not.toHaveProperty('meta');
    expect(readStoredEvent(event)).toBe(event);
  });
});

/** Rows that are made by spreading a payload keep what it holds, as they should: taken out before the comparison. */
function withoutAddedLater<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (key, inner) => (key === 'addedLater' ? undefined : inner));
}
