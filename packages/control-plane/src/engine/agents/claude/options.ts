import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Options, SDKUserMessage } from '@anthropic-ai/claude-agent-sdk';
import type { StartMessage } from '@decree/contracts';
import type { ClaudeGate } from './gate.ts';

/** The SDK knows a session of this id, is to begin it, or is to ask again for the call that it ended in. */
export type SessionMode = 'begin' | 'continue' | 'ask_again';

/** The longest wait that a hook is known to survive is far above what the engine lets an agent wait, in seconds. */
const hookTimeoutSeconds = 86_400;

/**
 * What the SDK is told. Nothing is read from the repository or the person's home (`settingSources: []`): a repository could
 * bring hooks and servers of its own, which would run without a question. Prompts hold text of issues, so nothing in them is
 * a command or a file mention to the CLI (`verbatimPrompts`).
 */
export function claudeOptions(
  start: StartMessage,
  mode: SessionMode,
  wiring: { gate: ClaudeGate; executable: string | undefined; env: Record<string, string> },
): Options {
  return {
    cwd: start.cwd,
    env: wiring.env,
    ...(mode === 'begin' ? { sessionId: start.sessionId } : { resume: start.sessionId }),
    ...(start.model !== null && { model: start.model }),
    ...(start.tools !== null && { tools: start.tools }),
    ...(start.maxTurns !== null && { maxTurns: start.maxTurns }),
    ...(wiring.executable !== undefined && { pathToClaudeCodeExecutable: wiring.executable }),
    disallowedTools: start.disallowedTools,
    systemPrompt: start.systemPrompt,
    settingSources: [],
    strictMcpConfig: true,
    settings: {
      // Nothing is allowed by the CLI's own rules: what the hook did not see is asked for all the same.
      permissions: { ask: ['*'] },
      // Else the model is told to sign each commit with its own name.
      attribution: { commit: '', pr: '' },
    },
    permissionMode: 'default',
    verbatimPrompts: true,
    forwardSubagentText: true,
    // Only for their end: that is when what a model call used can be asked for.
    includePartialMessages: true,
    hooks: { PreToolUse: [{ hooks: [wiring.gate.hook], timeout: hookTimeoutSeconds, onFailure: 'block' }] },
    canUseTool: wiring.gate.canUseTool,
  };
}

/** The environment of the CLI: the start message's, and a place of the run's own for what the CLI keeps and throws away. */
export async function claudeEnvironment(start: StartMessage, stateDirectory: string): Promise<Record<string, string>> {
  const place = async (name: string) => {
    const path = join(stateDirectory, name);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  };
  return {
    ...start.env,
    ...(start.env.HOME === undefined && { HOME: await place('home') }),
    CLAUDE_CONFIG_DIR: await place('claude'),
    TMPDIR: await place('tmp'),
    // Neither telemetry nor calls of the CLI's own; and one result per turn, with no work left behind it.
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
  };
}

/** Removes what is left of a session that cannot be resumed; else the CLI says that its id is in use. */
export async function discardSession(start: StartMessage, stateDirectory: string): Promise<void> {
  const projects = join(stateDirectory, 'claude', 'projects');
  const file = `${start.sessionId}.jsonl`;
  const paths = await readdir(projects, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    // Ended before the CLI had made the directory.
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const path of paths) {
    if (path.endsWith(file)) await rm(join(projects, path));
  }
}

export interface PromptStream extends AsyncIterable<SDKUserMessage> {
  say(text: string): void;
  end(): void;
}

/** What the agent is told, until the turn ends. */
export function createPromptStream(): PromptStream {
  const queue: string[] = [];
  let ended = false;
  let wake = () => {};

  async function* read(): AsyncGenerator<SDKUserMessage, void, undefined> {
    while (!ended) {
      const text = queue.shift();
      if (text !== undefined) yield { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null };
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  const messages = read();
  return {
    [Symbol.asyncIterator]: () => messages,
    say(text) {
      queue.push(text);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
  };
}
