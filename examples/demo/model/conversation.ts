import type { ChatCompletionRequest, ChatMessage } from '@copilotkit/aimock';
import { parseRunPrompt, type RunContext } from './run-prompt.ts';

export interface PastCall {
  name: string;
  input: Record<string, unknown>;
  /** Absent while the call has no result, as after an interruption. */
  result?: string;
}

/** What a request says about the world: nothing else may decide an answer. */
export interface Conversation {
  context: RunContext | undefined;
  /** The engine or a person spoke again, or a call's outcome is unknown: what was done before may not have happened. */
  interrupted: boolean;
  /** The calls since the last prompt, in order. Earlier ones are not relied on; the world is looked at instead. */
  calls: PastCall[];
  cwd: string | undefined;
  /** What the instructions ask to be the last line of every commit message. */
  trailer: string | undefined;
  structuredOutput: Record<string, unknown> | undefined;
}

export function readConversation(request: ChatCompletionRequest): Conversation {
  let context: RunContext | undefined;
  let cwd: string | undefined;
  let trailer: string | undefined;
  let prompts = 0;
  let calls: PastCall[] = [];
  const byId = new Map<string, PastCall>();
  for (const message of request.messages) {
    const text = textOf(message);
    cwd = /^ - Primary working directory: (.+)$/m.exec(text)?.[1] ?? cwd;
    trailer = /--trailer "([A-Za-z-]+: [0-9a-f-]+)"/.exec(text)?.[1] ?? trailer;
    if (message.role === 'user') {
      const prompt = withoutReminders(text).trim();
      if (prompt === '') continue;
      context = parseRunPrompt(prompt) ?? context;
      prompts += 1;
      calls = [];
    } else if (message.role === 'assistant') {
      for (const call of message.tool_calls ?? []) {
        const past: PastCall = { name: call.function.name, input: parseInput(call.function.arguments) };
        byId.set(call.id, past);
        calls.push(past);
      }
    } else if (message.role === 'tool') {
      const past = byId.get(message.tool_call_id ?? '');
      if (past) past.result = withoutReminders(text);
    }
  }
  const tool = request.tools?.find((each) => each.function.name === 'StructuredOutput');
  return {
    context,
    interrupted: prompts > 1 || context?.resumed !== undefined,
    calls,
    cwd,
    trailer,
    structuredOutput: tool && (tool.function.parameters as { properties?: Record<string, unknown> } | undefined)?.properties,
  };
}

function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? '').join('');
}

/** The agent's own notes (working directory, date, tokens left) come as reminders inside prompts and results. */
function withoutReminders(text: string): string {
  return text.replace(/\n*<system-reminder>[\s\S]*?<\/system-reminder>/g, '');
}

function parseInput(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
