import type { ModelUsage, Query, SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import type { Clock } from '../../system/clock.ts';

export type Sdk = typeof import('@anthropic-ai/claude-agent-sdk');

export const howToInstall =
  'Install the dependencies together with the optional ones (the program is the package @anthropic-ai/claude-agent-sdk-<platform>-<arch>), or name a Claude Code program with pathToClaudeCodeExecutable.';

/** Loaded with the first turn: starting the engine does not wait for it. */
export async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@anthropic-ai/claude-agent-sdk');
  } catch (error) {
    throw new Error(
      `The Claude Agent SDK could not be loaded: ${error instanceof Error ? error.message : error}. Install the dependencies.`,
      {
        cause: error,
      },
    );
  }
}

const totalsTimeoutMs = 5_000;

/** The session's totals so far. The SDK calls this experimental: where it fails, usage comes with the result alone. */
export async function totalsOf(query: Query, clock: Clock): Promise<Record<string, ModelUsage>> {
  const answered = new AbortController();
  const late = clock.sleep(totalsTimeoutMs, { signal: answered.signal, unref: true }).then(() => {
    throw new Error(`the session's totals were not told within ${totalsTimeoutMs} ms`);
  });
  try {
    const asked = query.usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET({ skipBehaviors: true });
    return (await Promise.race([asked, late])).session.model_usage;
  } finally {
    answered.abort();
    late.catch(() => undefined);
  }
}

/** A model call has been accounted for when its stream ends; a sub-agent's is not streamed, but has its call's result. */
export const endsModelCall = (message: SDKMessage): boolean =>
  (message.type === 'stream_event' && message.event.type === 'message_stop') ||
  (message.type === 'user' && message.parent_tool_use_id !== null);
