import { type Approval, noUsage, type Run, type SpecSighting, type Task } from '@decree/contracts';

const at = '2026-01-02T03:04:05.000Z';
const id = '0190a000-0000-7000-8000-000000000001';

export const taskOf = (more: Partial<Task> & { status?: string | null; priority?: string; complexity?: string } = {}): Task => {
  const { status = 'pending', priority = null, complexity = null, ...rest } = more;
  return {
    ...{ id, kind: 'implement', repositoryId: 'o/r', correlationId: id, title: 'Do it', issue: 7, specs: [], createdAt: at },
    ...{ closedAt: null, activeRunId: null, lastRunId: null, usage: noUsage, followUpRunId: null, lastFailure: null },
    attempts: { planner: 0, implementor: 0, reviewer: 0 },
    sighting: {
      ...{
        title: 'Do it',
        status,
        priority,
        complexity,
        labels: [],
        author: 'ann',
        createdAt: at,
        url: 'https://x/7',
        seenAt: at,
      },
    } as Task['sighting'],
    ...rest,
  };
};

export const runOf = (more: Record<string, unknown> = {}): Run =>
  ({
    ...{ id, taskId: id, repositoryId: 'o/r', correlationId: id, role: 'implementor', attempt: 1, retryOf: null },
    ...{ effectScope: id, trigger: 'person', agentId: 'implementor', adapter: 'a', model: null, issue: 7, pull: null, rank: 1 },
    ...{ queuedAt: at, startedAt: at, fence: 1, requeues: 0, sessionId: null, workspace: null, denials: 0 },
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0, costBasis: 'unknown' },
    state: 'running',
    ...more,
  }) as Run;

export const approvalOf = (state: Approval['state'], decisionReason: string | null = null): Approval =>
  ({ id, state, decisionReason, action: { summary: 'open a pull request' } }) as Approval;

export const specOf = (path: string, more: Partial<SpecSighting> = {}): SpecSighting => ({
  ...{ repositoryId: 'o/r', path, status: 'approved', blobSha: 'a'.repeat(40), commitSha: 'c'.repeat(40) },
  ...{ correlationId: id, seenAt: at, plannedBlobSha: null, plannedCommitSha: null },
  ...more,
});
