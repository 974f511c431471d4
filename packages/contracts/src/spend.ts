import { z } from 'zod';
import { RepositoryId } from './ids.ts';
import { Role } from './policy.ts';
import { Usage } from './run.ts';

/** A day in UTC, `2026-02-08`. */
export const Day = z.iso.date();
export type Day = z.infer<typeof Day>;

/** What one role spent on one model in one day: added up from `run.used` as it is written, so that no list is ever read for a sum. */
export const Spend = z.object({
  repositoryId: RepositoryId,
  /** By the time of the event, in UTC. */
  day: Day,
  role: Role,
  model: z.string(),
  usage: Usage,
});
export type Spend = z.infer<typeof Spend>;

/** How many days of spend a snapshot carries, today among them. */
export const snapshotSpendDays = 7;

/** The day of a timestamp, in UTC. */
export const dayOf = (timestamp: string): Day => timestamp.slice(0, 10);

/** The first of the days that a snapshot at this time carries. */
export function firstSpendDay(now: string): Day {
  const day = new Date(`${dayOf(now)}T00:00:00.000Z`);
  day.setUTCDate(day.getUTCDate() - snapshotSpendDays + 1);
  return dayOf(day.toISOString());
}

/** The key of a row of spend: `owner/name:2026-02-08:implementor:claude-sonnet-4-5`. */
export const spendKey = (repositoryId: string, day: Day, role: Role, model: string): string =>
  `${repositoryId}:${day}:${role}:${model}`;
