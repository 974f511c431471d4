import type { HookCallback, HookJSONOutput, PreToolUseHookInput } from '@anthropic-ai/claude-agent-sdk';
import type { AgentReport, DecisionMessage } from '@decree/contracts';

type Effect = DecisionMessage['effect'];
type Requested = Extract<AgentReport, { type: 'tool.requested' }>;

export interface ClaudeGate {
  /** For PreToolUse, on every tool. Always answers explicitly: an empty answer lets the CLI's own rules decide. */
  hook: HookCallback;
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
}

const again = 'The run is being paused for a decision on another call. Issue this call again.';
const cannotPause = 'A call of a sub-agent cannot be kept for later. Issue this call again.';
const longest = 200;

/**
 * The gate inside the SDK: each call, of the main thread and of sub-agents, is reported and waits for its decision.
 *
 * Only one deferred call survives the end of the process (facts/agents.md, section 8), and only of the main thread. So the
 * first one deferred is kept; its siblings that wait, and all that come later, are denied and told to come again. A
 * sub-agent's call is never deferred: it is denied in the same words.
 */
export function createClaudeGate(options: ClaudeGateOptions): ClaudeGate {
  const waiting = new Map<string, (effect: Effect, reason: string) => void>();
  const allowed = new Set<string>();
  let deferred: string | null = null;
  let closed: string | null = null;

  const refuseAll = (reason: string) => {
    for (const settle of [...waiting.values()]) settle('deny', reason);
  };

  async function ask(input: PreToolUseHookInput, signal: AbortSignal): Promise<HookJSONOutput> {
    const id = input.tool_use_id;
    await options.announced(id);
    const refusal = closed ?? (deferred !== null ? again : unusual(input));
    if (refusal !== null) return answer('deny', refusal);
    const decided = new Promise<[Effect, string]>((resolve) => {
      const settle = (effect: Effect, reason: string) => {
        signal.removeEventListener('abort', onAbort);
        waiting.delete(id);
        resolve([effect, reason]);
      };
      const onAbort = () => settle('deny', 'The call was interrupted before it was decided.');
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.set(id, settle);
    });
    const agent = input.agent_id === undefined ? undefined : (input.agent_type ?? input.agent_id);
    options.request({
      type: 'tool.requested',
      toolCallId: id,
      tool: input.tool_name,
      input: input.tool_input,
      ...(agent !== undefined && { agent }),
    });
    const [effect, reason] = await decided;
    if (effect === 'allow') {
      allowed.add(id);
      return answer('allow', reason);
    }
    if (effect === 'deny') return answer('deny', reason);
    if (input.agent_id !== undefined) return answer('deny', cannotPause);
    if (deferred !== null) return answer('deny', again);
    deferred = id;
    refuseAll(again);
    return answer('defer', reason);
  }

  const unusual = (input: PreToolUseHookInput): string | null => {
    if (waiting.has(input.tool_use_id)) return 'A call with this id waits already.';
    if (input.tool_use_id.length > longest || input.tool_name.length > longest) return 'The name or id of this call is too long.';
    return null;
  };

  return {
    hook: async (input, _toolUseId, { signal }) =>
      input.hook_event_name === 'PreToolUse' ? ask(input, signal) : answer('deny', `unexpected hook ${input.hook_event_name}`),
    decide: (message) => waiting.get(message.toolCallId)?.(message.effect, message.reason),
    deferred: () => deferred,
    wasAllowed: (id) => allowed.has(id),
    close(reason) {
      closed ??= reason;
      refuseAll(closed);
    },
  };
}

const answer = (permissionDecision: Effect, permissionDecisionReason: string): HookJSONOutput => ({
  hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision, permissionDecisionReason },
});
