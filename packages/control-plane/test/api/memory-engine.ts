import {
  type Command,
  type CommandResult,
  DecreeError,
  type Engine,
  type QueryName,
  queries,
  type StoredEvent,
  type StreamPage,
  type TranscriptEntry,
} from '@decree/contracts';
import { outputs } from './samples.ts';

export interface MemoryEngine {
  engine: Engine;
  /** What was asked, in order. */
  asked: { name: QueryName; input: unknown }[];
  executed: Command[];
  results: Map<string, CommandResult>;
  append(events: StoredEvent[]): void;
  say(sessionId: string, entries: TranscriptEntry[], ended?: boolean): void;
  /** The next query or command fails so. */
  fail(error: Error): void;
  answer: { [N in QueryName]?: unknown };
  /** Followers that have begun and not ended. */
  followers(): number;
  /** The largest number of events that were handed over in one batch. */
  largestBatch(): number;
}

/** A small engine in memory: enough of one to stand behind a door. Events are read by place, as from a ledger. */
export function createMemoryEngine(): MemoryEngine {
  const events: StoredEvent[] = [];
  const sessions = new Map<string, { entries: TranscriptEntry[]; ended: boolean }>();
  const waiting = new Set<() => void>();
  const failures: Error[] = [];
  let following = 0;
  let largest = 0;
  const wake = () => {
    for (const resume of [...waiting]) resume();
  };
  const change = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const done = () => {
        waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      waiting.add(done);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  const placeOf = (cursor: string | null | undefined): number => {
    if (cursor === undefined) return events.length;
    if (cursor === null) return 0;
    const index = events.findIndex((event) => event.cursor === cursor);
    if (index === -1) throw new DecreeError('invalid', `expected a cursor of this ledger, got ${cursor}`);
    return index + 1;
  };
  const throwFailure = () => {
    const failure = failures.shift();
    if (failure) throw failure;
  };
  const read = (sessionId: string, after: string | undefined, limit: number): StreamPage => {
    const session = sessions.get(sessionId);
    if (!session) throw new DecreeError('not_found', `there is no session ${sessionId}`);
    const start = Number(after ?? '0');
    const entries = session.entries.slice(start, start + limit);
    return {
      entries,
      next: String(start + entries.length),
      ended: session.ended && start + entries.length === session.entries.length,
    };
  };

  const readBack = (sessionId: string, before: string | undefined, limit: number): StreamPage => {
    const total = read(sessionId, undefined, Number.POSITIVE_INFINITY);
    const end = Number(before ?? total.next);
    const start = Math.max(0, end - limit);
    const page = { entries: total.entries.slice(start, end), next: String(end), ended: total.ended && before === undefined };
    return start === 0 ? page : { ...page, previous: String(start) };
  };

  const memory: MemoryEngine = {
    asked: [],
    executed: [],
    results: new Map(),
    answer: {},
    append(added) {
      events.push(...added);
      wake();
    },
    say(sessionId, entries, ended = false) {
      const session = sessions.get(sessionId) ?? { entries: [], ended: false };
      session.entries.push(...entries);
      session.ended ||= ended;
      sessions.set(sessionId, session);
      wake();
    },
    fail: (error) => failures.push(error),
    followers: () => following,
    largestBatch: () => largest,
    engine: {
      async query(name, input) {
        throwFailure();
        const parsed = queries[name].input.parse(input) as Record<string, unknown>;
        memory.asked.push({ name, input: parsed });
        if (memory.answer[name] !== undefined) return memory.answer[name] as never;
        if (name === 'health') return { ...outputs.health, cursor: events.at(-1)?.cursor ?? null } as never;
        if (name === 'listEvents' && events.length > 0) return page(events, parsed, placeOf) as never;
        return outputs[name] as never;
      },
      async execute(command) {
        throwFailure();
        const known = memory.results.get(command.id);
        if (known) return known;
        memory.executed.push(command);
        const result = { message: `did ${command.type}`, issue: 3 };
        memory.results.set(command.id, result);
        return result;
      },
      events: {
        async *follow({ after }, signal) {
          following += 1;
          try {
            let place = placeOf(after);
            while (!signal.aborted) {
              const batch = events.slice(place, place + 100);
              if (batch.length > 0) {
                place += batch.length;
                largest = Math.max(largest, batch.length);
                yield batch;
              } else await change(signal);
            }
          } finally {
            following -= 1;
          }
        },
      },
      streams: {
        read: async ({ sessionId, after, before, newest, limit = 500 }) =>
          before !== undefined || newest ? readBack(sessionId, before, limit) : read(sessionId, after, limit),
        async *follow({ sessionId, after }, signal) {
          following += 1;
          try {
            let place = after;
            while (!signal.aborted) {
              const next = read(sessionId, place, 500);
              if (next.entries.length > 0 || next.ended) yield next;
              if (next.ended) return;
              place = next.next;
              if (next.entries.length === 0) await change(signal);
            }
          } finally {
            following -= 1;
          }
        },
      },
    },
  };
  return memory;
}

function page(events: StoredEvent[], input: Record<string, unknown>, placeOf: (cursor: string | null) => number) {
  const limit = input.limit as number;
  const fits = (event: StoredEvent) =>
    (input.type === undefined || event.type === input.type) && (input.runId === undefined || event.runId === input.runId);
  const after = input.after as string | undefined;
  const before = input.before as string | undefined;
  if (before !== undefined || (input.newest === true && after === undefined)) {
    const until = before === undefined ? events : events.slice(0, placeOf(before) - 1);
    const found = until.filter(fits);
    const items = found.slice(-limit);
    return { items, ...(found.length > limit && { previous: items[0]?.cursor }) };
  }
  const matching = events.slice(after ? placeOf(after) : 0).filter(fits);
  const items = matching.slice(0, limit);
  const last = items.at(-1);
  const more = last && matching.at(-1) !== last;
  return { items, ...(more && { next: last.cursor }) };
}
