import { describe, expect, it } from 'vitest';
import { namesIn } from '../scripts/generated.ts';
import { type Event, emptyState, eventTypes, fold, parseNewEvent, readStoredEvent } from '../src/index.ts';
import { digestOf, recordedEvents, recordedState, recordings, recordingsDirectory } from './recordings.ts';

/** Added to when a recording is added. An entry is never changed: make a new recording instead. */
const frozen: Record<string, string> = {
  'approval-denied.jsonl': '6e0ddf0f81a876c5078ea4e159d40f544f8b9ba806b081ee622fc3750fc9c913',
  'approval-denied.state.json': '909eab3a7b500703f3201bc8ae1f6ba8eb5a0d62f16053bcfc85f217e4670888',
  'cancel.jsonl': '94c5a56b356939614d684f33c2ae78d2a46765bfbc2549135a35e6e4507d3d9c',
  'cancel.state.json': 'b9809cf2db37f1cf8dae0af0fc7cd998ebe8d79e187137853937a3d5da9028f4',
  'crash-requeue.jsonl': 'ba913466d53dceb0fc8b05c7588d37b87634fffe054174cfa37457c288b75f0a',
  'crash-requeue.state.json': '8a691548eb9af5a761ed71b7c99854365ee915c3c2eb351ff1bf8d285d91b948',
  'pause.jsonl': '6d9efe37d9befca51c332c393a997967ee8bfcee175499afb116bd73f2309aed',
  'pause.state.json': 'bf5248d0c22175b75a5c38a18dfe16ab9ffaf809697c083f9746e1c6906a57f3',
  'restart.jsonl': 'd412aec04da1fe02402d4d8d34b8df911c4cb44ad32f5e8fce4dd4694fbb88d4',
  'restart.state.json': '3d27a8156d67ec358edbfd342affe16a2fc772a847b2f1fabc16453b3dc72e7c',
  'story.jsonl': 'd8a7891e5449a27c0d0b15a710badff07b5c8628e6b83c2f8d0a3ebb62ea285a',
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
