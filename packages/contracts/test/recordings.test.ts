import { describe, expect, it } from 'vitest';
import { namesIn } from '../scripts/generated.ts';
import { type Event, emptyState, eventTypes, fold, parseNewEvent, readStoredEvent } from '../src/index.ts';
import { asRecorded, digestOf, recordedEvents, recordedState, recordings, recordingsDirectory } from './recordings.ts';

/** Added to when a recording is added. An entry is never changed: make a new recording instead. */
const frozen: Record<string, string> = {
  'approval-denied.jsonl': '49e3826870fc85d6f7620bef5f9cfb8f91a9dfcda3f48775f82a44bf779c1e8b',
  'approval-denied.state.json': 'ae2dd0623921694b0c19c6f6e8c953d7cdd97c3dc6b84880b246035b5d05932d',
  'cancel.jsonl': 'd935e95751c29183353844626097387513f53fe7c9671bc53357dc01edb9faa2',
  'cancel.state.json': '60f4c99c33b7d8d2d9517a1bdb92e99049cef9c1d82a33528210d4907336e059',
  'crash-requeue.jsonl': '474202db6f44d63de3d0da30e75ac4088e50631e93d07ea55e5dc137a8e5beec',
  'crash-requeue.state.json': '2ebe48d4fb308ecd19615c4c480082e2d550f81f3ef446528a7c93a9cf16f5d5',
  'pause.jsonl': '6749a71310dc781c89e9496dbb2948aae9dfd73b00bf8f4edb81c7df898d4588',
  'pause.state.json': '71f09941fb0f840ec76b43194632268901b5a41f1a926554e994e51867263e30',
  'restart.jsonl': '297fad4a764664069b1b12b30530b545c6ae41e374f26083a0e0d165bf028b55',
  'restart.state.json': 'ca3e711821c3969cc7b1c0ff5b5d073346e793e1cba2573fb6c2e025dee8ec8b',
  'story.jsonl': '2c84b28c776fae95400dd8a4400e40c44ed3fc554ecc3bca444d5e89790574fb',
  'story.state.json': 'fa6d086904bcc1a1f584a49bc0938bd6b9ee80752f4886234cd054eab0b61a28',
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
