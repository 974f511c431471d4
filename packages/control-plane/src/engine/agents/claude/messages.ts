import type { SDKMessage, SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import type { AgentReport } from '@decree/contracts';
import { clip } from '../../clip.ts';
import type { Clock } from '../../system/clock.ts';

type Completed = Extract<AgentReport, { type: 'turn.completed' }>;

const longestMessage = 16 * 1024;

/** What a message of the SDK says in the protocol's words. Messages of kinds that say nothing to us give nothing. */
export function translate(message: SDKMessage, clock: Clock): AgentReport[] {
  switch (message.type) {
    case 'assistant':
      return fromAssistant(message);
    case 'user':
      return fromUser(message);
    case 'system':
      return fromSystem(message, clock);
    default:
      return [];
  }
}

/** How the turn ended, by its result. An API failure comes as success with is_error. */
export function outcomeOf(result: SDKResultMessage, deferredCall: string | null): Completed {
  if (result.subtype !== 'success') {
    const limit = result.subtype === 'error_max_turns' || result.subtype === 'error_max_budget_usd';
    const text = result.errors.join('\n') || result.subtype;
    return completed(limit ? 'limit' : 'error', limit ? `The agent reached its limit: ${text}` : text);
  }
  if (result.is_error) {
    const status = result.api_error_status ? ` (HTTP ${result.api_error_status})` : '';
    return completed('error', `The model provider failed${status}: ${result.result}`, 'provider');
  }
  const kept = result.deferred_tool_use?.id ?? null;
  if (kept !== deferredCall) {
    return completed(
      'error',
      `Call ${deferredCall ?? kept} was to be kept for later, but the session kept ${kept ?? 'none'}.`,
      'protocol',
    );
  }
  if (kept !== null) return completed('deferred', `waits for a decision on ${kept}`);
  return completed('ok', result.result);
}

export const completed = (status: Completed['status'], message: string, fault?: Completed['fault']): Completed => ({
  type: 'turn.completed',
  status,
  ...(fault && { fault }),
  message: clip(message, longestMessage),
});

/** The ids of the tool results in a message, with whether the tool ran into an error. */
export function toolResults(message: SDKMessage): { id: string; isError: boolean; output: string }[] {
  if (message.type !== 'user' || typeof message.message.content === 'string') return [];
  return message.message.content.flatMap((block) =>
    block.type === 'tool_result'
      ? [{ id: block.tool_use_id, isError: block.is_error === true, output: textOf(block.content) }]
      : [],
  );
}

/** The ids of the tool calls that a message announces. */
export function toolCalls(message: SDKMessage): string[] {
  if (message.type !== 'assistant') return [];
  return message.message.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
}

function fromAssistant(message: Extract<SDKMessage, { type: 'assistant' }>): AgentReport[] {
  const subagent = message.parent_tool_use_id === null ? undefined : (message.subagent_type ?? 'sub-agent');
  return message.message.content.flatMap((block): AgentReport[] => {
    if (block.type === 'text' && block.text !== '') {
      // The CLI puts failures of the provider into the agent's mouth.
      if (message.error !== undefined) return [{ type: 'warning', message: block.text }];
      return [{ type: 'text', text: block.text, ...(subagent !== undefined && { subagent }) }];
    }
    if (block.type === 'thinking' && block.thinking !== '') return [{ type: 'thinking', text: block.thinking }];
    return [];
  });
}

const fromUser = (message: Extract<SDKMessage, { type: 'user' }>): AgentReport[] =>
  toolResults(message).map(({ id, isError, output }) => ({ type: 'tool.completed', toolCallId: id, isError, output }));

function fromSystem(message: Extract<SDKMessage, { type: 'system' }>, clock: Clock): AgentReport[] {
  switch (message.subtype) {
    case 'api_retry': {
      const status = message.error_status === null ? '' : ` (HTTP ${message.error_status})`;
      return [
        {
          type: 'retry',
          attempt: message.attempt,
          message: `The model provider failed${status}: ${message.error}; attempt ${message.attempt} of ${message.max_retries}`,
          retryAt: new Date(clock.nowMs() + message.retry_delay_ms).toISOString(),
        },
      ];
    }
    case 'permission_denied':
      return [{ type: 'warning', message: `The agent's own rules denied ${message.tool_name}.` }];
    case 'session_writes_lost':
      return [{ type: 'warning', message: 'Parts of the session could not be stored; a resume may miss them.' }];
    case 'informational':
      return message.level === 'warning' ? [{ type: 'warning', message: message.content }] : [];
    default:
      return [];
  }
}

type ToolResultContent = string | readonly { type: string; text?: string }[] | undefined;

function textOf(content: ToolResultContent): string {
  if (content === undefined) return '';
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? (part.text ?? '') : `[${part.type}]`)).join('\n');
}
