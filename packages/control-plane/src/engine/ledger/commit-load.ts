import { type Collection, type Event, emptyState, type Row, type RowReference, type State } from '@decree/contracts';
import { streamOf } from './chain.ts';
import type { CommitTools, Prepared } from './commit.ts';
import { type GuardFacts, issueKey } from './guards.ts';
import type { Commit } from './port.ts';
import type { Head, RowCache } from './row-cache.ts';
import { takeOwedRows } from './row-writes.ts';
import { type Call, call, rowsOf, type Statement, type Steps } from './statement.ts';
import type { CoreRow, WriteStatements } from './write-statements.ts';

/** What a commit has to know before it writes. */
export interface Known extends GuardFacts {
  /** Of its events those that were written before; empty when it was not asked. */
  ids: Set<string>;
  state: State;
  heads: Map<string, Head>;
  issueTasks: Map<string, { id: string; open: number }>;
  lease: { worker: string; fence: number } | null;
}

/** What is known before anything is asked; where that is not all (`open`), the rest comes with the answer. */
export interface Loading {
  readonly known: Known;
  readonly open: boolean;
  answer(): Steps<Known>;
}

/** All that the commit reads, in one batch; where the store is shared, what it may change is locked before. */
export function loadForCommit(
  { commit, events, touched }: Prepared,
  rows: RowCache,
  { statements, dialect }: CommitTools,
  careful: boolean,
): Loading {
  const known: Known = { ids: new Set(), state: emptyState(), heads: new Map(), issueTasks: new Map(), lease: null };
  const questions = new Questions();
  const streams = new Set(events.map(streamOf));
  const issues = issuesOf(commit, events);
  const { core } = statements;
  if (core) {
    const given = {
      streams: [...streams],
      ids: events.map(({ id }) => id),
      tasks: keysOf(touched, 'tasks'),
      runs: keysOf(touched, 'runs'),
    };
    questions.askAll(core, given, (found) => {
      for (const row of found) takeCore(known, row);
    });
  } else {
    for (const stream of streams) {
      const kept = rows.head(stream);
      if (kept) known.heads.set(stream, kept);
      else
        questions.ask(statements.head, { stream }, (head) =>
          known.heads.set(stream, { streamSeq: head.stream_seq, hash: head.hash }),
        );
    }
    if (careful) for (const { id } of events) questions.ask(statements.eventKnown, { id }, (found) => known.ids.add(found.id));
  }
  for (const { collection, key } of touched) {
    if (core && (collection === 'tasks' || collection === 'runs')) continue;
    const kept = rows.row(collection, key);
    if (kept) put(known.state, collection, key, kept);
    else if (kept === undefined && questions.isNew(collection, key))
      questions.ask(statements.rows[collection].load, { id: key }, ({ doc }) => {
        const row = JSON.parse(doc) as Row;
        rows.keepRow(collection, key, row);
        put(known.state, collection, key, row);
      });
  }
  const reopens = events.some(({ type }) => type === 'task.reopened');
  // These look for a task by something else than its id: they have to find it as it stands by now.
  if (issues.length > 0 || reopens) for (const owed of takeOwedRows(rows, statements)) questions.tell(owed);
  for (const [repositoryId, issue] of issues)
    questions.ask(statements.issueTask, { repositoryId, issue }, (task) =>
      known.issueTasks.set(issueKey(repositoryId, issue), task),
    );
  if (commit.lease?.type === 'take')
    questions.ask(statements.lease, { runId: commit.lease.lease.runId }, (lease) => {
      known.lease = lease;
    });
  if (!dialect.shared && rows.lastSeq === null)
    questions.ask(statements.lastSeq, {}, ({ seq }) => {
      rows.lastSeq = seq ?? 0;
    });
  return {
    known,
    open: reopens || questions.any,
    *answer() {
      yield* questions.answer();
      if (reopens) yield* loadReopened(events, known, statements);
      return known;
    },
  };
}

function* loadReopened(events: readonly Event[], known: Known, statements: WriteStatements): Steps<void> {
  // Only the task says of which issue it is.
  for (const { type, taskId } of events) {
    const task = type === 'task.reopened' && taskId !== null ? known.state.tasks[taskId] : undefined;
    if (!task || task.issue === null) continue;
    const [found] = yield* rowsOf(statements.issueTask, { repositoryId: task.repositoryId, issue: task.issue });
    if (found) known.issueTasks.set(issueKey(task.repositoryId, task.issue), found);
  }
}

/** Calls that are made at once, each with what is done with the first row of its answer. */
class Questions {
  #calls: Call[] | null = null;
  #takes: ((rows: readonly never[]) => unknown)[] = [];
  #rows: Set<string> | null = null;
  #writes = false;

  get any(): boolean {
    return this.#calls !== null;
  }
  /** A row is asked for once. */
  isNew(collection: Collection, key: string): boolean {
    this.#rows ??= new Set();
    const name = `${collection} ${key}`;
    if (this.#rows.has(name)) return false;
    this.#rows.add(name);
    return true;
  }
  /** A write that goes before the questions that follow. */
  tell(write: Call): void {
    this.#writes = true;
    this.#calls ??= [];
    this.#calls.push(write);
    this.#takes.push(() => undefined);
  }
  askAll<R>(statement: Statement<R>, given: Readonly<Record<string, unknown>>, take: (rows: readonly R[]) => unknown): void {
    this.#calls ??= [];
    this.#calls.push(call(statement, given));
    this.#takes.push(take);
  }
  /** Of the first row, if there is one. */
  ask<R>(statement: Statement<R>, given: Readonly<Record<string, unknown>>, take: (row: R) => unknown): void {
    this.askAll(statement, given, ([row]) => row !== undefined && take(row));
  }
  *answer(): Steps<void> {
    if (this.#calls === null) return;
    const answers = yield { calls: this.#calls, ...(this.#writes && { writes: true }) };
    answers.forEach((rows, at) => {
      this.#takes[at]?.(rows as never[]);
    });
  }
}

function takeCore(known: Known, { kind, key, text, number }: CoreRow): void {
  if (kind === 'known') known.ids.add(key);
  else if (kind === 'head') known.heads.set(key, { streamSeq: number ?? 0, hash: text ?? '' });
  else put(known.state, kind, key, JSON.parse(text ?? 'null') as Row);
}

const keysOf = (touched: readonly RowReference[], collection: Collection): string[] => [
  ...new Set(touched.filter((row) => row.collection === collection).map(({ key }) => key)),
];

function issuesOf(commit: Commit, events: readonly Event[]): [string, number][] {
  const issues: [string, number][] = [];
  for (const guard of commit.guards ?? []) if (guard.type === 'issue_new') issues.push([guard.repositoryId, guard.issue]);
  for (const event of events)
    if (event.type === 'task.created' && event.payload.issue !== null && event.repositoryId !== null)
      issues.push([event.repositoryId, event.payload.issue]);
  return issues;
}

/**
 * What two commits must not touch at once, by name. A task's rows are only written by its own stream, so the stream's lock is
 * theirs too; the others are named one by one.
 */
export function lockNames({ commit, events, touched }: Prepared): string[] {
  const names = new Set(events.map(streamOf));
  for (const { collection, key } of touched) if (lockedAlone.includes(collection)) names.add(`${collection} ${key}`);
  for (const [repositoryId, issue] of issuesOf(commit, events)) names.add(`issue ${issueKey(repositoryId, issue)}`);
  return [...names];
}
const lockedAlone: readonly Collection[] = ['repositories', 'specs', 'pulls', 'effects', 'runs', 'spend'];

/** Into a state that is the commit's own. `__proto__` is a key like any other, which only a definition makes it. */
function put(state: State, collection: Collection, key: string, row: Row): void {
  const rows = state[collection] as Record<string, Row>;
  if (key === '__proto__') Object.defineProperty(rows, key, { value: row, enumerable: true, configurable: true, writable: true });
  else rows[key] = row;
}
