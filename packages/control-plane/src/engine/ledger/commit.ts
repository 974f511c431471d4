import {
  DecreeError,
  describeIssues,
  type Event,
  fold,
  parseNewEvent,
  type RowReference,
  type StoredEvent,
  touchedRows,
} from '@decree/contracts';
import { ZodError } from 'zod';
import { firstHash, link, streamOf } from './chain.ts';
import { type Known, loadForCommit } from './commit-load.ts';
import type { Dialect } from './dialect.ts';
import { checkGuard, checkLegal } from './guards.ts';
import type { EventPlaces } from './place.ts';
import { type Commit, GuardFailed } from './port.ts';
import type { Head, RowCache } from './row-cache.ts';
import { changedRows, headWrite, rowWrite } from './row-writes.ts';
import { allAtLast, type Call, call, type Steps } from './statement.ts';
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

export function prepare(commit: Commit): Prepared {
  const events = commit.events.map(parse);
  const touched: RowReference[] = [];
  for (const event of events) touched.push(...touchedRows(event));
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
 * nothing of its own to undo (rows that commits before it owed may have been written, for it to be looked up): commits of one group need no savepoints of their own.
 *
 * Whether an event is known is only asked when `careful`. Otherwise the unique index answers, at no cost for the many that are
 * new; and a commit that was done before and is refused now, because of what it did then, is looked at again.
 */
export function* applyCommit(prepared: Prepared, rows: RowCache, tools: CommitTools, careful: boolean): Steps<StoredEvent[]> {
  if (careful) return yield* attempt(prepared, rows, tools, true);
  try {
    return yield* attempt(prepared, rows, tools, false);
  } catch (error) {
    if (!(error instanceof GuardFailed)) throw error;
    return yield* attempt(prepared, rows, tools, true);
  }
}

function* attempt(
  { commit, events, touched }: Prepared,
  rows: RowCache,
  tools: CommitTools,
  careful: boolean,
): Steps<StoredEvent[]> {
  const { statements, dialect } = tools;
  const loading = loadForCommit({ commit, events, touched }, rows, tools, careful);
  const known = loading.open ? yield* loading.answer() : loading.known;
  const fresh = careful ? events.filter((event, at) => !known.ids.has(event.id) && isFirst(events, event, at)) : events;
  if (events.length > 0 && fresh.length === 0) return [];

  let state = known.state;
  for (const guard of commit.guards ?? []) checkGuard(guard, known);
  checkLease(commit, known.lease);
  for (const event of fresh) {
    checkLegal(event, state, known.issueTasks);
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
    const outcome = event.type === 'policy.decided' ? event.payload.decision.outcome : null;
    const { id, type, occurredAt, correlationId, repositoryId, taskId, runId } = event;
    const values: unknown[] = [id, type, occurredAt, correlationId, repositoryId, taskId, runId, stream];
    values.push(head.streamSeq, previous.hash, head.hash, outcome, body);
    if (!dialect.shared) values.push(seq);
    writes.push({ statement: statements.insertEvent, values });
  }
  // Heads first: whoever locks their table keeps every commit from beginning to write (openState on Postgres).
  if (dialect.shared) writes.unshift(...[...heads].map(([stream, head]) => headWrite(statements, stream, head)));
  const changes = changedRows(known.state, state);
  if (dialect.shared) for (const change of changes) writes.push(rowWrite(statements, change));
  if (commit.lease?.type === 'take') writes.push(call(statements.putLease, { ...commit.lease.lease }));
  if (commit.lease?.type === 'release') writes.push(call(statements.dropLease, { ...commit.lease }));

  const written = yield* allAtLast(writes);
  if (!dialect.shared) rows.lastSeq = seq;
  if (!dialect.shared) {
    for (const [stream, head] of heads) rows.oweHead(stream, head);
    for (const change of changes) rows.oweRow(change);
  }
  const first = seq - fresh.length + 1;
  return fresh.map((event, at) => {
    const place = dialect.shared ? (written[heads.size + at]?.[0] as { xid: string; seq: number }) : { xid: '', seq: first + at };
    return { ...event, cursor: tools.places.cursor(place) };
  });
}

const isFirst = (events: readonly Event[], { id }: Event, at: number): boolean =>
  events.findIndex((event) => event.id === id) === at;

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
