import type { Id, TranscriptEntry } from '@decree/contracts';

/** What a session has said so far, bounded: the oldest goes first. */
export interface SessionOutput {
  /** Moves with every change: what was drawn at the same version need not be drawn again. */
  readonly version: number;
  /** How many entries went before the first that is kept. */
  readonly dropped: number;
  readonly entries: readonly TranscriptEntry[];
  /** True when the session has ended and all of it is here. */
  readonly ended: boolean;
  /** Why it cannot be read; null while it can. */
  readonly message: string | null;
}

/** Gives what is there of a session's output; asking for it is not watching it. */
export type OutputReader = (sessionId: Id) => SessionOutput | undefined;
