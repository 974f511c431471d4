import type { Event, VerifyReport } from '@decree/contracts';
import { sql } from 'kysely';
import { firstHash, link, streamOf } from './chain.ts';
import type { Dialect } from './dialect.ts';
import { placeColumns } from './event-reads.ts';
import type { EventPlaces } from './place.ts';
import type { EventsTable } from './schema.ts';
import { rowsOf, type Statement, type Steps, slot, statement } from './statement.ts';

type Problem = VerifyReport['problems'][number];
interface LinkRow extends EventsTable {
  head_seq: number | null;
  head_hash: string | null;
}

const pageSize = 500;

/**
 * Recomputes every chain from the stored bytes, stream by stream in the ledger's order, a page at a time: an edited event does
 * not have its hash, a removed one leaves a gap, a moved one breaks both. Each page is a step of its own, so that a driver can
 * let others in between. A head is compared in the same statement that read the stream's last event.
 */
export class Verification {
  readonly #dialect: Dialect;
  readonly #places: EventPlaces;
  readonly #page: Statement<LinkRow>;
  readonly #headless: Statement<{ stream: string; stream_seq: number }>;
  readonly #count: Statement<{ count: number; last: number | null }>;
  #streams = 0;
  #events = 0;
  readonly #problems = new Map<string, Problem>();
  #last: LinkRow | null = null;

  constructor(dialect: Dialect, places: EventPlaces) {
    this.#dialect = dialect;
    this.#places = places;
    this.#page = linkPage(dialect);
    this.#headless = statement(
      dialect.db
        .selectFrom('streams')
        .select(['stream', 'stream_seq'])
        .where((eb) => eb.not(eb.exists(eb.selectFrom('events').select('seq').whereRef('events.stream', '=', 'streams.stream')))),
    );
    this.#count = statement(
      dialect.db.selectFrom('events').select([sql<number>`count(*)`.as('count'), sql<number | null>`max(seq)`.as('last')]),
    );
  }

  /** The next page; false when it was the last. */
  *next(): Steps<boolean> {
    const { stream, xid, seq } = this.#last ?? { stream: '', xid: '0', seq: 0 };
    const rows = yield* rowsOf(this.#page, this.#dialect.shared ? { stream, xid, seq, pageSize } : { stream, seq, pageSize });
    for (const row of rows) {
      if (this.#last?.stream !== row.stream) this.#finishStream();
      this.#check(row);
      this.#last = row;
    }
    return rows.length === pageSize;
  }

  *report(): Steps<VerifyReport> {
    this.#finishStream();
    for (const { stream, stream_seq } of yield* rowsOf(this.#headless))
      this.#note({ stream, cursor: null, eventId: null, message: `all ${stream_seq} events of this stream are gone` });
    if (!this.#dialect.shared) {
      const [{ count, last } = { count: 0, last: 0 }] = yield* rowsOf(this.#count);
      if ((last ?? 0) !== count)
        this.#note({
          stream: 'ledger',
          cursor: null,
          eventId: null,
          message: `the newest event is number ${last}, but there are ${count}`,
        });
    }
    const problems = [...this.#problems.values()];
    return { ok: problems.length === 0, streams: this.#streams, events: this.#events, problems };
  }

  #check(row: LinkRow): void {
    this.#events += 1;
    const before = this.#last?.stream === row.stream ? this.#last : null;
    const expectedSeq = (before?.stream_seq ?? 0) + 1;
    const problem =
      row.stream_seq !== expectedSeq
        ? `expected event ${expectedSeq} of the stream, got ${row.stream_seq}: events were removed or moved`
        : row.prev_hash !== (before?.hash ?? firstHash)
          ? 'it does not name the hash of the event before it'
          : row.hash !== link(row.prev_hash, row.body)
            ? 'its bytes do not have the hash that was stored with them'
            : mismatch(row);
    if (problem !== null) this.#note({ ...this.#named(row), message: problem });
  }

  #finishStream(): void {
    const last = this.#last;
    if (!last) return;
    this.#streams += 1;
    if (last.head_seq === last.stream_seq && last.head_hash === last.hash) return;
    const message =
      last.head_seq === null
        ? 'the stream has no head: its row was removed'
        : `the head is event ${last.head_seq}, the last event here is ${last.stream_seq}: the end was removed or changed`;
    this.#note({ ...this.#named(last), message });
  }

  #named = (row: LinkRow): Omit<Problem, 'message'> => ({
    stream: row.stream,
    cursor: this.#places.cursor({ xid: row.xid ?? '', seq: row.seq }),
    eventId: row.id,
  });

  /** The first of each stream: what follows a break is broken too. */
  #note(problem: Problem): void {
    if (!this.#problems.has(problem.stream)) this.#problems.set(problem.stream, problem);
  }
}

/** The columns are found by, so they must say what the bytes say. */
function mismatch(row: LinkRow): string | null {
  const event = JSON.parse(row.body) as Event;
  const outcome = event.type === 'policy.decided' ? event.payload.decision.outcome : null;
  const expected = {
    id: event.id,
    type: event.type,
    occurred_at: event.occurredAt,
    correlation_id: event.correlationId,
    repository_id: event.repositoryId,
    task_id: event.taskId,
    run_id: event.runId,
    stream: streamOf(event),
    outcome,
  };
  for (const [column, value] of Object.entries(expected)) {
    const found = row[column as keyof LinkRow];
    if (found !== value) return `its column ${column} says ${found}, its bytes ${value}`;
  }
  return null;
}

function linkPage(dialect: Dialect): Statement<LinkRow> {
  const columns = [
    ...(['id', 'type', 'occurred_at', 'correlation_id', 'repository_id', 'task_id', 'run_id'] as const),
    ...(['stream', 'stream_seq', 'prev_hash', 'hash', 'outcome', 'body'] as const),
  ];
  const places = placeColumns(dialect);
  let query = dialect.db
    .selectFrom('events as e')
    .leftJoin('streams as s', 's.stream', 'e.stream')
    .select([
      ...[...places, ...columns].map((name) => sql.ref(`e.${name}`).as(name)),
      's.stream_seq as head_seq',
      's.hash as head_hash',
    ] as never)
    .where(
      dialect.shared
        ? sql<boolean>`(e.stream, e.xid, e.seq) > (${slot('stream')}, cast(${slot('xid')} as xid8), ${slot('seq')})`
        : sql<boolean>`(e.stream, e.seq) > (${slot('stream')}, ${slot('seq')})`,
    )
    .orderBy('e.stream')
    .limit(slot('pageSize'));
  for (const column of places) query = query.orderBy(`e.${column}`);
  return statement(query) as unknown as Statement<LinkRow>;
}
