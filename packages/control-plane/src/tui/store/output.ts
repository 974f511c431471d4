import type { Id, TranscriptEntry } from '@decree/contracts';

/** What a session has said so far, bounded: the oldest goes first. */
export interface SessionOutput {
  /** Moves with every change: what was drawn at the same version need not be drawn again. */
  readonly version: number;
  /** Number of the first entry that is kept, counted from where reading began: what was read back from there is below 0. */
  readonly first: number;
  /** What stands before that: nothing; some that can be read; it is being read; more than is kept here. */
  readonly earlier: 'none' | 'some' | 'reading' | 'not kept';
  readonly entries: readonly TranscriptEntry[];
  /** True when the session has ended and all of it is here. */
  readonly ended: boolean;
  /** Why it cannot be read; null while it can. */
  readonly message: string | null;
}

/** Gives what is there of a session's output; asking for it is not watching it. */
export type OutputReader = (sessionId: Id) => SessionOutput | undefined;
