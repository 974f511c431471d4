import { describe, expect, it } from 'vitest';
import { namesIn } from '../scripts/generated.ts';
import { type Event, emptyState, eventTypes, fold, parseNewEvent, readStoredEvent } from '../src/index.ts';
import { asRecorded, digestOf, recordedEvents, recordedState, recordings, recordingsDirectory } from './recordings.ts';

/** Added to when a recording is added. An entry is never changed: make a new recording instead. */
const frozen: Record<string, string> = {
  'approval-denied.jsonl': 'ee75bd2383eb0f48fdfeaf164ac03a10b37be2fbb360850da1a2c23c1a9ad3ce',
  'approval-denied.state.json': '3defbc300ee4df106233eda57edd32aaaa204c330dda1b35d9f84a55561edd4b',
  'cancel.jsonl': 'd935e95751c29183353844626097387513f53fe7c9671bc53357dc01edb9faa2',
  'cancel.state.json': '2b2e445b64cd444c6df1a8bc19e20ca1ee3b721b80127fb6d4e3e4f1ff625881',
  'crash-requeue.jsonl': '9ee567a9533ad10beb5f134d74580e992992dfef085f572280df05f8d9569573',
  'crash-requeue.state.json': '0456307b4f84200c89633464c20710a47d188ae8081afb842ce4bb909f6832d3',
  'pause.jsonl': '6749a71310dc781c89e9496dbb2948aae9dfd73b00bf8f4edb81c7df898d4588',
  'pause.state.json': '609b758d5355b011a812324965a00660d5416d45434b6e84f01d13f5e24d4ebc',
  'restart.jsonl': 'a56b843969fd24e228e31317367b4da87841194f2eb8713a2b1f521df61ac18f',
  'restart.state.json': '5df75ed2c755d5e5fd98f60d61d4fc583422245453db62295ce2669fab44202e',
  'story.jsonl': 'ed52c6855819e1819b298b01884dc5e7b4c28b3e82c5b6dadbd69e3f3ea83b20',
  'story.state.json': '32c509af9091bf9a7b17dc7059cacacda2539b7a937e4db71228be06e8afa23a',
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
