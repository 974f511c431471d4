import type { StoredEvent, Task } from '@decree/contracts';
import type { Ledger } from '../ledger/port.ts';
import type { RecordEvent } from '../record.ts';
import type { Clock } from '../system/clock.ts';
import type { Logger } from '../system/log.ts';
import type { Exec } from '../system/operations.ts';
import { type News, type NewsKind, newsOf } from './news.ts';

export interface NotifySettings {
  command: readonly [string, ...string[]];
  on: readonly NewsKind[];
  timeoutMs: number;
  /** Of the program, before what is told in it. */
  env: Readonly<{ [name: string]: string }>;
}

export interface NotifierOptions {
  settings: NotifySettings;
  ledger: Ledger;
  record: RecordEvent;
  exec: Exec;
  clock: Clock;
  log: Logger;
  repositoryId: string;
  /** Where the program runs. */
  directory: string;
  newId: () => string;
}

/** Tells a program of the person's own what happens from now on, each thing once. */
export interface Notifier {
  start(): void;
  /** Tells nothing more; what is being told has a moment to end. */
  stop(): Promise<void>;
}

const atOnce = 2;
/** A burst is told in full; what comes faster than a program can take it for long is dropped, the oldest first. */
const mostWaiting = 100;
const graceMs = 2_000;

export function createNotifier(options: NotifierOptions): Notifier {
  const { settings, ledger, clock, log } = options;
  const waiting: { event: StoredEvent; news: News; task: Task | null }[] = [];
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let unsubscribe: (() => void) | null = null;
  let looking: Promise<void> = Promise.resolve();
  let warned = false;

  async function hear(events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) {
      // Cheap first: nearly all events are of no interest.
      const possible = newsOf(event, { kind: 'implement' });
      if (!possible || !settings.on.includes(possible.kind)) continue;
      const task = event.taskId === null ? null : await ledger.get('tasks', event.taskId);
      const news = newsOf(event, task);
      if (!news) continue;
      waiting.push({ event, news, task });
      if (waiting.length > mostWaiting) waiting.shift();
      next();
    }
  }

  function next(): void {
    while (running.size < atOnce && !stopping.signal.aborted) {
      const one = waiting.shift();
      if (!one) return;
      const telling: Promise<void> = tell(one).finally(() => {
        running.delete(telling);
        next();
      });
      running.add(telling);
    }
  }

  async function tell({ event, news, task }: (typeof waiting)[number]): Promise<void> {
    const [program, ...args] = settings.command;
    const name = task === null ? '' : task.issue === null ? task.title : `#${task.issue} ${task.title}`;
    const message = name === '' ? news.message : `${name}: ${news.message}`;
    const about = {
      ...{
        kind: news.kind,
        message,
        event: event.type,
        eventId: event.id,
        at: event.occurredAt,
        repositoryId: options.repositoryId,
      },
      task: task && { id: task.id, issue: task.issue, title: task.title, url: task.sighting?.url ?? null },
      runId: event.runId,
      approvalId: event.type === 'policy.approval_requested' ? event.payload.approval.id : null,
    };
    const told = {
      DECREE_EVENT: news.kind,
      DECREE_TASK: task?.issue ? `#${task.issue}` : (task?.id ?? ''),
      // Not DECREE_RUN: that marks the agents' processes, and whatever carries it is ended with the run.
      DECREE_RUN_ID: event.runId ?? '',
      DECREE_MESSAGE: oneLine(message),
    };
    try {
      const { exitCode, timedOut, canceled, stderr } = await options.exec(program, args, {
        cwd: options.directory,
        env: { ...settings.env, ...told },
        input: `${JSON.stringify(about)}\n`,
        timeoutMs: settings.timeoutMs,
        maxOutput: 64 * 1024,
        signal: stopping.signal,
      });
      if (exitCode === 0) warned = false;
      else if (!canceled || timedOut)
        await warn(
          timedOut ? `took longer than ${settings.timeoutMs / 1000} s` : `ended with ${exitCode}: ${stderr.trim().slice(-500)}`,
        );
    } catch (error) {
      log.error({ err: error }, 'a notification could not be sent');
    }
  }

  /** Once, until it works again: a broken program must not fill the ledger. */
  async function warn(why: string): Promise<void> {
    if (warned) return;
    warned = true;
    const message = `notify.command ${settings.command[0]} ${why}; mend it, nothing else is held up by it`;
    log.warn({ why }, 'notify.command failed');
    const about = { repositoryId: options.repositoryId, correlationId: options.newId() };
    await ledger.commit({ events: [options.record('system.warned', { code: 'notify_failed', message }, about)] });
  }

  return {
    start() {
      unsubscribe = ledger.subscribe((events) => {
        looking = looking.then(() => hear(events)).catch((error: unknown) => log.error({ err: error }, 'news could not be read'));
      });
    },
    async stop() {
      unsubscribe?.();
      await looking;
      waiting.length = 0;
      const done = new AbortController();
      const late = clock.sleep(graceMs, { signal: done.signal }).then(
        () => stopping.abort(),
        () => undefined,
      );
      await Promise.all(running);
      done.abort();
      await late;
    },
  };
}

/** An environment holds no NUL, and a line is read as one. */
const oneLine = (text: string): string =>
  text
    .replace(/[\0\s]+/g, ' ')
    .trim()
    .slice(0, 1000);
