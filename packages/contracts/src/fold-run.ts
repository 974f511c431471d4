import type { Event, EventOf } from './event.ts';
import { type CostBasis, costBases, isLive, isTransition, nextRunState, type Run, type Usage } from './run.ts';

/** Nothing used yet. */
export const noUsage: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: 0,
  costBasis: 'reported',
};

/** A run after one event; undefined where there is neither a run nor a `run.queued` to begin one. */
export function foldRun(run: Run | undefined, event: Event): Run | undefined {
  if (event.type === 'run.queued') return run ?? begin(event);
  if (!run) return undefined;
  if (isTransition(event.type)) return advance(run, event);
  switch (event.type) {
    case 'run.workspace_ready':
      return { ...run, workspace: event.payload.workspace };
    case 'run.session_started':
      return {
        ...run,
        sessionId: event.sessionId,
        model: event.payload.model ?? run.model,
      };
    case 'run.used':
      return { ...run, usage: addUsage(run.usage, event.payload.usage) };
    case 'run.cancel_requested':
      return isLive(run) ? { ...run, cancelRequested: { ...event.payload, by: event.actor } } : run;
    case 'policy.decided':
      return event.payload.decision.outcome === 'deny' ? { ...run, denials: run.denials + 1 } : run;
    default:
      return run;
  }
}

/** The sum; its cost is as sure as the less sure of the two. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    costUsd: a.costUsd + b.costUsd,
    costBasis: weakest(a.costBasis, b.costBasis),
  };
}

const weakest = (a: CostBasis, b: CostBasis): CostBasis => (costBases.indexOf(a) > costBases.indexOf(b) ? a : b);

function begin(event: EventOf<'run.queued'>): Run {
  return {
    ...event.payload,
    state: 'queued',
    id: event.runId ?? '',
    taskId: event.taskId ?? '',
    repositoryId: event.repositoryId ?? '',
    correlationId: event.correlationId,
    queuedAt: event.occurredAt,
    startedAt: null,
    fence: 0,
    requeues: 0,
    sessionId: null,
    workspace: null,
    usage: noUsage,
    denials: 0,
    requeueCode: null,
  };
}

/** Only what the table allows; anything else leaves the run as it is. Fields of one state are not carried into the next. */
function advance(run: Run, event: Event): Run {
  if (!isLive(run) || !isTransition(event.type) || nextRunState(run.state, event.type) === null) return run;
  const common = commonFields(run);
  const startedAt = run.startedAt ?? event.occurredAt;
  switch (event.type) {
    case 'run.started':
      return {
        ...common,
        state: 'running',
        startedAt,
        fence: event.payload.fence,
      };
    case 'run.waiting':
      return {
        ...common,
        state: 'waiting_approval',
        startedAt,
        approvalId: event.payload.approvalId,
        waitingSince: event.occurredAt,
        parked: false,
      };
    case 'run.parked':
      return run.state === 'waiting_approval' ? { ...run, parked: true } : run;
    case 'run.resumed':
      return { ...common, state: 'running', startedAt };
    case 'run.requeued':
      return {
        ...common,
        state: 'queued',
        requeueCode: event.payload.code,
        // Being parked and decided is the ordinary course, not a sign of trouble.
        requeues: run.requeues + (event.payload.code === 'decided' || event.payload.code === 'shutdown' ? 0 : 1),
      };
    case 'run.succeeded':
      return {
        ...common,
        state: 'success',
        endedAt: event.occurredAt,
        summary: event.payload.summary,
      };
    case 'run.failed':
      return {
        ...common,
        state: 'failure',
        endedAt: event.occurredAt,
        code: event.payload.code,
        message: event.payload.message,
      };
    case 'run.canceled':
      return {
        ...common,
        state: 'canceled',
        endedAt: event.occurredAt,
        code: event.payload.code,
        canceledBy: event.actor,
      };
    default:
      return run;
  }
}

function commonFields(run: Run) {
  const { id, taskId, repositoryId, correlationId, role, attempt, retryOf, effectScope, trigger, agentId, adapter, model } = run;
  const { issue, pull, rank, queuedAt, startedAt, fence, requeues, sessionId, workspace, usage, denials } = run;
  // One literal: put together from parts by spreading it took three times as long.
  const common = {
    id,
    taskId,
    repositoryId,
    correlationId,
    role,
    attempt,
    retryOf,
    effectScope,
    trigger,
    agentId,
    adapter,
    model,
    issue,
    pull,
    rank,
    queuedAt,
    startedAt,
    fence,
    requeues,
    sessionId,
    workspace,
    usage,
    denials,
  };
  return run.cancelRequested ? { ...common, cancelRequested: run.cancelRequested } : common;
}
