import { z } from 'zod';
import { Id, Timestamp } from './ids.ts';

/** A program that was run, or a write to the forge. */
export const operationKinds = ['program', 'forge'] as const;

/** One thing that the engine itself carried out: a program that it ran, or a write to the forge. Kept in memory only, secrets taken out. */
export const Operation = z.object({
  id: Id,
  /** When it began. */
  at: Timestamp,
  kind: z.enum(operationKinds),
  /** The arguments, joined to be read, or method and path. */
  summary: z.string(),
  /** Where the program ran; null for the forge. */
  directory: z.string().nullable(),
  /** The run that it was done for; null where it was done for none, or for which is not known. */
  runId: Id.nullable(),
  /** The program's exit code, or the HTTP status; null when there was no answer. */
  resultCode: z.number().int().nullable(),
  durationMs: z.number().nonnegative(),
  /** The end of what the program wrote to stderr, or of what the forge said against it; null when nothing. */
  stderrTail: z.string().nullable(),
});
export type Operation = z.infer<typeof Operation>;

/** A program that ended with 0, or an answer below 400. */
export const wentWell = ({ kind, resultCode }: Pick<Operation, 'kind' | 'resultCode'>): boolean =>
  resultCode !== null && (kind === 'program' ? resultCode === 0 : resultCode < 400);

/** How many operations an engine remembers; the older ones are forgotten. `listOperations` names the number in its sentence. */
export const rememberedOperations = 2_000;
