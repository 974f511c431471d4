import { z } from 'zod';
import { Cursor, type Id, Timestamp } from './ids.ts';

/** What an agent said and did, in the order it came. Secrets are redacted before an entry is stored. */
export const TranscriptEntry = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('text'),
    at: Timestamp,
    text: z.string(),
    subagent: z.string().optional(),
  }),
  z.object({ kind: z.literal('thinking'), at: Timestamp, text: z.string() }),
  z.object({
    kind: z.literal('tool_requested'),
    at: Timestamp,
    toolCallId: z.string(),
    tool: z.string(),
    input: z.unknown(),
    subagent: z.string().optional(),
  }),
  z.object({
    kind: z.literal('tool_completed'),
    at: Timestamp,
    toolCallId: z.string(),
    isError: z.boolean(),
    output: z.string(),
  }),
  z.object({
    kind: z.literal('decision'),
    at: Timestamp,
    toolCallId: z.string(),
    /** A policy’s outcome, or `defer` for a call that was put off. */
    outcome: z.enum(['allow', 'deny', 'defer']),
    reason: z.string(),
  }),
  /** What a person told the agent. */
  z.object({
    kind: z.literal('told'),
    at: Timestamp,
    by: z.string(),
    text: z.string(),
  }),
  z.object({
    kind: z.literal('notice'),
    at: Timestamp,
    level: z.enum(['info', 'warning', 'error']),
    text: z.string(),
  }),
]);
export type TranscriptEntry = z.infer<typeof TranscriptEntry>;

/** Some entries, and the place from which to read on: there is one even after the last page. */
export const StreamPage = z.object({
  entries: z.array(TranscriptEntry),
  /** Read on from here, with `after`. */
  next: Cursor,
  /** Of a page read backwards: given as `before`, it gives the page that comes before this one. Absent when there is none. */
  previous: Cursor.optional(),
  /** True when the session has ended and this was all. */
  ended: z.boolean(),
});
export type StreamPage = z.infer<typeof StreamPage>;

/** What agents say, by session id, live and afterwards. A transcript, never rows of the event table. */
export interface StreamAccessor {
  /**
   * Up to `limit` (default 500, at most 5000) entries, oldest first: after the cursor `after`, or the last ones before the cursor
   * `before`, or with `newest`, where no cursor is given, the last of all; else the first. A page may hold fewer when entries are
   * long. `not_found` for an unknown session, `invalid` when both cursors are given.
   */
  read(input: {
    sessionId: Id;
    after?: Cursor | undefined;
    before?: Cursor | undefined;
    newest?: boolean | undefined;
    limit?: number | undefined;
  }): Promise<StreamPage>;
  /** The same, then whatever comes, until the session ends or the signal aborts. Memory is bounded: a slow reader reads from the file. */
  follow(input: { sessionId: Id; after?: Cursor | undefined }, signal: AbortSignal): AsyncIterable<StreamPage>;
}
