import type { Repository } from '@decree/contracts';
import type { Ledger } from '../ledger/port.ts';

type Pause = NonNullable<Repository['dispatchPaused']>;

/** Whether a person said that no agent is to be started; kept up to date from the ledger, so that looking costs nothing. */
export interface DispatchPause {
  /** Null: agents are started. */
  now(): Pause | null;
  /** Reads what was said before this engine; to be awaited before anything is claimed. */
  start(): Promise<void>;
  stop(): void;
}

export function createDispatchPause({ ledger, repositoryId }: { ledger: Ledger; repositoryId: string }): DispatchPause {
  let pause: Pause | null = null;
  let unsubscribe: (() => void) | null = null;
  return {
    now: () => pause,
    async start() {
      let told = false;
      unsubscribe = ledger.subscribe((events) => {
        for (const event of events) {
          if (event.repositoryId !== repositoryId) continue;
          if (event.type === 'system.dispatch_paused')
            pause = { at: event.occurredAt, by: event.actor, reason: event.payload.reason };
          else if (event.type === 'system.dispatch_resumed') pause = null;
          else continue;
          told = true;
        }
      });
      const repository = await ledger.get('repositories', repositoryId);
      // What was heard meanwhile is newer than what was read.
      if (!told) pause = repository?.dispatchPaused ?? null;
    },
    stop: () => unsubscribe?.(),
  };
}

/** In words: since when, by whom and why. */
export const describePause = ({ by, reason }: Pause): string =>
  `dispatching is paused by ${by.id}${reason ? ` (${reason})` : ''}; it waits in the queue until it is resumed`;
