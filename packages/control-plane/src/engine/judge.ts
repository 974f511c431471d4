import type { Action, PolicyDecision, PolicyRequest, Role, Run } from '@decree/contracts';
import { createWorkspaceView, ghScriptPath, normalise, type Policy, type WorkspaceView } from './policy/index.ts';
import type { About, RecordEvent } from './record.ts';
import type { ProposedRun } from './runs/enqueue.ts';
import type { Judge } from './runs/gate.ts';
import type { OpenWorkspace } from './workspaces/port.ts';

export interface JudgeOptions {
  policy: Policy;
  record: RecordEvent;
  repositoryId: string;
  /** Recorded with each decision; there is no sandbox yet, so it is always `none`. */
  sandbox: PolicyRequest['context']['sandbox'];
  /** The agents' way to the forge as it is committed on the default branch, now; undefined where there is none. */
  trustedGhScript: () => Promise<string | undefined>;
}

const maxScriptBytes = 256 * 1024;

export interface Judges {
  /** For the gate of one run. */
  forRun(run: Run, workspace: OpenWorkspace): Judge;
  /** For starting an agent at all. */
  forDispatch(proposed: ProposedRun, about: About): Promise<ReturnType<typeof decided>>;
  /** For a question; nothing follows from it. */
  dryRun(input: {
    role: Role;
    tool: string;
    input: unknown;
    issue: number | null;
    directory: string;
    /** Stands in for the run and the task that there are not. */
    standInId: string;
  }): Promise<PolicyDecision>;
}

const decided = (record: RecordEvent, request: PolicyRequest, decision: PolicyDecision, about: About) =>
  record('policy.decided', { request, decision, toolCallId: null }, about);

/** From what an agent wants to do to what the policy says of it: normalise, put into its surroundings, decide. */
export function createJudges({ policy, record, repositoryId, sandbox, trustedGhScript }: JudgeOptions): Judges {
  // An issue's or a pull request's text stands in every prompt but the Planner's, whose specs a person approved.
  const tainted = (role: Role): boolean => role !== 'planner';

  /** An agent cannot write gh.sh, but a pull request's branch may carry another: that one is not run. */
  async function withTrustedScript(action: Action, view: WorkspaceView): Promise<Action> {
    const trusted = await trustedGhScript();
    const here = view.readText(`${view.root}/${ghScriptPath}`, maxScriptBytes);
    if (trusted === here) return action;
    const problem = `${ghScriptPath} of this branch is not the one on the default branch, so it is not run; a person has to look at that change`;
    return { ...action, kind: 'unknown', arguments: { ...action.arguments, problem } };
  }

  return {
    forRun(run, workspace) {
      const view = createWorkspaceView(workspace.directory);
      const ownBranch = run.role === 'implementor' ? workspace.branch : null;
      const { role, agentId, id: runId, taskId, issue, attempt } = run;
      const context = { repositoryId, issue, ownBranch, attempt, tainted: tainted(role), sandbox };
      return async (call) => {
        const read = normalise({ tool: call.tool, input: call.input }, { view, repository: repositoryId, ownBranch });
        const action = read.kind.startsWith('forge.') ? await withTrustedScript(read, view) : read;
        const request: PolicyRequest = { subject: { role, agentId, runId, taskId }, action, context };
        return { request, decision: await policy.decide(request) };
      };
    },
    async forDispatch({ id: runId, task, role, agentId, attempt, trigger }, about) {
      const place = task.issue === null ? 'the approved specs' : `#${task.issue}`;
      const action: Action = {
        kind: 'run.dispatch',
        resource: repositoryId,
        arguments: { role, issue: task.issue, trigger },
        summary: `start the ${role} ${agentId} on ${place}`,
      };
      const context = { repositoryId, issue: task.issue, ownBranch: null, attempt, tainted: tainted(role), sandbox };
      const request: PolicyRequest = { subject: { role, agentId, runId, taskId: task.id }, action, context };
      return decided(record, request, await policy.decide(request), about);
    },
    async dryRun({ role, tool, input, issue, directory, standInId }) {
      const view = createWorkspaceView(directory);
      const ownBranch = role === 'implementor' ? `issue-${issue ?? 1}-0` : null;
      const action = normalise({ tool, input }, { view, repository: repositoryId, ownBranch });
      return policy.decide({
        subject: { role, agentId: role, runId: standInId, taskId: standInId },
        action,
        context: { repositoryId, issue, ownBranch, attempt: 1, tainted: tainted(role), sandbox },
      });
    },
  };
}
