import {
  type Approval,
  emptyState,
  noUsage,
  type PullSighting,
  pullKey,
  type Repository,
  type Run,
  type RunIn,
  type State,
  type Task,
} from '@decree/contracts';

export const repositoryId = 'acme/greeter';
export const at = (minutes: number, seconds = 0): string => new Date(Date.UTC(2026, 1, 8, 9, minutes, seconds)).toISOString();
export const nowMs = Date.parse(at(30));
export const idOf = (number: number): string => `019c3c7a-b280-7001-8000-${String(number).padStart(12, '0')}`;
const sha = 'a'.repeat(40);

type Sighting = NonNullable<Task['sighting']>;
type TaskChange = Partial<Omit<Task, 'sighting'>> & { readonly seen?: Partial<Sighting> | null };

/** A task of issue #n with id n, seen with `status:pending` and medium priority unless said otherwise. */
export function sampleTask(number: number, { seen = {}, ...change }: TaskChange = {}): Task {
  const sighting: Sighting = {
    title: `Task ${number}`,
    status: 'pending',
    priority: 'medium',
    complexity: null,
    labels: ['task:implement'],
    author: 'ada',
    createdAt: at(0),
    url: `https://forge.test/acme/greeter/issues/${number}`,
    seenAt: at(1),
    ...seen,
  };
  return {
    id: idOf(number),
    kind: 'implement',
    repositoryId,
    correlationId: idOf(number),
    title: sighting.title,
    issue: number,
    specs: [],
    createdAt: at(0),
    closedAt: null,
    sighting: seen === null ? null : sighting,
    activeRunId: null,
    lastRunId: null,
    attempts: { planner: 0, implementor: 0, reviewer: 0 },
    usage: noUsage,
    followUpRunId: null,
    lastFailure: null,
    ...change,
  };
}

const inState = {
  queued: { state: 'queued', requeueCode: null },
  running: { state: 'running', startedAt: at(20) },
  waiting_approval: {
    state: 'waiting_approval',
    startedAt: at(20),
    approvalId: idOf(900),
    waitingSince: at(25),
    parked: false,
  },
  success: { state: 'success', startedAt: at(20), endedAt: at(25), summary: 'Opened pull request #7.' },
  failure: {
    state: 'failure',
    startedAt: at(20),
    endedAt: at(25),
    code: 'agent_crashed',
    message: 'the process ended with code 1',
  },
  canceled: { state: 'canceled', startedAt: at(20), endedAt: at(25), code: 'person', canceledBy: { type: 'user', id: 'ada' } },
} as const;

/** A run with id 500 + n of the task n. */
export function sampleRun<S extends Run['state']>(state: S, number: number, change: Partial<RunIn<S>> = {}): RunIn<S> {
  return {
    id: idOf(500 + number),
    taskId: idOf(number),
    repositoryId,
    correlationId: idOf(number),
    role: 'implementor',
    attempt: 1,
    retryOf: null,
    effectScope: idOf(500 + number),
    trigger: 'person',
    agentId: 'implementor',
    adapter: 'process',
    model: 'sonnet',
    issue: number,
    pull: null,
    rank: 0,
    queuedAt: at(19),
    startedAt: null,
    fence: 1,
    requeues: 0,
    sessionId: idOf(700 + number),
    workspace: { path: `/repo/.worktrees/issue-${number}-1`, strategy: 'new', branch: `issue-${number}-1`, baseSha: sha },
    usage: {
      inputTokens: 900,
      outputTokens: 100,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      costUsd: 0.42,
      costBasis: 'reported',
    },
    denials: 0,
    ...inState[state],
    ...change,
  } as unknown as RunIn<S>;
}

export function sampleApproval(number: number, change: Partial<Approval> = {}): Approval {
  return {
    id: idOf(900),
    state: 'pending',
    runId: idOf(500 + number),
    taskId: idOf(number),
    repositoryId,
    correlationId: idOf(number),
    role: 'implementor',
    action: {
      kind: 'command.run',
      resource: 'npm',
      arguments: { command: 'npm publish', cwd: '/repo/.worktrees/issue-1-1' },
      summary: 'run npm publish',
    },
    actionHash: 'b'.repeat(64),
    toolCallId: 'call-1',
    decisionEventId: idOf(700 + number),
    reason: 'publishing needs a person',
    determinedBy: ['commands.publish'],
    requestedAt: at(25),
    deadline: at(55),
    decidedAt: null,
    decidedBy: null,
    decisionReason: null,
    ...change,
  };
}

export function samplePull(number: number, issues: number[], change: Partial<PullSighting> = {}): PullSighting {
  return {
    repositoryId,
    number,
    title: `Pull ${number}`,
    author: 'decree',
    headRef: `issue-${issues[0]}-1`,
    headSha: sha,
    baseRef: 'main',
    draft: false,
    ci: 'success',
    issues,
    createdAt: at(10),
    url: `https://forge.test/acme/greeter/pull/${number}`,
    seenAt: at(11),
    ...change,
  };
}

export const sampleRepository = (change: Partial<Repository> = {}): Repository => ({
  id: repositoryId,
  defaultBranch: 'main',
  sensorFailures: {},
  planFailure: null,
  ...change,
});

interface Rows {
  readonly tasks?: readonly Task[];
  readonly runs?: readonly Run[];
  readonly approvals?: readonly Approval[];
  readonly pulls?: readonly PullSighting[];
  readonly repositories?: readonly Repository[];
}

/** A world of these rows; a run makes itself its task's last, and its live one while it is. */
export function worldOf({ tasks = [], runs = [], approvals = [], pulls = [], repositories = [sampleRepository()] }: Rows): State {
  const live = ['queued', 'running', 'waiting_approval'];
  const withRuns = tasks.map((task) => {
    const run = runs.findLast(({ taskId }) => taskId === task.id);
    return run ? { ...task, lastRunId: run.id, activeRunId: live.includes(run.state) ? run.id : null } : task;
  });
  return {
    ...emptyState(),
    tasks: Object.fromEntries(withRuns.map((task) => [task.id, task])),
    runs: Object.fromEntries(runs.map((run) => [run.id, run])),
    approvals: Object.fromEntries(approvals.map((approval) => [approval.id, approval])),
    pulls: Object.fromEntries(pulls.map((pull) => [pullKey(pull.repositoryId, pull.number), pull])),
    repositories: Object.fromEntries(repositories.map((repository) => [repository.id, repository])),
  };
}
