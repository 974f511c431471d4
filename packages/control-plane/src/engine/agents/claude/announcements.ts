import type { Clock } from '../../system/clock.ts';

export interface Announcements {
  any(): boolean;
  /** The agent has said that it will call this. */
  note(toolCallId: string): void;
  /** Resolves when the call has been noted, or when it is late. */
  heard(toolCallId: string): Promise<void>;
}

/** Late announcements cost the order of two entries in a transcript, so nobody waits long for one. */
const lateMs = 500;

/** Calls come by a callback and what the agent says about them by the message stream: this brings them into order. */
export function createAnnouncements(clock: Clock): Announcements {
  const noted = new Set<string>();
  const listeners = new Map<string, () => void>();
  return {
    any: () => noted.size > 0,
    note(toolCallId) {
      noted.add(toolCallId);
      listeners.get(toolCallId)?.();
    },
    async heard(toolCallId) {
      if (noted.has(toolCallId)) return;
      const timer = new AbortController();
      listeners.set(toolCallId, () => timer.abort());
      await clock.sleep(lateMs, { signal: timer.signal }).catch(() => undefined);
      listeners.delete(toolCallId);
    },
  };
}
