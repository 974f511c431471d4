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

type Value = string | number | null;

/** How a collection's rows become columns. */
export interface Projection<C extends Collection = Collection> {
  readonly columns: readonly string[];
  /** Of the columns, in their order. */
  values(row: Row<C>): Value[];
}

const bare: Projection = { columns: [], values: () => [] };

/** A row is looked at before and after it changes, and keeps most of its times. */
let lastTime = { text: '', ms: 0 };
function ms(time: string | null): number | null {
  if (time === null) return null;
  if (time !== lastTime.text) lastTime = { text: time, ms: Date.parse(time) };
  return lastTime.ms;
}

export const projections: { readonly [C in Collection]: Projection<C> } = {
  repositories: bare as Projection<'repositories'>,
  effects: bare as Projection<'effects'>,
  specs: bare as Projection<'specs'>,
  pulls: bare as Projection<'pulls'>,
  tasks: {
    columns: ['repository_id', 'correlation_id', 'kind', 'issue', 'created_at', 'open', 'follow_up'],
    values: (task: Task) => [
      task.repositoryId,
      task.correlationId,
      task.kind,
      task.issue,
      task.createdAt,
      task.closedAt === null ? 1 : 0,
      task.followUpRunId === null ? 0 : 1,
    ],
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
    values: (run: Run) => [
      run.taskId,
      run.correlationId,
      run.role,
      run.rank,
      run.queuedAt,
      run.state,
      isLive(run) ? 1 : 0,
      'endedAt' in run ? ms(run.endedAt) : null,
      ms(run.startedAt),
      run.usage.inputTokens,
      run.usage.outputTokens,
      run.usage.cacheReadTokens,
      run.usage.cacheWriteTokens,
      run.usage.costUsd,
      costBases.indexOf(run.usage.costBasis),
    ],
  },
  approvals: {
    columns: ['run_id', 'task_id', 'correlation_id', 'action_hash', 'requested_at', 'state'],
    values: (approval: Approval) => [
      approval.runId,
      approval.taskId,
      approval.correlationId,
      approval.actionHash,
      approval.requestedAt,
      approval.state,
    ],
  },
  artifacts: {
    columns: ['run_id', 'task_id', 'correlation_id', 'kind', 'reference', 'recorded_at'],
    values: (artifact: Artifact) => [
      artifact.runId,
      artifact.taskId,
      artifact.correlationId,
      artifact.kind,
      artifact.reference,
      artifact.recordedAt,
    ],
  },
  grants: {
    columns: ['run_id', 'action_hash', 'state'],
    values: (grant: Grant) => [grant.runId, grant.actionHash, grant.state],
  },
  spend: { columns: ['day'], values: ({ day }: Spend) => [day] },
};
