import { createHash } from 'node:crypto';
import { readText } from '../scripts/generated.ts';
import type { Event, State } from '../src/index.ts';

export const recordingsDirectory = 'packages/contracts/recordings/v1';

/** Every recording by name: tests replay them all. */
export const recordings = ['story', 'approval-denied', 'cancel', 'crash-requeue', 'restart', 'pause'] as const;
export type Recording = (typeof recordings)[number];

export const recordedEvents = (name: Recording): Event[] =>
  readText(`${recordingsDirectory}/${name}.jsonl`)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** The rows as they were then: of the kinds of rows that there were. */
export const recordedState = (name: Recording): State => JSON.parse(readText(`${recordingsDirectory}/${name}.state.json`));

export const digestOf = (file: string): string =>
  createHash('sha256')
    .update(readText(`${recordingsDirectory}/${file}`))
    .digest('hex');

/** Just the kinds of rows that a recording's state holds: what was added later has recordings of its own. */
export const asRecorded = (name: Recording, state: State): Partial<State> =>
  Object.fromEntries(Object.keys(recordedState(name)).map((collection) => [collection, state[collection as keyof State]]));
