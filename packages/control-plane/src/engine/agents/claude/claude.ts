import type { AgentAdapter } from '../port.ts';
import { type ClaudeAdapterOptions, openClaudeSession } from './session.ts';

export type { ClaudeAdapterOptions } from './session.ts';

const capabilities = Object.freeze({ gate: 'every_call', resume: true, defer: true } as const);

/**
 * Claude agents, by the Claude Agent SDK. The SDK runs in this process and is loaded with the first turn; the agent is a
 * process of its own, started here, so that it has a group, a mark and an end like every other agent's.
 */
export function createClaudeAdapter(options: ClaudeAdapterOptions): AgentAdapter {
  return {
    name: options.name ?? 'claude',
    capabilities,
    open: (start, context) => openClaudeSession({ ...options, capabilities }, start, context),
  };
}
