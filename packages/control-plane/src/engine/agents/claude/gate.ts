import { createHash } from 'node:crypto';
import type { CanUseTool, HookCallback, HookJSONOutput } from '@anthropic-ai/claude-agent-sdk';
import type { AgentReport, DecisionMessage } from '@decree/contracts';
import { answered, unanswered } from './question.ts';

type Outcome = DecisionMessage['outcome'];
type Verdict = Pick<DecisionMessage, 'outcome' | 'reason' | 'answer'>;
type Requested = Extract<AgentReport, { type: 'tool.requested' }>;

export interface ClaudeGate {
  /** For PreToolUse, on every tool. Always answers explicitly: an empty answer lets the CLI's own rules decide. */
  hook: HookCallback;
  /** The second door, see below. */
  canUseTool: CanUseTool;
  decide(message: DecisionMessage): void;
  /** The id of the call that was deferred, once there is one. */
  deferred(): string | null;
  wasAllowed(toolCallId: string): boolean;
  /** From now on every call is denied, also those that wait. */
  close(reason: string): void;
}

export interface ClaudeGateOptions {
  request(report: Requested): void;
  /** Resolves when the agent's own words about the call have been reported, so that the order is kept. */
  announced(toolCallId: string): Promise<void>;
  /** Ends the agent at once, so that its session is as it was when it asked; resolves when it has. */
  park(toolCallId: string): Promise<void>;
}

interface Call {
  id: string;
  tool: string;
  input: unknown;
  /** Of a sub-agent. */
  subagent: string | undefined;
  signal: AbortSignal;
}

const again = 'The run is being paused for a decision on another call. Issue this call again.';
const cannotPause = 'A call of a sub-agent cannot be kept for later. Issue this call again.';
const longest = 200;

/**
 * The gate inside the SDK: each call, of the main thread and of sub-agents, is reported once and waits for its decision.
 *
 * There are two doors to it. The hook is the first. But a session that is resumed for a deferred call can run that call
 * before its hooks are in place (seen in a third of the resumes of CLI 2.1.325, and a read-only command then ran unasked).
 * So the CLI is also told to ask for everything, and asks `canUseTool`, again for calls that the hook has allowed: those
 * have their verdict already. A verdict is for one id, tool and input; anything else is a new question.
 *
 * Only one deferred call survives the end of the process, and only of the main thread. So the
 * first one deferred is kept; its siblings that wait, and all that come later, are denied and told to come again. A
 * sub-agent's call is never deferred: it is denied in the same words. The second door has no word for "defer"; there the
 * agent is killed before it hears an answer, and its session asks again.
 */
export function createClaudeGate(options: ClaudeGateOptions): ClaudeGate {
  const waiting = new Map<string, (verdict: Verdict) => void>();
  const verdicts = new Map<string, Promise<Verdict>>();
  const allowed = new Set<string>();
  let deferred: string | null = null;
  let closed: string | null = null;

  function judge(call: Call): Promise<Verdict> {
    const digest = createHash('sha256')
      .update(JSON.stringify([call.tool, unanswered(call.tool, call.input)]))
      .digest('hex');
    const key = `${call.id} ${digest}`;
    const known = verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = ask(call).then((decided) => settle(call, decided));
    verdicts.set(key, verdict);
    return verdict;
  }

  async function ask({ id, tool, input, subagent, signal }: Call): Promise<Verdict> {
    await options.announced(id);
    const refusal = closed ?? (deferred !== null ? again : null);
    if (refusal !== null) return { outcome: 'deny', reason: refusal };
    if (waiting.has(id)) return { outcome: 'deny', reason: 'A call with this id waits already.' };
    if (id.length > longest || tool.length > longest)
      return { outcome: 'deny', reason: 'The name or id of this call is too long.' };
    const decided = new Promise<Verdict>((resolve) => {
      const onAbort = () => finish({ outcome: 'deny', reason: 'The call was interrupted before it was decided.' });
      const finish = (verdict: Verdict) => {
        signal.removeEventListener('abort', onAbort);
        waiting.delete(id);
        resolve(verdict);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.set(id, finish);
    });
    options.request({ type: 'tool.requested', toolCallId: id, tool, input, ...(subagent !== undefined && { subagent }) });
    return decided;
  }

  function settle(call: Call, verdict: Verdict): Verdict {
    const { outcome, reason } = verdict;
    if (outcome === 'allow') allowed.add(call.id);
    if (outcome !== 'defer') return verdict;
    if (call.subagent !== undefined) return { outcome: 'deny', reason: cannotPause };
    if (deferred !== null) return { outcome: 'deny', reason: again };
    deferred = call.id;
    refuseAll(again);
    return { outcome, reason };
  }

  const refuseAll = (reason: string) => {
    for (const finish of [...waiting.values()]) finish({ outcome: 'deny', reason });
  };

  return {
    async hook(input, _toolUseId, { signal }) {
      if (input.hook_event_name !== 'PreToolUse') return answer('deny', `unexpected hook ${input.hook_event_name}`);
      const { tool_use_id: id, tool_name: tool, tool_input, agent_id, agent_type } = input;
      const subagent = agent_id === undefined ? undefined : (agent_type ?? agent_id);
      const verdict = await judge({ id, tool, input: tool_input, subagent, signal });
      const given = answer(verdict.outcome, verdict.reason);
      return verdict.answer === undefined ? given : withInput(given, answered(tool_input, verdict.answer));
    },
    async canUseTool(tool, input, { signal, toolUseID, agentID }) {
      const verdict = await judge({ id: toolUseID, tool, input, subagent: agentID, signal });
      const { outcome, reason } = verdict;
      if (outcome === 'allow')
        return { behavior: 'allow', updatedInput: verdict.answer === undefined ? input : answered(input, verdict.answer) };
      if (outcome === 'defer') await options.park(toolUseID);
      // In the CLI's words for a hook's denial: the agent sees one gate, whichever door it came to.
      return { behavior: 'deny', message: `PreToolUse:${tool} hook error: ${reason}` };
    },
    decide: (message) =>
      waiting.get(message.toolCallId)?.({
        ...{ outcome: message.outcome, reason: message.reason },
        ...(message.answer !== undefined && { answer: message.answer }),
      }),
    deferred: () => deferred,
    wasAllowed: (id) => allowed.has(id),
    close(reason) {
      closed ??= reason;
      refuseAll(closed);
    },
  };
}

const answer = (permissionDecision: Outcome, permissionDecisionReason: string): HookJSONOutput => ({
  hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision, permissionDecisionReason },
});

const withInput = (given: HookJSONOutput, updatedInput: Record<string, unknown>): HookJSONOutput => ({
  hookSpecificOutput: { ...(given as { hookSpecificOutput: object }).hookSpecificOutput, updatedInput } as never,
});
