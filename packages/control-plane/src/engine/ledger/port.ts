import type {
  Approval,
  ApprovalState,
  Artifact,
  Collection,
  Cursor,
  Event,
  EventPage,
  Page,
  Row,
  Run,
  RunState,
  Spend,
  State,
  StoredEvent,
  Summary,
  Task,
  TaskKind,
  VerifyReport,
} from '@decree/contracts';

/** A worker's hold on a run. Not an event: it may be lost with the machine. */
export interface Lease {
  runId: string;
  worker: string;
  fence: number;
  /** Milliseconds since the epoch. */
  expiresAtMs: number;
}

/**
 * What must be true, in the transaction, for the events to be written. Otherwise nothing is written, and the commit
 * throws GuardFailed.
 */
export type Guard =
  /** The run is in one of these states and, when a fence is given, this claim of it is the newest. */
  | { type: 'run'; runId: string; states: readonly RunState[]; fence?: number }
  /** No live run for the task (the store's own unique index is behind it). */
  | { type: 'task_idle'; taskId: string }
  | { type: 'approval'; approvalId: string; states: readonly ApprovalState[] }
  /** No effect with this key has been started. */
  | { type: 'effect_new'; key: string }
  /** This run ended and its consequences are not drawn yet. */
  | { type: 'follow_up_open'; taskId: string; runId: string }
  /** No task for this issue is known yet (the store's own unique index is behind it). */
  | { type: 'issue_new'; repositoryId: string; issue: number };

export interface Commit {
  events: readonly Event[];
  guards?: readonly Guard[];
  /** Taken or given up in the same transaction. */
  lease?: { type: 'take'; lease: Lease } | { type: 'release'; runId: string; fence: number };
}

/** A guard did not hold, or a transition table forbids an event. Nothing was written. */
export class GuardFailed extends Error {
  override readonly name = 'GuardFailed';
  readonly guard:
    | Guard
    | {
        type: 'transition';
        runId: string;
        state: RunState | null;
        attempted: string;
      }
    /** A row that the event makes is there already. */
    | { type: 'row_new'; collection: Collection; key: string };
  constructor(message: string, guard: GuardFailed['guard']) {
    super(message);
    this.guard = guard;
  }
}

/** The file is there and cannot be used: written by a newer Decree, damaged, unreadable, or held by another engine. */
export class LedgerUnusable extends Error {
  override readonly name = 'LedgerUnusable';
}

export interface EventFilter {
  type?: string | undefined;
  taskId?: string | undefined;
  runId?: string | undefined;
  correlationId?: string | undefined;
}

export interface PageRequest {
  after?: Cursor | undefined;
  /** 1–500. */
  limit: number;
}

/**
 * What was executed, decided, spent and produced. One store: the same migrations and the same contract suite on SQLite and
 * Postgres. Events are appended and projected by the contracts' fold in one transaction, and published after commit.
 */
export interface Ledger {
  readonly capabilities: {
    kind: 'sqlite' | 'postgres' /** More than one process may write. */;
    shared: boolean;
  };

  /**
   * Writes all of it or nothing, in order; resolves once it is durable. An event whose id is known is skipped (and not in
   * the result). Commits are grouped: several may share one fsync. Throws GuardFailed.
   */
  commit(commit: Commit): Promise<StoredEvent[]>;

  /** Extends the lease; false when it is no longer this worker's. */
  heartbeat(lease: Lease): Promise<boolean>;
  /** Queued runs, smallest rank first, then oldest. */
  queuedRuns(limit: number): Promise<Run[]>;

  get<C extends Collection>(collection: C, key: string): Promise<Row<C> | null>;
  /** The task of an issue, open or closed. */
  taskOfIssue(repositoryId: string, issue: number): Promise<Task | null>;
  /** All rows that a UI or the workflow begins with: repositories, specs, pulls, open tasks, their live runs and pending approvals. */
  openState(): Promise<{ state: State; cursor: Cursor | null }>;
  /** What the contracts' `openRows` keeps of all rows, and the place of the newest event: all that a UI begins with. */
  snapshot(input: { firstSpendDay: string }): Promise<{ state: State; cursor: Cursor | null }>;
  /** Tasks whose run ended and whose consequences are still to be drawn. */
  openFollowUps(): Promise<Task[]>;
  /** A grant that the broker may consume. */
  openGrant(input: { runId: string; actionHash: string }): Promise<Row<'grants'> | null>;
  /** The approval of a run for an action that is not used up: pending or approved, else the newest denied one. */
  approvalFor(input: { runId: string; actionHash: string }): Promise<Approval | null>;

  listTasks(
    input: PageRequest & {
      kind?: TaskKind | undefined;
      state: 'open' | 'closed' | 'all';
    },
  ): Promise<Page<Task>>;
  /** Newest first. */
  listRuns(
    input: PageRequest & {
      taskId?: string | undefined;
      state?: RunState | undefined;
      role?: string | undefined;
      correlationId?: string | undefined;
    },
  ): Promise<Page<Run>>;
  /** Oldest first, or newest first. */
  listApprovals(
    input: PageRequest & {
      newest?: boolean | undefined;
      state: ApprovalState | 'all';
      runId?: string | undefined;
      taskId?: string | undefined;
      correlationId?: string | undefined;
    },
  ): Promise<Page<Approval>>;
  /** Newest day first. */
  listSpend(input: PageRequest & { since?: string | undefined }): Promise<Page<Spend>>;
  listArtifacts(
    input: PageRequest & {
      runId?: string | undefined;
      taskId?: string | undefined;
      correlationId?: string | undefined;
      reference?: string | undefined;
    },
  ): Promise<Page<Artifact>>;
  /**
   * Always in the ledger's order, oldest first. `after` reads on from a cursor. `before` gives the last page of what stands
   * before a cursor, and `newest`, where no cursor is given, the last page of all. Throws `invalid` when both cursors are given.
   */
  listEvents(
    input: PageRequest & EventFilter & { before?: Cursor | undefined; newest?: boolean | undefined },
  ): Promise<EventPage>;
  event(id: string): Promise<StoredEvent | null>;
  summary(input: { correlationId?: string | undefined }): Promise<Summary>;

  /** Called after each commit with what was written, in the ledger's order. Returns the way to stop. */
  subscribe(listener: (events: readonly StoredEvent[]) => void): () => void;
  /** Recomputes every chain from the stored bytes. */
  verify(): Promise<VerifyReport>;
  /** Rows folded anew from all events, compared with the live ones: the keys that differ. */
  compareWithRebuild(): Promise<{ collection: Collection; key: string }[]>;
  /** A consistent copy while running, where the store is a file. */
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}
