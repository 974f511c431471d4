import { z } from 'zod';

/**
 * UUIDv7 (RFC 9562, section 5.7) in lower case, so that the same id is always the same text: the id of an event, task, run,
 * approval, artifact, session or command. Sorts by creation time.
 */
export const Id = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'expected a UUIDv7 in lower case');
export type Id = z.infer<typeof Id>;

/** What people call an id by: its last eight digits. UUIDv7 begin alike when they were made at one time, and differ at their end. */
export const shortId = (id: Id): string => id.slice(-8);

/** `owner/name`, as the forge spells it. */
export const RepositoryId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\/(?!\.{1,2}$)[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$/, 'expected owner/name');
export type RepositoryId = z.infer<typeof RepositoryId>;

/** ISO 8601 in UTC with milliseconds, e.g. `2026-02-08T09:00:00.000Z`: text order is time order. */
export const Timestamp = z.iso.datetime({ precision: 3 });
export type Timestamp = z.infer<typeof Timestamp>;

/** A commit, tree or blob name: 40 (SHA-1) or 64 (SHA-256) hex digits. */
export const ObjectId = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
export type ObjectId = z.infer<typeof ObjectId>;

/** SHA-256 in lower-case hex, 64 digits. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/);
export type Digest = z.infer<typeof Digest>;

/**
 * A place in an ordered list, opaque to clients: it is only ever handed back. Who has read up to it never misses a later
 * arrival before it.
 */
export const Cursor = z.string().min(1).max(200);
export type Cursor = z.infer<typeof Cursor>;

/** Who caused something: the engine itself, an agent's run, or a person. `id` is a component, an agent's name or a login. */
export const Actor = z.object({
  type: z.enum(['system', 'agent', 'user']),
  id: z.string().min(1).max(200),
});
export type Actor = z.infer<typeof Actor>;

/** A page of a list, by keyset. `next` is absent on the last page. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: Cursor.optional() });
/** The same as a type. */
export interface Page<T> {
  items: T[];
  next?: Cursor | undefined;
}
