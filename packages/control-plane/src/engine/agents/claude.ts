import type { StartMessage } from '@decree/contracts';
import type { Clock } from '../system/clock.ts';
import { openClaudeSession } from './claude-session.ts';
import type { WrapCommand } from './launch.ts';
import type { AgentAdapter } from './port.ts';

export interface ClaudeAdapterOptions {
  clock: Clock;
  name?: string;
  /** The Claude Code program; default: the one that comes with the SDK as an optional package. */
  pathToClaudeCodeExecutable?: string;
  wrap?: WrapCommand;
  /** From SIGTERM to SIGKILL. */
  graceMs?: number;
  /** How long an interrupted agent may take to end its turn, before it is ended. */
  cancelTimeoutMs?: number;
}

const capabilities = Object.freeze({ gate: 'every_call', resume: true, defer: true, interrupt: true, cost: true } as const);

/**
 * Claude agents, by the Claude Agent SDK. The SDK runs in this process and is loaded with the first turn; the agent is a
 * process of its own, started here, so that it has a group, a mark and an end like every other agent's.
 */
export function createClaudeAdapter(options: ClaudeAdapterOptions): AgentAdapter {
  return {
    name: options.name ?? 'claude',
    capabilities,
    open: (start: StartMessage, context) => openClaudeSession({ ...options, capabilities }, start, context),
  };
}
