import {
  DecreeError,
  dayOf,
  describeIssues,
  firstSpendDay,
  needsYou,
  type ParsedQueryInput,
  type QueryInput,
  type QueryName,
  type QueryOutput,
  queries,
} from '@decree/contracts';
import type { Forge } from './forge/port.ts';
import type { Judges } from './judge.ts';
import type { Ledger } from './ledger/port.ts';
import { listWorktrees } from './list-worktrees.ts';
import { asDecreeError } from './refusals.ts';
import type { Admission } from './runs/admission.ts';
import type { Clock } from './system/clock.ts';
import type { Operations } from './system/operations.ts';
import type { Random } from './system/random.ts';
import { findTask } from './task-reference.ts';
import { createTrace } from './trace.ts';
import type { Workspaces } from './workspaces/port.ts';

export interface QueryOptions {
  ledger: Ledger;
  forge: Forge;
  judges: Judges;
  admission: Admission;
  random: Random;
  repositoryId: string;
  directory: string;
  version: string;
  startedAt: string;
  forgeKind: 'local' | 'github';
  state: () => 'starting' | 'ready' | 'stopping';
  settings: QueryOutput<'health'>['settings'];
  logFile: string | null;
  operations: Operations;
  workspaces: Workspaces;
  transcriptPath: (sessionId: string) => string | null;
  clock: Clock;
}

type Handlers = { [N in QueryName]: (input: ParsedQueryInput<N>) => Promise<QueryOutput<N>> };

/** What people and UIs ask. Nothing here changes anything. */
export function createQueries(
  options: QueryOptions,
): <N extends QueryName>(name: N, input: QueryInput<N>) => Promise<QueryOutput<N>> {
  const { ledger, forge, repositoryId } = options;
  const trace = createTrace(ledger, repositoryId);
  const rateLimit = (): QueryOutput<'health'>['rateLimit'] => {
    // The local forge counts as GitHub does, for our tests; a person has nothing to be careful with there.
    const said = options.forgeKind === 'local' ? null : forge.rateLimit();
    return said && { limit: said.limit, remaining: said.remaining, resetAt: said.resetAt };
  };

  const handlers: Handlers = {
    async health() {
      // With the last run of each open task, which openState leaves out.
      const { state, cursor } = await ledger.snapshot({ firstSpendDay: dayOf(options.clock.now()) });
      const runs = Object.values(state.runs);
      const count = (wanted: string) => runs.filter((run) => run.state === wanted).length;
      return {
        version: options.version,
        state: options.state(),
        startedAt: options.startedAt,
        repository: state.repositories[repositoryId] ?? {
          id: repositoryId,
          defaultBranch: '',
          sensorFailures: {},
          planFailure: null,
        },
        runs: {
          queued: count('queued'),
          running: count('running'),
          waiting: count('waiting_approval'),
        },
        needsYou: needsYou(state).length,
        cursor,
        forge: options.forgeKind,
        store: ledger.capabilities.kind,
        settings: options.settings,
        rateLimit: rateLimit(),
        memory: options.admission.memory(),
        logFile: options.logFile,
      };
    },
    async snapshot() {
      const { state, cursor } = await ledger.snapshot({ firstSpendDay: firstSpendDay(options.clock.now()) });
      const { repositories, tasks, runs, approvals, pulls, specs, spend } = state;
      return {
        ...{ cursor, repositories: Object.values(repositories), tasks: Object.values(tasks), runs: Object.values(runs) },
        ...{ approvals: Object.values(approvals), pulls: Object.values(pulls), specs: Object.values(specs) },
        spend: Object.values(spend),
      };
    },
    listTasks: (input) => ledger.listTasks(input),
    async getTask({ task: reference }) {
      const task = await findTask(ledger, repositoryId, reference);
      const [runs, approvals, { state }] = await Promise.all([
        ledger.listRuns({ taskId: task.id, limit: 500 }),
        ledger.listApprovals({ state: 'all', taskId: task.id, limit: 500 }),
        ledger.openState(),
      ]);
      const pulls = Object.values(state.pulls).filter((pull) => task.issue !== null && pull.issues.includes(task.issue));
      return { task, runs: runs.items, approvals: approvals.items, pulls };
    },
    listRuns: (input) => ledger.listRuns(input),
    async getRun({ runId }) {
      const run = await ledger.get('runs', runId);
      const task = run && (await ledger.get('tasks', run.taskId));
      if (!run || !task) throw new DecreeError('not_found', `there is no run ${runId}`);
      const [approvals, artifacts] = await Promise.all([
        ledger.listApprovals({ state: 'all', runId, limit: 500 }),
        ledger.listArtifacts({ runId, limit: 500 }),
      ]);
      const transcriptPath = run.sessionId === null ? null : options.transcriptPath(run.sessionId);
      return { run, task, approvals: approvals.items, artifacts: artifacts.items, transcriptPath };
    },
    listApprovals: (input) => ledger.listApprovals(input),
    async getApproval({ approvalId }) {
      const approval = await ledger.get('approvals', approvalId);
      if (!approval) throw new DecreeError('not_found', `there is no approval ${approvalId}`);
      return approval;
    },
    listArtifacts: (input) => ledger.listArtifacts(input),
    listEvents: (input) => ledger.listEvents(input),
    trace: ({ reference }) => trace(reference),
    summary: (input) => ledger.summary(input),
    listSpend: (input) => ledger.listSpend(input),
    listWorktrees: (input) => listWorktrees({ ledger, forge, workspaces: options.workspaces }, input),
    async listOperations(input) {
      const found = options.operations.list(input);
      if (found) return found;
      throw new DecreeError('invalid', 'Expected a cursor that this list gave and still remembers. Begin again without one.');
    },
    verify: () => ledger.verify(),
    async getIssue({ issue: number }) {
      const [issue, comments] = await Promise.all([forge.getIssue(number), forge.listComments(number)]);
      const { title, body, state, labels, author, url } = issue;
      return {
        number,
        title,
        body,
        state,
        labels,
        author,
        url,
        comments: comments.map((comment) => ({ author: comment.author, body: comment.body, createdAt: comment.createdAt })),
      };
    },
    async getPull({ pull: number }) {
      const pull = await forge.getPull(number);
      const [files, checks, reviews, comments] = await Promise.all([
        forge.pullFiles(number),
        forge.checkDetails(pull.head.sha),
        forge.listReviews(number),
        forge.listInlineComments(number),
      ]);
      const { title, body, state, merged, draft, url } = pull;
      return {
        ...{ number, title, body, state, merged, draft, url, headRef: pull.head.ref, baseRef: pull.base.ref, ci: ciOf(checks) },
        checks,
        files: files.map(({ path, status, additions, deletions, patch }) => ({ path, status, additions, deletions, patch })),
        reviews: reviews.map(({ id, author, state: verdict, body: words, submittedAt }) => ({
          ...{ author, state: verdict, body: words, submittedAt },
          comments: comments
            .filter(({ reviewId }) => reviewId === id)
            .map(({ path, line, body: remark, author: by }) => ({ path, line, body: remark, author: by })),
        })),
      };
    },
    async decide({ role, tool, input, issue }) {
      const value = parseJson(input);
      return options.judges.dryRun({
        role,
        tool,
        input: value,
        issue: issue ?? null,
        directory: options.directory,
        standInId: options.random.uuidv7(),
      });
    },
  };

  return async (name, input) => {
    const parsed = queries[name].input.safeParse(input);
    if (!parsed.success) throw new DecreeError('invalid', `${name}: ${describeIssues(parsed.error)}`, { cause: parsed.error });
    try {
      return await (handlers[name] as (value: unknown) => Promise<QueryOutput<typeof name>>)(parsed.data);
    } catch (error) {
      throw asDecreeError(error);
    }
  };
}

/** The one word for all of them, by the rule of `checks`. */
function ciOf(checks: readonly { state: QueryOutput<'getPull'>['checks'][number]['state'] }[]): QueryOutput<'getPull'>['ci'] {
  if (checks.some(({ state }) => state === 'failure')) return 'failure';
  return checks.some(({ state }) => state === 'pending') ? 'pending' : 'success';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DecreeError(
      'invalid',
      `input: expected JSON, e.g. {"command":"git status"}: ${error instanceof Error ? error.message : ''}`,
      { cause: error },
    );
  }
}
