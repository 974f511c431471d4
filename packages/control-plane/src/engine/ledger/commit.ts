import { hash } from 'node:crypto';
import {
  type Collection,
  collections,
  DecreeError,
  describeIssues,
  type Event,
  emptyState,
  fold,
  parseNewEvent,
  type Row,
  type RowReference,
  type State,
  type StoredEvent,
  touchedRows,
} from '@decree/contracts';
import { ZodError } from 'zod';
import type { Dialect } from './dialect.ts';
import { checkGuard, checkLegal, issueKey } from './guards.ts';
import type { EventPlaces } from './place.ts';
import { type Commit, GuardFailed } from './port.ts';
import type { Head, RowCache } from './row-cache.ts';
import { projections } from './schema.ts';
import { all, allAtLast, type Call, call, rowsOf, type Steps } from './statement.ts';
import type { WriteStatements } from './write-statements.ts';

export interface CommitTools {
  readonly dialect: Dialect;
  readonly statements: WriteStatements;
  readonly places: EventPlaces;
}

/** A commit whose events were parsed: done before a transaction is begun, so that a wrong one costs the others nothing. */
export interface Prepared {
  readonly commit: Commit;
  readonly events: readonly Event[];
  readonly touched: readonly RowReference[];
}

export const firstHash = '0'.repeat(64);
/** The chain is over the stored bytes: one link is the hash of the one before and the event's JSON. */
export const link = (previous: string, body: string): string => hash('sha256', previous + body);
export const streamOf = (event: Event): string => event.taskId ?? event.repositoryId ?? 'system';

export function prepare(commit: Commit): Prepared {
  const events = commit.events.map(parse);
  const touched = events.flatMap(touchedRows);
  for (const guard of commit.guards ?? []) {
    if (guard.type === 'run') touched.push({ collection: 'runs', key: guard.runId });
    if (guard.type === 'task_idle' || guard.type === 'follow_up_open') touched.push({ collection: 'tasks', key: guard.taskId });
    if (guard.type === 'approval') touched.push({ collection: 'approvals', key: guard.approvalId });
    if (guard.type === 'effect_new') touched.push({ collection: 'effects', key: guard.key });
  }
  if (commit.lease)
    touched.push({ collection: 'runs', key: commit.lease.type === 'take' ? commit.lease.lease.runId : commit.lease.runId });
  return { commit, events, touched };
}

function parse(value: Event): Event {
  try {
    const event = parseNewEvent(value);
    const orphan = (event.runId !== null && event.taskId === null) || (event.type.startsWith('run.') && event.runId === null);
    if (orphan)
      throw new DecreeError(
        'invalid',
        `Expected ${event.type} to name its run and its task; got run ${event.runId}, task ${event.taskId}.`,
      );
    return event;
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    throw new DecreeError('invalid', `The event ${String(value?.type)} is not one of the contract: ${describeIssues(error)}`, {
      cause: error,
    });
  }
}

/**
 * One commit, inside a transaction. Everything is read and checked before the first write, so that a guard that fails leaves
 * nothing to undo: commits of one group need no savepoints of their own.
 */
export function* applyCommit({ commit, events, touched }: Prepared, rows: RowCache, tools: CommitTools): Steps<StoredEvent[]> {
  const { statements, dialect } = tools;
  const known = yield* load({ commit, events, touched }, rows, tools);
  const fresh = events.filter((event, at) => !known.ids.has(event.id) && events.findIndex(({ id }) => id === event.id) === at);
  if (events.length > 0 && fresh.length === 0) return [];

  let state = known.state;
  const facts = () => ({ state, issueTasks: known.issueTasks });
  for (const guard of commit.guards ?? []) checkGuard(guard, facts());
  checkLease(commit, known.lease);
  for (const event of fresh) {
    checkLegal(event, facts());
    state = fold(state, event);
  }

  const heads = new Map<string, Head>();
  const writes: Call[] = [];
  let seq = rows.lastSeq ?? 0;
  for (const event of fresh) {
    const stream = streamOf(event);
    const previous = heads.get(stream) ?? known.heads.get(stream) ?? { streamSeq: 0, hash: firstHash };
    const body = JSON.stringify(event);
    const head = { streamSeq: previous.streamSeq + 1, hash: link(previous.hash, body) };
    heads.set(stream, head);
    seq += 1;
    writes.push(
      call(statements.insertEvent, {
        seq,
        id: event.id,
        type: event.type,
        occurredAt: event.occurredAt,
        correlationId: event.correlationId,
        repositoryId: event.repositoryId,
        taskId: event.taskId,
        runId: event.runId,
        stream,
        streamSeq: head.streamSeq,
        prevHash: previous.hash,
        hash: head.hash,
        effect: event.type === 'policy.decided' ? event.payload.decision.effect : null,
        body,
      }),
    );
  }
  // Heads first: whoever locks their table keeps every commit from beginning to write (openState on Postgres).
  writes.unshift(...[...heads].map(([stream, head]) => call(statements.putHead, { stream, ...head })));
  const changes = changedRows(known.state, state);
  for (const change of changes) writes.push(rowWrite(statements, change));
  if (commit.lease?.type === 'take') writes.push(call(statements.putLease, { ...commit.lease.lease }));
  if (commit.lease?.type === 'release') writes.push(call(statements.dropLease, { ...commit.lease }));

  const written = yield* allAtLast(writes);
  if (!dialect.shared) rows.lastSeq = seq;
  for (const [stream, head] of heads) rows.keepHead(stream, head);
  for (const { collection, key, after } of changes) {
    if (after) rows.keepRow(collection, key, after);
    else rows.forgetRow(collection, key);
  }
  const first = seq - fresh.length + 1;
  return fresh.map((event, at) => {
    const place = dialect.shared ? (written[heads.size + at]?.[0] as { xid: string; seq: number }) : { xid: '', seq: first + at };
    return { ...event, cursor: tools.places.cursor(place) };
  });
}

interface Known {
  ids: ReadonlySet<string>;
  state: State;
  heads: ReadonlyMap<string, Head>;
  issueTasks: ReadonlyMap<string, { id: string; open: number }>;
  lease: { worker: string; fence: number } | null;
}

/** All that the commit reads, in one batch; where the store is shared, after what it may change is locked. */
function* load({ commit, events, touched }: Prepared, rows: RowCache, { statements, dialect }: CommitTools): Steps<Known> {
  const ids = new Set<string>();
  const heads = new Map<string, Head>();
  const issueTasks = new Map<string, { id: string; open: number }>();
  const state = emptyState();
  let lease: Known['lease'] = null;
  const asked = new Set<string>();
  const calls: Call[] = [];
  const takes: ((found: never) => void)[] = [];
  const ask = <R>(question: Call, take: (row: R) => void) => {
    calls.push(question);
    takes.push(take);
  };

  const streams = new Set(events.map(streamOf));
  const issues = [...issuesOf(commit, events)];
  if (statements.lock) ask(call(statements.lock, { names: lockNames(streams, touched, issues) }), () => {});
  for (const stream of streams) {
    const kept = rows.head(stream);
    if (kept) heads.set(stream, kept);
    else
      ask<{ stream_seq: number; hash: string }>(call(statements.head, { stream }), (head) => {
        heads.set(stream, { streamSeq: head.stream_seq, hash: head.hash });
      });
  }
  for (const { collection, key } of touched) {
    const kept = rows.row(collection, key);
    if (kept) put(state, collection, key, kept);
    else if (!asked.has(`${collection} ${key}`)) {
      asked.add(`${collection} ${key}`);
      ask<{ doc: string }>(call(statements.rows[collection].load, { id: key }), ({ doc }) => {
        const row = JSON.parse(doc) as Row;
        rows.keepRow(collection, key, row);
        put(state, collection, key, row);
      });
    }
  }
  for (const { id } of events) ask(call(statements.eventKnown, { id }), () => ids.add(id));
  for (const [repositoryId, issue] of issues)
    ask<{ id: string; open: number }>(call(statements.issueTask, { repositoryId, issue }), (task) =>
      issueTasks.set(issueKey(repositoryId, issue), task),
    );
  const leased = commit.lease?.type === 'take' ? commit.lease.lease.runId : null;
  if (leased !== null)
    ask<{ worker: string; fence: number }>(call(statements.lease, { runId: leased }), (found) => {
      lease = found;
    });
  if (!dialect.shared && rows.lastSeq === null)
    ask<{ seq: number | null }>(call(statements.lastSeq), ({ seq }) => {
      rows.lastSeq = seq ?? 0;
    });

  const answers = yield* all(calls);
  answers.forEach((found, at) => {
    if (found.length > 0) takes[at]?.(found[0] as never);
  });
  // Only the task says of which issue it is.
  const reopened = events.flatMap(({ type, taskId }) => (type === 'task.reopened' && state.tasks[taskId ?? '']) || []);
  for (const { repositoryId, issue } of reopened) {
    if (issue === null) continue;
    const [task] = yield* rowsOf(statements.issueTask, { repositoryId, issue });
    if (task) issueTasks.set(issueKey(repositoryId, issue), task);
  }
  return { ids, state, heads, issueTasks, lease };
}

function* issuesOf(commit: Commit, events: readonly Event[]): Generator<[string, number]> {
  for (const guard of commit.guards ?? []) if (guard.type === 'issue_new') yield [guard.repositoryId, guard.issue];
  for (const event of events)
    if (event.type === 'task.created' && event.payload.issue !== null && event.repositoryId !== null)
      yield [event.repositoryId, event.payload.issue];
}

function checkLease({ lease }: Commit, held: Known['lease']): void {
  if (lease?.type !== 'take' || held === null || held.fence < lease.lease.fence) return;
  const { runId, fence, worker } = lease.lease;
  if (held.fence === fence && held.worker === worker) return;
  throw new GuardFailed(`run ${runId} is held by ${held.worker} under claim ${held.fence}; claim ${fence} came too late`, {
    type: 'run',
    runId,
    states: ['queued'],
    fence,
  });
}

interface Change {
  collection: Collection;
  key: string;
  before: Row | undefined;
  after: Row | undefined;
}

/** By identity: the fold keeps what it did not change. */
function changedRows(before: State, after: State): Change[] {
  const changes: Change[] = [];
  for (const collection of collections) {
    const old = before[collection] as Record<string, Row>;
    const now = after[collection] as Record<string, Row>;
    if (old === now) continue;
    for (const key in now) if (old[key] !== now[key]) changes.push({ collection, key, before: old[key], after: now[key] });
    for (const key in old) if (!(key in now)) changes.push({ collection, key, before: old[key], after: undefined });
  }
  return changes;
}

function rowWrite(statements: WriteStatements, { collection, key, before, after }: Change): Call {
  const verbs = statements.rows[collection];
  if (!after) return call(verbs.remove, { id: key });
  const { moving, values } = projections[collection];
  const now = values(after as never);
  const given = { id: key, ...now, doc: JSON.stringify(after) };
  if (!before) return call(verbs.insert, given);
  const then = values(before as never);
  return call(moving.some((name) => then[name] !== now[name]) ? verbs.update : verbs.updatePlain, given);
}

function put(state: State, collection: Collection, key: string, row: Row): void {
  (state[collection] as Record<string, Row>)[key] = row;
}

/**
 * A task's rows are only written by its own stream, so the stream's lock is theirs too. The others are named one by one.
 */
function lockNames(
  streams: ReadonlySet<string>,
  touched: readonly RowReference[],
  issues: readonly [string, number][],
): string[] {
  const shared: readonly Collection[] = ['repositories', 'specs', 'pulls', 'effects', 'runs'];
  return [
    ...streams,
    ...touched.filter(({ collection }) => shared.includes(collection)).map(({ collection, key }) => `${collection} ${key}`),
    ...issues.map(([repositoryId, issue]) => `issue ${issueKey(repositoryId, issue)}`),
  ];
}
