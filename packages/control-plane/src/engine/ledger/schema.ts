import type { Approval, Artifact, Collection, Grant, Row, Run, Spend, Task } from '@decree/contracts';
import { costBases, isLive } from '@decree/contracts';

/**
 * The tables, the same on every store. A row's `doc` is the whole of it as JSON; the other columns are there to find it.
 * Booleans are 0 and 1, times that are only counted with are milliseconds since the epoch.
 */
export interface Tables {
  events: EventsTable;
  streams: { stream: string; stream_seq: number; hash: string };
  leases: { run_id: string; worker: string; fence: number; expires_at_ms: number };
  meta: { name: string; value: string };
  repositories: { id: string; doc: string };
  tasks: {
    id: string;
    repository_id: string;
    correlation_id: string;
    kind: string;
    issue: number | null;
    created_at: string;
    open: number;
    follow_up: number;
    doc: string;
  };
  runs: RunsTable;
  approvals: {
    id: string;
    run_id: string;
    task_id: string;
    correlation_id: string;
    action_hash: string;
    requested_at: string;
    state: string;
    doc: string;
  };
  artifacts: {
    id: string;
    run_id: string | null;
    task_id: string | null;
    correlation_id: string;
    kind: string;
    reference: string;
    recorded_at: string;
    doc: string;
  };
  grants: { id: string; run_id: string; action_hash: string; state: string; doc: string };
  effects: { id: string; doc: string };
  specs: { id: string; doc: string };
  pulls: { id: string; doc: string };
  spend: { id: string; day: string; doc: string };
}

export interface EventsTable {
  /** Postgres only: the transaction that wrote it. The order is (xid, seq) there, and seq alone on SQLite. */
  xid: string;
  seq: number;
  id: string;
  type: string;
  occurred_at: string;
  correlation_id: string;
  repository_id: string | null;
  task_id: string | null;
  run_id: string | null;
  /** What it is chained with: its task, else its repository, else `system`. */
  stream: string;
  /** 1, 2, 3, … in its stream. */
  stream_seq: number;
  prev_hash: string;
  hash: string;
  /** A policy decision's outcome, to be counted. */
  outcome: string | null;
  /** The event's JSON: the very bytes that the hash is of. */
  body: string;
}

interface RunsTable {
  id: string;
  task_id: string;
  correlation_id: string;
  role: string;
  rank: number;
  queued_at: string;
  state: string;
  live: number;
  ended_ms: number | null;
  started_ms: number | null;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  cost_usd: number;
  /** Place in `costBases`: the largest is the weakest. */
  cost_basis: number;
  doc: string;
}

type Values = Record<string, string | number | null>;

/** How a collection's rows become columns. */
export interface Projection<C extends Collection = Collection> {
  readonly columns: readonly string[];
  /** A new object each time: the caller adds to it. */
  values(row: Row<C>): Values;
}

const bare: Projection = { columns: [], values: () => ({}) };
const ms = (time: string | null): number | null => (time === null ? null : Date.parse(time));

export const projections: { readonly [C in Collection]: Projection<C> } = {
  repositories: bare as Projection<'repositories'>,
  effects: bare as Projection<'effects'>,
  specs: bare as Projection<'specs'>,
  pulls: bare as Projection<'pulls'>,
  tasks: {
    columns: ['repository_id', 'correlation_id', 'kind', 'issue', 'created_at', 'open', 'follow_up'],
    values: (task: Task) => ({
      repository_id: task.repositoryId,
      correlation_id: task.correlationId,
      kind: task.kind,
      issue: task.issue,
      created_at: task.createdAt,
      open: task.closedAt === null ? 1 : 0,
      follow_up: task.followUpRunId === null ? 0 : 1,
    }),
  },
  runs: {
    columns: [
      'task_id',
      'correlation_id',
      'role',
      'rank',
      'queued_at',
      'state',
      'live',
      'ended_ms',
      'started_ms',
      'input_tokens',
      'output_tokens',
      'cache_read_tokens',
      'cache_write_tokens',
      'cost_usd',
      'cost_basis',
    ],
    values: (run: Run) => ({
      task_id: run.taskId,
      correlation_id: run.correlationId,
      role: run.role,
      rank: run.rank,
      queued_at: run.queuedAt,
      state: run.state,
      live: isLive(run) ? 1 : 0,
      ended_ms: 'endedAt' in run ? ms(run.endedAt) : null,
      started_ms: ms(run.startedAt),
      input_tokens: run.usage.inputTokens,
      output_tokens: run.usage.outputTokens,
      cache_read_tokens: run.usage.cacheReadTokens,
      cache_write_tokens: run.usage.cacheWriteTokens,
      cost_usd: run.usage.costUsd,
      cost_basis: costBases.indexOf(run.usage.costBasis),
    }),
  },
  approvals: {
    columns: ['run_id', 'task_id', 'correlation_id', 'action_hash', 'requested_at', 'state'],
    values: (approval: Approval) => ({
      run_id: approval.runId,
      task_id: approval.taskId,
      correlation_id: approval.correlationId,
      action_hash: approval.actionHash,
      requested_at: approval.requestedAt,
      state: approval.state,
    }),
  },
  artifacts: {
    columns: ['run_id', 'task_id', 'correlation_id', 'kind', 'reference', 'recorded_at'],
    values: (artifact: Artifact) => ({
      run_id: artifact.runId,
      task_id: artifact.taskId,
      correlation_id: artifact.correlationId,
      kind: artifact.kind,
      reference: artifact.reference,
      recorded_at: artifact.recordedAt,
    }),
  },
  grants: {
    columns: ['run_id', 'action_hash', 'state'],
    values: (grant: Grant) => ({ run_id: grant.runId, action_hash: grant.actionHash, state: grant.state }),
  },
  spend: { columns: ['day'], values: ({ day }: Spend) => ({ day }) },
};
