import { type ApprovalState, type ArtifactKind, costBases, type RunState, runStates, type Summary } from '@decree/contracts';
import { sql } from 'kysely';
import type { Dialect } from './dialect.ts';
import { sifting } from './pages.ts';
import { all, call, type Statement, type Steps, slot, statement } from './statement.ts';

interface RunTotals {
  state: RunState;
  runs: number;
  minutes: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  costUsd: number;
  costBasis: number;
}

interface SummaryStatements {
  ended: Statement<RunTotals>;
  live: Statement<RunTotals>;
  decisions: Statement<{ name: keyof Summary['decisions']; count: number }>;
  approvals: Statement<{ name: ApprovalState; count: number }>;
  artifacts: Statement<{ name: ArtifactKind; count: number }>;
  events: Statement<{ count: number }>;
}

const noDecisions: Summary['decisions'] = { allow: 0, deny: 0, require_approval: 0 };

/** What was done, decided, spent and made: counted in indexes, without reading a document. */
export class SummaryReads {
  readonly #whole: SummaryStatements;
  readonly #correlated: SummaryStatements;

  constructor(dialect: Dialect) {
    this.#whole = summaryStatements(dialect, false);
    this.#correlated = summaryStatements(dialect, true);
  }

  *read(correlationId: string | undefined, nowMs: number): Steps<Summary> {
    const verbs = correlationId === undefined ? this.#whole : this.#correlated;
    const given = correlationId === undefined ? {} : { correlationId };
    const answers = yield* all([
      call(verbs.ended, given),
      call(verbs.live, { ...given, nowMs }),
      call(verbs.decisions, given),
      call(verbs.approvals, given),
      call(verbs.artifacts, given),
      call(verbs.events, given),
    ]);
    const totals = [...answers[0]!, ...answers[1]!] as RunTotals[];
    const sum = (of: (row: RunTotals) => number) => totals.reduce((total, row) => total + of(row), 0);
    const counts = (at: number) =>
      Object.fromEntries((answers[at] as { name: string; count: number }[]).map(({ name, count }) => [name, count]));
    return {
      runs: Object.fromEntries(
        runStates.map((state) => [state, totals.find((row) => row.state === state)?.runs ?? 0]),
      ) as Summary['runs'],
      totalRuns: sum(({ runs }) => runs),
      minutes: sum(({ minutes }) => minutes),
      usage: {
        inputTokens: sum((row) => row.inputTokens),
        outputTokens: sum((row) => row.outputTokens),
        cacheReadTokens: sum((row) => row.cacheReadTokens),
        cacheWriteTokens: sum((row) => row.cacheWriteTokens),
        costUsd: sum((row) => row.costUsd),
        costBasis: costBases[Math.max(0, ...totals.map((row) => row.costBasis))]!,
      },
      decisions: { ...noDecisions, ...counts(2) },
      approvals: counts(3),
      artifacts: counts(4),
      events: (answers[5]![0] as { count: number }).count,
    };
  }
}

function summaryStatements(dialect: Dialect, correlated: boolean): SummaryStatements {
  const { db, shared } = dialect;
  const totals = (live: 0 | 1) => {
    const until = live === 1 ? sql<number>`coalesce(ended_ms, ${slot('nowMs')})` : sql<number>`ended_ms`;
    const query = db
      .selectFrom('runs')
      .select([
        'state',
        sql<number>`count(*)`.as('runs'),
        sql<number>`coalesce(sum(${until} - started_ms), 0) / 60000.0`.as('minutes'),
        sql<number>`sum(input_tokens)`.as('inputTokens'),
        sql<number>`sum(output_tokens)`.as('outputTokens'),
        sql<number>`sum(cache_read_tokens)`.as('cacheReadTokens'),
        sql<number>`sum(cache_write_tokens)`.as('cacheWriteTokens'),
        sql<number>`sum(cost_usd)`.as('costUsd'),
        sql<number>`max(cost_basis)`.as('costBasis'),
      ])
      // All ended ones are in the index that holds their totals, by state. Those of one root are found by it, and are few.
      .where(correlated ? sifting(dialect, 'live') : sql.ref('live'), '=', sql.lit(live))
      .groupBy(live === 0 && !correlated ? 'state' : sifting(dialect, 'state'));
    return statement(correlated ? query.where('correlation_id', '=', slot('correlationId')) : query) as Statement<RunTotals>;
  };
  const decisions = db
    .selectFrom('events')
    .select(['outcome as name', sql<number>`count(*)`.as('count')])
    .where(
      'outcome',
      'in',
      Object.keys(noDecisions).map((outcome) => sql.lit(outcome)),
    )
    .groupBy('outcome');
  const approvals = db
    .selectFrom('approvals')
    .select(['state as name', sql<number>`count(*)`.as('count')])
    .groupBy('state');
  const artifacts = db
    .selectFrom('artifacts')
    .select(['kind as name', sql<number>`count(*)`.as('count')])
    .groupBy('kind');
  // The one writer of a SQLite file counts without gaps (`verify` looks at that), so the newest number is how many there are.
  const counted = shared || correlated ? sql<number>`count(*)` : sql<number>`coalesce(max(seq), 0)`;
  const events = db.selectFrom('events').select(counted.as('count'));
  return {
    ended: totals(0),
    live: totals(1),
    decisions: statement(
      correlated ? decisions.where('correlation_id', '=', slot('correlationId')) : decisions,
    ) as SummaryStatements['decisions'],
    approvals: statement(
      correlated ? approvals.where('correlation_id', '=', slot('correlationId')) : approvals,
    ) as SummaryStatements['approvals'],
    artifacts: statement(
      correlated ? artifacts.where('correlation_id', '=', slot('correlationId')) : artifacts,
    ) as SummaryStatements['artifacts'],
    events: statement(correlated ? events.where('correlation_id', '=', slot('correlationId')) : events),
  };
}
