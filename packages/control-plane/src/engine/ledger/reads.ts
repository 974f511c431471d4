import {
  type Approval,
  type Artifact,
  type Collection,
  type Cursor,
  collections,
  type Grant,
  type Page,
  type Row,
  type Run,
  type Spend,
  type State,
  type Task,
} from '@decree/contracts';
import { type Kysely, sql } from 'kysely';
import type { Dialect } from './dialect.ts';
import { placeColumns } from './event-reads.ts';
import { type Filter, PageStatements, type RowList } from './pages.ts';
import { ParsedRows, type StoredRow } from './parsed-rows.ts';
import type { EventPlaces, Place } from './place.ts';
import type { Ledger, PageRequest } from './port.ts';
import { all, call, rowsOf, type Statement, type Steps, slot, statement } from './statement.ts';

type Doc = { doc: string };
type Input<V extends 'listTasks' | 'listRuns' | 'listApprovals' | 'listArtifacts'> = Parameters<Ledger[V]>[0];

const lists = {
  tasks: { letter: 't', table: 'tasks', time: 'created_at', newestFirst: true },
  runs: { letter: 'r', table: 'runs', time: 'queued_at', newestFirst: true },
  approvals: { letter: 'a', table: 'approvals', time: 'requested_at', newestFirst: false },
  newestApprovals: { letter: 'A', table: 'approvals', time: 'requested_at', newestFirst: true },
  spend: { letter: 's', table: 'spend', time: 'day', newestFirst: true },
  artifacts: { letter: 'f', table: 'artifacts', time: 'recorded_at', newestFirst: false },
} as const satisfies Record<string, RowList>;

/** Every read of rows but the summary, each a verb of the port. */
export class Reads {
  readonly #pages: PageStatements;
  readonly #places: EventPlaces;
  readonly #parsed = new ParsedRows();
  readonly #verbs: ReturnType<typeof readStatements>;

  constructor(dialect: Dialect, places: EventPlaces) {
    this.#places = places;
    this.#pages = new PageStatements(dialect);
    this.#verbs = readStatements(dialect);
  }

  *get<C extends Collection>(collection: C, key: string): Steps<Row<C> | null> {
    return first<Row<C>>(yield* rowsOf(this.#verbs.get[collection], { id: key }));
  }

  *taskOfIssue(repositoryId: string, issue: number): Steps<Task | null> {
    return first<Task>(yield* rowsOf(this.#verbs.taskOfIssue, { repositoryId, issue }));
  }

  *queuedRuns(limit: number): Steps<Run[]> {
    return docs<Run>(yield* rowsOf(this.#verbs.queuedRuns, { limit }));
  }

  *openFollowUps(): Steps<Task[]> {
    return docs<Task>(yield* rowsOf(this.#verbs.openFollowUps));
  }

  *openGrant(input: { runId: string; actionHash: string }): Steps<Grant | null> {
    return first<Grant>(yield* rowsOf(this.#verbs.openGrant, input));
  }

  *approvalFor(input: { runId: string; actionHash: string }): Steps<Approval | null> {
    const found = docs<Approval>(yield* rowsOf(this.#verbs.approvalsFor, input));
    const usable = found.find(({ state }) => state === 'pending' || state === 'approved');
    return usable ?? found.find(({ state }) => state === 'denied') ?? null;
  }

  /** Wants a driver's snapshot. */
  *openState(): Steps<{ state: State; cursor: Cursor | null }> {
    const verbs = this.#verbs.open;
    const names = Object.keys(verbs) as (keyof typeof verbs)[];
    const answers = yield* all([call(this.#verbs.newest), ...names.map((name) => call(verbs[name]))]);
    const newest = answers[0]?.[0] as Place | undefined;
    const state = this.#parsed.state(names.map((name, at) => [name, answers[at + 1] as readonly StoredRow[]]));
    return { state, cursor: newest ? this.#places.cursor(newest) : null };
  }

  listTasks(input: Input<'listTasks'>): Steps<Page<Task>> {
    const open = { open: 1, closed: 0, all: undefined }[input.state];
    // Few tasks are open and few are of a rare kind: whichever is the smaller set comes first.
    const filter: Filter =
      open === 0
        ? [
            ['kind', input.kind],
            ['open', open],
          ]
        : [
            ['open', open],
            ['kind', input.kind],
          ];
    return this.#pages.page(lists.tasks, filter, input);
  }

  listRuns(input: Input<'listRuns'>): Steps<Page<Run>> {
    return this.#list(lists.runs, input, {
      task_id: input.taskId,
      correlation_id: input.correlationId,
      state: input.state,
      role: input.role,
    });
  }

  listApprovals(input: Input<'listApprovals'>): Steps<Page<Approval>> {
    const state = input.state === 'all' ? undefined : input.state;
    const { runId, taskId, correlationId } = input;
    return this.#list(input.newest ? lists.newestApprovals : lists.approvals, input, {
      run_id: runId,
      task_id: taskId,
      correlation_id: correlationId,
      state,
    });
  }

  listArtifacts(input: Input<'listArtifacts'>): Steps<Page<Artifact>> {
    const { runId, reference, taskId, correlationId } = input;
    return this.#list(lists.artifacts, input, { run_id: runId, reference, task_id: taskId, correlation_id: correlationId });
  }

  *listSpend({ since = '', ...page }: Parameters<Ledger['listSpend']>[0]): Steps<Page<Spend>> {
    const { items, next } = yield* this.#pages.page<Spend>(lists.spend, [], page);
    const wanted = items.filter(({ day }) => day >= since);
    // Sorted by day: once one is too old, so is all that follows.
    return next && wanted.length === items.length ? { items: wanted, next } : { items: wanted };
  }

  #list<T>(list: RowList, page: PageRequest, filter: Readonly<Record<string, string | undefined>>): Steps<Page<T>> {
    return this.#pages.page(list, Object.entries(filter), page);
  }
}

function first<T>(rows: readonly Doc[]): T | null {
  return rows[0] ? (JSON.parse(rows[0].doc) as T) : null;
}

const docs = <T>(rows: readonly Doc[]): T[] => rows.map(({ doc }) => JSON.parse(doc) as T);

/** Literals where a partial index wants to see them: it is not used for a value that comes later. */
function readStatements(dialect: Dialect) {
  const { db } = dialect;
  const table = (name: Collection) => (db as unknown as Kysely<{ rows: { id: string; doc: string } }>).selectFrom(name as 'rows');
  const whole = (name: Collection) => statement(table(name).select(['id', 'doc']));
  let newest = db.selectFrom('events').select(placeColumns(dialect)).limit(sql.lit(1));
  for (const column of placeColumns(dialect)) newest = newest.orderBy(column, 'desc');
  return {
    get: Object.fromEntries(
      collections.map((name) => [name, statement(table(name).select('doc').where('id', '=', slot('id')))]),
    ) as Record<Collection, Statement<Doc>>,
    newest: statement(newest) as Statement<Place>,
    taskOfIssue: statement(
      db
        .selectFrom('tasks')
        .select('doc')
        .where('repository_id', '=', slot('repositoryId'))
        .where('issue', '=', slot('issue'))
        .orderBy('open', 'desc')
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(sql.lit(1)),
    ),
    queuedRuns: statement(
      db
        .selectFrom('runs')
        .select('doc')
        .where('state', '=', sql.lit('queued'))
        .orderBy('rank')
        .orderBy('queued_at')
        .orderBy('id')
        .limit(slot('limit')),
    ),
    openFollowUps: statement(
      db.selectFrom('tasks').select('doc').where('follow_up', '=', sql.lit(1)).orderBy('created_at').orderBy('id'),
    ),
    openGrant: statement(
      db
        .selectFrom('grants')
        .select('doc')
        .where('run_id', '=', slot('runId'))
        .where('action_hash', '=', slot('actionHash'))
        .where('state', '=', sql.lit('open'))
        .orderBy('id')
        .limit(sql.lit(1)),
    ),
    approvalsFor: statement(
      db
        .selectFrom('approvals')
        .select('doc')
        .where('run_id', '=', slot('runId'))
        .where('action_hash', '=', slot('actionHash'))
        .orderBy('requested_at', 'desc')
        .orderBy('id', 'desc'),
    ),
    open: {
      repositories: whole('repositories'),
      specs: whole('specs'),
      pulls: whole('pulls'),
      tasks: statement(
        db
          .selectFrom('tasks')
          .select(['id', 'doc'])
          .where((eb) =>
            eb.or([
              eb('open', '=', sql.lit(1)),
              eb('id', 'in', eb.selectFrom('runs').select('task_id').where('live', '=', sql.lit(1))),
            ]),
          ),
      ),
      runs: statement(db.selectFrom('runs').select(['id', 'doc']).where('live', '=', sql.lit(1))),
      approvals: statement(db.selectFrom('approvals').select(['id', 'doc']).where('state', '=', sql.lit('pending'))),
    },
  };
}
