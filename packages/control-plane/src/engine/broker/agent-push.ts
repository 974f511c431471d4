import type { Artifact, Run } from '@decree/contracts';
import type { Ledger } from '../ledger/port.ts';
import { actionHash, pushAction } from '../policy/index.ts';
import { aboutRun, byAgent, type RecordEvent } from '../record.ts';
import type { Clock } from '../system/clock.ts';
import type { Random } from '../system/random.ts';
import type { OpenWorkspace, WorkspaceCommit, Workspaces } from '../workspaces/port.ts';
import type { Answer, Effects } from './effects.ts';

export interface PushCall {
  ref: string;
  sha: string;
  force: boolean;
  delete: boolean;
}

/** Takes a branch to the forge: only forward, never deleted. Doing it again with the same commit changes nothing. */
export type PushTarget = (push: {
  ref: string;
  sha: string;
  objectsDirectory: string;
}) => Promise<{ ok: boolean; message: string }>;

export interface AgentPushOptions {
  ledger: Ledger;
  record: RecordEvent;
  effects: Effects;
  workspaces: Workspaces;
  push: PushTarget;
  clock: Clock;
  random: Random;
}

/** More commits than this in one push are recorded as their newest ones only. */
const maxRecordedCommits = 50;

/** Carries `git push` of one run: only its own branch, never forced, never deleted, and only what the gate granted. */
export function createAgentPush(
  options: AgentPushOptions,
): (run: Run, workspace: OpenWorkspace, call: PushCall) => Promise<{ ok: boolean; message: string }> {
  const { ledger, record, effects, workspaces } = options;

  return async (run, workspace, call) => {
    const own = run.role === 'implementor' && workspace.branch ? `refs/heads/${workspace.branch}` : null;
    if (call.delete || call.force) return { ok: false, message: 'a push is never forced and never deletes' };
    if (own === null || call.ref !== own)
      return { ok: false, message: own ? `this run may push ${own} only` : 'this run pushes nothing' };
    const hash = actionHash(pushAction([{ ref: call.ref, force: false, delete: false }]));
    const grant = await ledger.openGrant({ runId: run.id, actionHash: hash });
    if (!grant) return { ok: false, message: `not granted: push by one simple command, git push -u origin ${workspace.branch}` };
    const commits = (await workspaces.commits(workspace, call.sha)).slice(0, maxRecordedCommits);
    const artifacts = await commitArtifacts(options, run, commits);
    const untraced = commits.filter((commit) => commit.correlationId !== run.correlationId).length;
    const done = await effects.perform<Answer & { message: string }>({
      key: `${run.effectScope}:${hash}:${grant.id}`,
      kind: 'git.push',
      actionHash: hash,
      summary: `push ${workspace.branch} at ${call.sha.slice(0, 12)}${untraced > 0 ? ` (${untraced} of ${commits.length} commits without this run's trailer)` : ''}`,
      target: { ref: call.ref, sha: call.sha },
      about: byAgent(run),
      grantId: grant.id,
      act: async () => {
        const { ok, message } = await options.push({
          ref: call.ref,
          sha: call.sha,
          objectsDirectory: workspaces.objectsDirectory,
        });
        return { status: ok ? 200 : 422, location: null, message };
      },
      alongside: () => artifacts.map((artifact) => record('artifact.recorded', { artifact }, aboutRun(run))),
    });
    if (done.repeated) return { ok: true, message: 'pushed before' };
    return { ok: done.answer.status < 400, message: done.answer.message };
  };
}

/** The newest of a push's commits that are not recorded yet: a second push brings the first one's along. */
export async function commitArtifacts(
  { ledger, random, clock }: Pick<AgentPushOptions, 'ledger' | 'random' | 'clock'>,
  run: Run,
  commits: readonly WorkspaceCommit[],
): Promise<Artifact[]> {
  const artifacts: Artifact[] = [];
  for (const { sha, subject } of commits.slice(0, maxRecordedCommits)) {
    const known = (await ledger.listArtifacts({ reference: sha, limit: 500 })).items;
    if (known.some((artifact) => artifact.kind === 'commit' && artifact.repositoryId === run.repositoryId)) continue;
    artifacts.push({
      ...{ id: random.uuidv7(), kind: 'commit', repositoryId: run.repositoryId, taskId: run.taskId, runId: run.id },
      ...{ correlationId: run.correlationId, recordedAt: clock.now(), reference: sha, title: subject.slice(0, 500), url: null },
    });
  }
  return artifacts;
}
