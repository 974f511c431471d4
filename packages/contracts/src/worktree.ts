import { z } from 'zod';
import { Id } from './ids.ts';

const count = z.number().int().nonnegative();

/** A worktree below `.worktrees/`, with what would be lost if it were deleted by hand. */
export const Worktree = z.object({
  branch: z.string(),
  /** Absolute. */
  path: z.string(),
  /** The run that it was made for; null where it was not made by Decree, or its record is lost. */
  runId: Id.nullable(),
  taskId: Id.nullable(),
  issue: z.number().int().positive().nullable(),
  /** A live run works in it, or will go on in it. */
  inUse: z.boolean(),
  /** Files of the commit that it stands on that were changed or deleted. */
  modified: count,
  /** Files that the commit does not have, staged or not; ignored ones are not counted. */
  untracked: count,
  /** Commits that the forge was not given; at most 1,000 are counted. */
  unpushedCommits: count,
  /** The hidden ref that keeps the files as they were last seen; null while none was needed. */
  salvageRef: z.string().nullable(),
});
export type Worktree = z.infer<typeof Worktree>;
