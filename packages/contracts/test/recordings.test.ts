import { describe, expect, it } from 'vitest';
import { namesIn } from '../scripts/generated.ts';
import { type Event, emptyState, eventTypes, fold, parseNewEvent, readStoredEvent } from '../src/index.ts';
import { asRecorded, digestOf, recordedEvents, recordedState, recordings, recordingsDirectory } from './recordings.ts';

/** Added to when a recording is added. An entry is never changed: make a new recording instead. */
const frozen: Record<string, string> = {
  'approval-denied.jsonl': 'a9bc287e8f2d5798edfb9699551bb9127ab46b337c8c6c0f5de96f45e9846c6c',
  'approval-denied.state.json': '1e6ae675e93cbd0b1bf65cc1deeaf266819989995dc7d92840d90f95f8a0b767',
  'cancel.jsonl': 'd935e95751c29183353844626097387513f53fe7c9671bc53357dc01edb9faa2',
  'cancel.state.json': '2b2e445b64cd444c6df1a8bc19e20ca1ee3b721b80127fb6d4e3e4f1ff625881',
  'crash-requeue.jsonl': '88d8c236a9c108e57b90498027865b8429ef0c42bb90092df767070b24084950',
  'crash-requeue.state.json': '99f0c5028ce5cddd2379f2efdd8cb793698cc4301afb4624fbbacd15595da89a',
  'pause.jsonl': '6749a71310dc781c89e9496dbb2948aae9dfd73b00bf8f4edb81c7df898d4588',
  'pause.state.json': '609b758d5355b011a812324965a00660d5416d45434b6e84f01d13f5e24d4ebc',
  'restart.jsonl': '978139a3270b29b8e4341b337aa873acd1a6cbc380dc592cb5d08c871f8bbad4',
  'restart.state.json': '5df75ed2c755d5e5fd98f60d61d4fc583422245453db62295ce2669fab44202e',
  'story.jsonl': '2c84b28c776fae95400dd8a4400e40c44ed3fc554ecc3bca444d5e89790574fb',
  'story.state.json': 'fad00717b015a61025b80fd75aaf50caf0345e0e6166a3c7e9e802f2bc385336',
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
    expect(asRecorded(name, replay(recordedEvents(name)))).toEqual(recordedState(name));
  });

  it.each(recordings)('%s means the same with fields, types and versions that this code does not know in between', (name) => {
    const later = recordedEvents(name).flatMap((event): unknown[] => [
      { ...event, region: 'eu', payload: { ...event.payload, addedLater: { by: 'v1.7' } } },
      { ...event, type: 'task.teleported', payload: { to: 'the moon' } },
      { ...event, schemaVersion: 2, payload: null },
    ]);
    expect(asRecorded(name, withoutAddedLater(replay(later)))).toEqual(recordedState(name));
  });

  it.each(recordings)('%s can be cut anywhere: what was folded so far and the rest give the same', (name) => {
    const events = recordedEvents(name);
    for (let cut = 0; cut <= events.length; cut += 7) {
      const begun = JSON.parse(JSON.stringify(replay(events.slice(0, cut))));
      expect(asRecorded(name, events.slice(cut).reduce(fold, begun))).toEqual(recordedState(name));
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
