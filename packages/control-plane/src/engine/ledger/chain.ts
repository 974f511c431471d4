import { hash } from 'node:crypto';
import type { Event } from '@decree/contracts';

/** What an event is chained with. */
export const streamOf = (event: Event): string => event.taskId ?? event.repositoryId ?? 'system';

export const firstHash = '0'.repeat(64);
/** The chain is over the stored bytes: one link is the hash of the one before and the event's JSON. */
export const link = (previous: string, body: string): string => hash('sha256', previous + body);
