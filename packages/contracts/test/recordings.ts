import { createHash } from 'node:crypto';
import { readText } from '../scripts/generated.ts';
import type { Event, State } from '../src/index.ts';

export const recordingsDirectory = 'packages/contracts/recordings/v1';

/** Every recording by name: tests replay them all. */
export const recordings = ['story', 'approval-denied', 'cancel', 'crash-requeue', 'restart'] as const;
export type Recording = (typeof recordings)[number];

export const recordedEvents = (name: Recording): Event[] =>
  readText(`${recordingsDirectory}/${name}.jsonl`)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

export const recordedState = (name: Recording): State => JSON.parse(readText(`${recordingsDirectory}/${name}.state.json`));

export const digestOf = (file: string): string =>
  createHash('sha256')
    .update(readText(`${recordingsDirectory}/${file}`))
    .digest('hex');
