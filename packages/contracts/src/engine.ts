import type { Command, CommandResult } from './command.ts';
import type { StoredEvent } from './event.ts';
import type { Cursor } from './ids.ts';
import type { QueryInput, QueryName, QueryOutput } from './query.ts';
import type { StreamAccessor } from './stream.ts';

/** The event emitter: every event after a cursor, in order, none lost, none twice, in batches as they are committed. */
export interface EventAccessor {
  /**
   * Begins after `after` (null: from the first event; absent: with what comes from now on) and goes on until the signal
   * aborts. A slow reader is not buffered for: it reads on from the ledger.
   */
  follow(options: { after?: Cursor | null | undefined }, signal: AbortSignal): AsyncIterable<StoredEvent[]>;
}

/**
 * The control plane's four interfaces, and its only door. A client over HTTP has the same shape, so a UI cannot tell
 * whether its engine is in the same process. All failures are DecreeError.
 */
export interface Engine {
  readonly events: EventAccessor;
  /** Resolves once the command is accepted and recorded; the same id again resolves to the same and does nothing more (after a restart of the engine: Command.id). */
  execute(command: Command): Promise<CommandResult>;
  /** Reads; changes nothing. */
  query<N extends QueryName>(name: N, input: QueryInput<N>): Promise<QueryOutput<N>>;
  readonly streams: StreamAccessor;
}
