import { DecreeError, type Engine, type Id, type StreamPage, type TranscriptEntry } from '@decree/contracts';
import type { Clock, Logger } from '../../engine/system/index.ts';
import { linesOf } from './entry-lines.ts';
import type { OutputReader, SessionOutput } from './output.ts';

export interface Outputs {
  readonly read: OutputReader;
  /** Told at most ten times a second that something that is read has changed. */
  subscribe(listener: () => void): () => void;
  /** These are on the screen: they are followed, others no longer. The last few stay readable as they were. */
  show(sessionIds: readonly Id[]): void;
  /** Reads back one page from what is there, if there is any and it has room. */
  earlier(sessionId: Id): void;
  start(signal: AbortSignal): void;
  ended(): Promise<void>;
}

/** Kept of a session. */
const mostLines = 10_000;
const tellEveryMs = 100;
const tryAgainMs = 1_000;
const keptSessions = 5;
/** Entries that are read first, from the end: some screens full, so that going from one agent to the next costs no more. */
const endEntries = 200;
/** Entries of each page that is read back from there. */
const pageEntries = 1_000;

interface Session {
  output: SessionOutput;
  /** Arrived since subscribers were told. */
  arrived: TranscriptEntry[];
  /** In lines, of what is kept and arrived, in the same order. */
  sizes: number[];
  size: number;
  first: number;
  earlier: SessionOutput['earlier'];
  after: string | undefined;
  /** Where to read back from; undefined where nothing more is to be read back. */
  before: string | undefined;
  changed: boolean;
  leaving: AbortController | null;
}

/**
 * What the sessions on the screen say. Only these are read at all, so that fifty agents cost no more than the one that is looked
 * at; what comes is collected here, outside React, and handed on in steps that an eye can follow.
 */
export function createOutputs({ engine, clock, log }: { engine: Engine; clock: Clock; log: Logger }): Outputs {
  const sessions = new Map<Id, Session>();
  const listeners = new Set<() => void>();
  const loops = new Set<Promise<void>>();
  let shown: readonly Id[] = [];
  let until: AbortSignal | null = null;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let telling = false;

  return {
    read: (sessionId) => sessions.get(sessionId)?.output,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    show(sessionIds) {
      if (sessionIds.length === shown.length && sessionIds.every((id, index) => id === shown[index])) return;
      shown = [...sessionIds];
      begin();
    },
    earlier(sessionId) {
      const session = sessions.get(sessionId);
      if (!until || until.aborted || session?.before === undefined || session.earlier !== 'some') return;
      track(readBack(sessionId, session, session.before));
    },
    start(signal) {
      until = signal;
      begin();
    },
    async ended() {
      await Promise.allSettled(loops);
    },
  };

  function begin(): void {
    if (!until || until.aborted) return;
    for (const [id, session] of sessions) {
      if (shown.includes(id)) continue;
      session.leaving?.abort();
      session.leaving = null;
    }
    for (const id of shown) {
      const session = sessions.get(id) ?? emptySession();
      // The one looked at last stands last: the first is let go of.
      sessions.delete(id);
      sessions.set(id, session);
      if (session.leaving || session.output.ended) continue;
      session.leaving = new AbortController();
      track(follow(id, session, AbortSignal.any([until, session.leaving.signal])));
    }
    for (const id of sessions.keys()) {
      if (sessions.size <= Math.max(keptSessions, shown.length)) break;
      if (!shown.includes(id)) sessions.delete(id);
    }
  }

  async function follow(sessionId: Id, session: Session, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !session.output.ended) {
      try {
        // Its end is what a person wants to see first; what stands before it is read when they go there.
        if (session.after === undefined) {
          const end = await engine.streams.read({ sessionId, newest: true, limit: endEntries });
          if (signal.aborted) return;
          session.before = end.previous;
          session.earlier = end.previous === undefined ? 'none' : 'some';
          take(session, end);
          if (end.ended) return;
        }
        for await (const page of engine.streams.follow({ sessionId, after: session.after }, signal)) {
          if (signal.aborted) return;
          take(session, page);
          if (page.ended) return;
          // Long transcripts are read page by page; keys get their turn between them.
          await clock.sleep(1, { signal });
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof DecreeError)) log.error({ err: error, sessionId }, 'the terminal cannot read what a session says');
        say(session, error instanceof Error ? error.message : String(error));
      }
      await clock.sleep(tryAgainMs, { signal }).catch(() => undefined);
    }
  }

  async function readBack(sessionId: Id, session: Session, before: string): Promise<void> {
    session.earlier = 'reading';
    changed(session);
    let earlier: SessionOutput['earlier'] = 'some';
    try {
      const page = await engine.streams.read({ sessionId, before, limit: pageEntries });
      // What was there may have been let go of meanwhile: this page would leave a gap.
      if (session.before !== before) return;
      const sizes = page.entries.map(linesOf);
      session.sizes = [...sizes, ...session.sizes];
      session.size += sizes.reduce((sum, lines) => sum + lines, 0);
      session.first -= page.entries.length;
      session.before = page.previous;
      session.output = { ...session.output, entries: page.entries.concat(session.output.entries), message: null };
      if (page.previous === undefined) earlier = 'none';
    } catch (error) {
      if (!(error instanceof DecreeError)) log.error({ err: error, sessionId }, 'the terminal cannot read what a session said');
      say(session, error instanceof Error ? error.message : String(error));
    }
    if (earlier === 'none' || session.before !== undefined) session.earlier = earlier;
    changed(session);
  }

  function take(session: Session, page: StreamPage): void {
    session.after = page.next;
    for (const entry of page.entries) {
      const lines = linesOf(entry);
      session.arrived.push(entry);
      session.sizes.push(lines);
      session.size += lines;
    }
    const kept = session.output.entries.length;
    // What arrived and is already too old is dropped before anybody sees it, in large steps: a flood costs no copying per page.
    if (session.arrived.length > 2 * mostLines) forget(session, kept);
    session.output = { ...session.output, ended: page.ended, message: null };
    changed(session);
  }

  function changed(session: Session): void {
    session.changed = true;
    tell();
  }

  function say(session: Session, message: string): void {
    if (session.output.message === message) return;
    session.output = { ...session.output, message };
    changed(session);
  }

  function tell(): void {
    const waitMs = tellEveryMs - (clock.monotonicMs() - toldAtMs);
    if (waitMs <= 0) publish();
    else if (!telling) {
      telling = true;
      const told = clock.sleep(waitMs, { unref: true }).then(() => {
        telling = false;
        publish();
      });
      track(told);
    }
  }

  function track(loop: Promise<void>): void {
    const done = loop.catch((error: unknown) => log.error({ err: error }, 'following a session ended by itself'));
    loops.add(done);
    void done.then(() => loops.delete(done));
  }

  function publish(): void {
    toldAtMs = clock.monotonicMs();
    let any = false;
    for (const session of sessions.values()) {
      if (!session.changed) continue;
      any = true;
      session.changed = false;
      forget(session, session.output.entries.length);
      const entries = session.arrived.length > 0 ? session.output.entries.concat(session.arrived) : session.output.entries;
      session.arrived = [];
      session.output = {
        ...session.output,
        version: session.output.version + 1,
        first: session.first,
        earlier: session.earlier,
        entries,
      };
    }
    if (any) for (const listener of [...listeners]) listener();
  }
}

const emptySession = (): Session => ({
  output: { version: 0, first: 0, earlier: 'none', entries: [], ended: false, message: null },
  ...{ arrived: [], sizes: [], size: 0, first: 0, earlier: 'none', after: undefined, before: undefined, changed: false },
  leaving: null,
});

/** Drops the oldest until what is left fits; the newest entry stays, however long. `kept` of them are published already. */
function forget(session: Session, kept: number): void {
  let count = 0;
  while (session.size > mostLines && count < session.sizes.length - 1) {
    session.size -= session.sizes[count] ?? 0;
    count += 1;
  }
  if (count === 0) return;
  session.sizes = session.sizes.slice(count);
  session.first += count;
  session.earlier = 'not kept';
  session.before = undefined;
  session.output = { ...session.output, entries: session.output.entries.slice(count) };
  if (count > kept) session.arrived = session.arrived.slice(count - kept);
}
