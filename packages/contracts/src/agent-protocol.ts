import { z } from 'zod';
import { Id, Timestamp } from './ids.ts';
import { Role } from './policy.ts';
import { Usage } from './run.ts';

/**
 * The adapter protocol, version 1: NDJSON over stdio, one process per agent turn; an adapter in process speaks the same
 * words as values. Adapters are thin: they report what the agent does, wait for decisions, and decide nothing.
 */
export const protocolVersion = 1;

/** A line longer than this is not read. */
export const maxLineBytes = 4 * 1024 * 1024;

export const AdapterCapabilities = z.object({
  /** Which tool calls wait for a decision. A policy that needs approvals is refused on anything but `every_call`. */
  gate: z.enum(['every_call', 'agent_chosen', 'none']),
  resume: z.boolean(),
  /** A waiting agent can be ended and resumed at the same call. */
  defer: z.boolean(),
  interrupt: z.boolean(),
  cost: z.boolean(),
});
export type AdapterCapabilities = z.infer<typeof AdapterCapabilities>;

/** Why a turn starts, and with which words. */
export const StartMessage = z.object({
  type: z.literal('start'),
  v: z.literal(protocolVersion),
  runId: Id,
  sessionId: Id,
  role: Role,
  /** Absolute path of the working directory. */
  cwd: z.string(),
  systemPrompt: z.string(),
  prompt: z.string(),
  /**
   * new: a session with this id does not exist yet. deferred: it ended in a deferred call, which is asked for again
   * without a prompt. interrupted: it was killed; the prompt asks the agent to look at what exists and go on.
   */
  resume: z.enum(['new', 'deferred', 'interrupted']),
  model: z.string().nullable(),
  tools: z.array(z.string()).nullable(),
  disallowedTools: z.array(z.string()),
  maxTurns: z.number().int().positive().nullable(),
  /** The whole environment of the agent's process. */
  env: z.record(z.string(), z.string()),
});
export type StartMessage = z.infer<typeof StartMessage>;

export const DecisionMessage = z.object({
  type: z.literal('decision'),
  toolCallId: z.string(),
  /** defer: end the process and keep the call for a resume (only where capabilities.defer). */
  effect: z.enum(['allow', 'deny', 'defer']),
  /** The agent reads it on deny. */
  reason: z.string(),
});
export type DecisionMessage = z.infer<typeof DecisionMessage>;

export const SayMessage = z.object({
  type: z.literal('say'),
  text: z.string(),
});
export const CancelMessage = z.object({ type: z.literal('cancel') });
export type SayMessage = z.infer<typeof SayMessage>;
export type CancelMessage = z.infer<typeof CancelMessage>;
export const ControlMessage = z.discriminatedUnion('type', [StartMessage, DecisionMessage, SayMessage, CancelMessage]);
export type ControlMessage = z.infer<typeof ControlMessage>;

export const turnStatuses = ['ok', 'error', 'canceled', 'limit', 'deferred'] as const;

export const AgentReport = z.discriminatedUnion('type', [
  /** First of all. */
  z.object({
    type: z.literal('hello'),
    v: z.number().int(),
    adapter: z.string(),
    agentVersion: z.string(),
    capabilities: AdapterCapabilities,
  }),
  z.object({
    type: z.literal('session.started'),
    model: z.string().nullable(),
  }),
  z.object({
    type: z.literal('text'),
    text: z.string(),
    agent: z.string().optional(),
  }),
  z.object({ type: z.literal('thinking'), text: z.string() }),
  /** The agent wants to call a tool; with gate every_call it waits for a DecisionMessage of this id. `agent` names a sub-agent. */
  z.object({
    type: z.literal('tool.requested'),
    toolCallId: z.string().max(200),
    tool: z.string().max(200),
    input: z.unknown(),
    agent: z.string().optional(),
  }),
  z.object({
    type: z.literal('tool.completed'),
    toolCallId: z.string().max(200),
    isError: z.boolean(),
    output: z.string(),
  }),
  /** What was used since the last report of it. */
  z.object({ type: z.literal('usage'), model: z.string(), usage: Usage }),
  z.object({
    type: z.literal('retry'),
    attempt: z.number().int(),
    message: z.string(),
    retryAt: Timestamp.nullable(),
  }),
  z.object({ type: z.literal('warning'), message: z.string() }),
  /** Last of all. */
  z.object({
    type: z.literal('turn.completed'),
    status: z.enum(turnStatuses),
    message: z.string(),
    structured: z.unknown().optional(),
  }),
]);
export type AgentReport = z.infer<typeof AgentReport>;
