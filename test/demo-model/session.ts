import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type HookCallback, type Options, query, type SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import type { RunContext } from '../../examples/demo/model/run-prompt.ts';
import { killByMark } from '../../packages/control-plane/src/engine/system/process.ts';
import { formatPrompt, type World } from './world.ts';

export const restarted = 'The engine was restarted; the last call’s outcome is unknown. Look at what exists and go on.';

export interface SessionOptions {
  /** Reason of a refusal, or undefined to let the call run. */
  refuse?(input: { name: string; command: string }): string | undefined;
  /** Says after which calls the agent and everything it started are killed: when the effect is there, and its record is not. */
  killAfter?(call: { command: string; turn: number; effects: number }): boolean;
}

export interface Session {
  id: string;
  /** The calls that were let through, as the gate saw them. */
  calls: string[];
  results: SDKResultMessage[];
  kills: number;
  /** The last message. */
  text: string;
  data: Record<string, unknown>;
}

/** A session of the real agent from its start to its end, through as many processes as it takes. */
export async function runToEnd(world: World, context: RunContext, options: SessionOptions = {}): Promise<Session> {
  const session: Session = { id: crypto.randomUUID(), calls: [], results: [], kills: 0, text: '', data: {} };
  const cwd = context.branch ? await world.worktree(context.branch) : world.project;
  const home = join(world.folder, 'homes', session.id);
  for (const each of ['home', 'claude', 'tmp']) await mkdir(join(home, each), { recursive: true });
  let prompt = formatPrompt(context);
  let resume = false;
  for (let turn = 1; turn < 40; turn += 1) {
    const ended = await runOnce(world, session, { cwd, home, prompt, resume, turn }, options);
    if (ended === 'result') return session;
    // Killed before the agent had written its first line: it starts anew, and is told why.
    resume = ended === 'killed';
    prompt = resume ? restarted : `${formatPrompt({ ...context, resumed: restarted })}`;
  }
  throw new Error('The session did not come to an end');
}

async function runOnce(
  world: World,
  session: Session,
  at: { cwd: string; home: string; prompt: string; resume: boolean; turn: number },
  options: SessionOptions,
): Promise<'result' | 'killed' | 'unknown session'> {
  let effects = 0;
  let killing: Promise<number> | undefined;
  const gate: HookCallback = async (input) => {
    if (input.hook_event_name !== 'PreToolUse') throw new Error(input.hook_event_name);
    const given = input.tool_input as { command?: string; file_path?: string };
    const call = { name: input.tool_name, command: given.command ?? given.file_path ?? '' };
    const reason = options.refuse?.(call);
    if (reason === undefined) session.calls.push(`${call.name} ${call.command}`.trim());
    return {
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision: reason === undefined ? 'allow' : 'deny',
        ...(reason !== undefined && { permissionDecisionReason: reason }),
      },
    };
  };
  const afterwards: HookCallback = async (input) => {
    effects += 1;
    const command = 'tool_input' in input ? ((input.tool_input as { command?: string }).command ?? '') : '';
    if (killing === undefined && options.killAfter?.({ command, turn: at.turn, effects })) {
      session.kills += 1;
      killing = killByMark('DEMO_MODEL_RUN', session.id);
      await killing;
    }
    return {};
  };
  const sdk: Options = {
    cwd: at.cwd,
    env: {
      ...world.env,
      HOME: join(at.home, 'home'),
      CLAUDE_CONFIG_DIR: join(at.home, 'claude'),
      TMPDIR: join(at.home, 'tmp'),
      DEMO_MODEL_RUN: session.id,
    },
    model: 'claude-sonnet-4-5',
    systemPrompt: 'You work for Decree.',
    settingSources: [],
    settings: { attribution: { commit: '', pr: '' } },
    permissionMode: 'default',
    tools: ['Read', 'Write', 'Edit', 'Glob', 'Grep', 'Bash'],
    maxTurns: 50,
    ...(at.resume ? { resume: session.id } : { sessionId: session.id }),
    canUseTool: async () => ({ behavior: 'deny', message: 'The hook decides' }),
    hooks: {
      PreToolUse: [{ hooks: [gate], onFailure: 'block' }],
      PostToolUse: [{ hooks: [afterwards] }],
      PostToolUseFailure: [{ hooks: [afterwards] }],
    },
  };
  let result: SDKResultMessage | undefined;
  try {
    for await (const message of query({ prompt: at.prompt, options: sdk })) {
      if (message.type === 'result') result = message;
    }
  } catch (error) {
    if (killing !== undefined) return await afterKill(killing);
    if (/No conversation found/.test(String(error))) return 'unknown session';
    // An API failure is a result first and an exception then; the result says more.
    if (!result) throw error;
  }
  if (killing !== undefined) return afterKill(killing);
  if (!result) throw new Error('The agent ended without a result');
  session.results.push(result);
  session.text = result.subtype === 'success' ? result.result : result.subtype;
  session.data = JSON.parse(/```json\n([\s\S]*?)\n```/.exec(session.text)?.[1] ?? '{}');
  return 'result';
}

/** The next process has the same mark: it must not start while the last one's are still being looked for. */
async function afterKill(killing: Promise<number>): Promise<'killed'> {
  await killing;
  return 'killed';
}
