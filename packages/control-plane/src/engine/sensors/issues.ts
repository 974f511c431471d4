import { complexityOf, type Event, type IssueSighting, priorityOf, statusOf, type Task } from '@decree/contracts';
import { markedKey } from '../broker/effects.ts';
import { ForgeNotFound } from '../forge/errors.ts';
import type { Issue } from '../forge/shapes.ts';
import { type Guard, GuardFailed } from '../ledger/port.ts';
import { aboutTask } from '../record.ts';
import type { Look, LookOptions } from './sensor.ts';

export interface IssuesOptions extends LookOptions {
  /** Ends what works on an issue that is gone; resolves when it has ended. */
  cancelAgent: (task: Task) => Promise<void>;
  /** After each successful look, with all sightings recorded. */
  onRead: () => Promise<void>;
}

/** Issues seen at once: their commits share one write to the disk, and all of them are still a short turn of the event loop. */
const together = 20;

/** Open issues with `task:implement`: each is a task, and its labels say where it stands. What differs from the last sighting is an event. */
export function createIssuesLook(options: IssuesOptions): Look {
  const { forge, ledger, record, repositoryId } = options;
  let version: string | undefined;

  return async (signal) => {
    const answer = await forge.listIssues(
      { label: 'task:implement', state: 'open' },
      { signal, ...(version && { known: version }) },
    );
    // The engine's own view may have moved without the forge (a recovery that failed): the comparison is with the ledger, and cheap.
    const { state } = await ledger.openState();
    const open = Object.values(state.tasks).filter((task) => task.kind === 'implement' && task.repositoryId === repositoryId);
    if (answer.changed || open.length !== answer.value.length) {
      const known = new Map(open.map((task) => [task.issue, task]));
      for (let from = 0; from < answer.value.length; from += together)
        await allDone(answer.value.slice(from, from + together).map((issue) => see(issue, known.get(issue.number) ?? null)));
      const numbers = new Set(answer.value.map((issue) => issue.number));
      for (const task of open) if (task.issue !== null && !numbers.has(task.issue)) await lose(task, signal);
    }
    version = answer.version;
    await options.onRead();
  };

  async function see(issue: Issue, open: Task | null): Promise<void> {
    const sighting = sightingOf(issue, options.clock.now());
    if (open) {
      if (!open.sighting || differs(open.sighting, sighting))
        await ledger.commit({ events: [changed(open, issue.number, sighting)] });
      return;
    }
    const closed = await ledger.taskOfIssue(repositoryId, issue.number);
    if (closed) {
      await ledger.commit({ events: [record('task.reopened', {}, aboutTask(closed)), changed(closed, issue.number, sighting)] });
      return;
    }
    await discover(issue, sighting);
  }

  async function discover(issue: Issue, sighting: IssueSighting): Promise<void> {
    const taskId = options.random.uuidv7();
    const about = { repositoryId, correlationId: await rootOf(issue, taskId), taskId };
    const created = record('task.created', { kind: 'implement', title: issue.title, issue: issue.number, specs: [] }, about);
    const seen = record(
      'source.issue_changed',
      { issue: issue.number, sighting, previousStatus: null },
      { ...about, causationId: created.id },
    );
    const guards: Guard[] = [{ type: 'issue_new', repositoryId, issue: issue.number }];
    try {
      await ledger.commit({ events: [created, seen], guards });
    } catch (error) {
      // A person's `task add` made it a moment ago: the next look sees it as known.
      if (!(error instanceof GuardFailed)) throw error;
    }
  }

  /** An issue that a run of ours opened belongs to what that run belongs to; any other is a root of its own. */
  async function rootOf({ number, body }: Issue, taskId: string): Promise<string> {
    // It may be seen before the run's answer is recorded: then its mark leads to the effect, and only an effect of ours counts.
    const key = markedKey(body);
    const effect = key === null ? null : await ledger.get('effects', key);
    if (effect?.kind === 'forge.issue.create' && effect.state === 'started' && effect.runId !== null) {
      const run = await ledger.get('runs', effect.runId);
      if (run?.repositoryId === repositoryId) return run.correlationId;
    }
    const page = await ledger.listArtifacts({ reference: `#${number}`, limit: 20 });
    const opened = page.items.find((artifact) => artifact.kind === 'issue' && artifact.repositoryId === repositoryId);
    return opened?.correlationId ?? taskId;
  }

  async function lose(task: Task, signal: AbortSignal): Promise<void> {
    const number = task.issue as number;
    const open = await forge.getIssue(number, { signal }).then(({ state }) => state === 'open', goneForEver);
    const events = [
      record('source.issue_removed', { issue: number, previousStatus: task.sighting?.status ?? null }, aboutTask(task)),
      record('task.closed', { code: open ? 'label_removed' : 'closed' }, aboutTask(task)),
    ];
    // Somebody may dispatch an agent in between: that one is ended too, before the task is closed.
    for (let tries = 1; ; tries += 1) {
      await options.cancelAgent((await ledger.get('tasks', task.id)) ?? task);
      try {
        await ledger.commit({ events, guards: [{ type: 'task_idle', taskId: task.id }] });
        return;
      } catch (error) {
        if (!(error instanceof GuardFailed) || tries >= 5) throw error;
      }
    }
  }

  function changed(task: Task, issue: number, sighting: IssueSighting): Event {
    return record('source.issue_changed', { issue, sighting, previousStatus: task.sighting?.status ?? null }, aboutTask(task));
  }
}

/** Resolves when all have ended, so that nothing of one look is written during the next; then throws what failed first. */
async function allDone(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Deleted, or moved to another repository. */
function goneForEver(error: unknown): false {
  if (error instanceof ForgeNotFound) return false;
  throw error;
}

export function sightingOf(issue: Issue, seenAt: string): IssueSighting {
  const { title, labels, author, createdAt, url } = issue;
  return {
    title: title.slice(0, 256),
    status: statusOf(labels),
    priority: priorityOf(labels),
    complexity: complexityOf(labels),
    labels: [...labels].sort(),
    author,
    createdAt,
    url,
    seenAt,
  };
}

/** Everything but the time of seeing. A status that the engine itself has just set shows in the labels one look later. */
function differs(a: IssueSighting, b: IssueSighting): boolean {
  return a.title !== b.title || a.status !== b.status || a.labels.join('\n') !== b.labels.join('\n') || a.url !== b.url;
}
