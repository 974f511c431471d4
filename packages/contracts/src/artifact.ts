import { z } from 'zod';
import { Id, RepositoryId, Timestamp } from './ids.ts';

/**
 * What outlives a run. `salvage`: a hidden ref with the worktree as it was; `check`: a result of the project's checks, which
 * nothing records yet; the others are what the forge calls them.
 */
export const artifactKinds = [
  'issue',
  'pull_request',
  'commit',
  'review',
  'comment',
  'merge',
  'transcript',
  'salvage',
  'check',
] as const;
export type ArtifactKind = (typeof artifactKinds)[number];

/** Something that a run, or a person's command, left behind and that outlives it. */
export const Artifact = z.object({
  id: Id,
  kind: z.enum(artifactKinds),
  repositoryId: RepositoryId,
  taskId: Id.nullable(),
  runId: Id.nullable(),
  correlationId: Id,
  recordedAt: Timestamp,
  /**
   * What it is found by, as the engine writes it: `#12` of an issue, a pull request or a merge; `comment:34`, `review:34` with the
   * forge's own id; the object id of a commit, or of the one that a salvage's hidden ref names; a transcript's session id.
   */
  reference: z.string().max(500),
  title: z.string().max(500),
  url: z.string().max(2000).nullable(),
});
export type Artifact = z.infer<typeof Artifact>;
