import { z } from 'zod';
import { Id, Timestamp } from './ids.ts';
import { Role } from './policy.ts';
import { Usage } from './run.ts';

/**
 * The adapter protocol, version 1: NDJSON over stdio, one process per agent turn; an adapter in process speaks the same
 * words as values. Adapters are thin: they report what the agent does, wait for decisions, and decide nothing.
 */
export const protocolVersion = 1;

/** A line with more bytes than this, its newline left out, is not read. */
export const maxLineBytes = 4 * 1024 * 1024;

/** What an adapter can do; what it cannot, the control plane does not ask of it. */
export const AdapterCapabilities = z.object({
  /** Which tool calls wait for a decision. A policy that needs approvals is refused on anything but `every_call`. */
  gate: z.enum(['every_call', 'agent_chosen', 'none']),
  /** A session can be gone on with after its process ended. */
  resume: z.boolean(),
  /** A waiting agent can be ended and resumed at the same call. */
  defer: z.boolean(),
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
  /** Names of the tools it may use; null: all that the adapter has, less `disallowedTools`. */
  tools: z.array(z.string()).nullable(),
  disallowedTools: z.array(z.string()),
  maxTurns: z.number().int().positive().nullable(),
  /** The whole environment of the agent's process. */
  env: z.record(z.string(), z.string()),
});
export type StartMessage = z.infer<typeof StartMessage>;

/** The answer to one `tool.requested`. */
export const DecisionMessage = z.object({
  type: z.literal('decision'),
  toolCallId: z.string(),
  /** defer: end the process and keep the call for a resume (only where capabilities.defer). */
  outcome: z.enum(['allow', 'deny', 'defer']),
  /** The agent reads it on deny. */
  reason: z.string(),
  /** On allow of a question to a person (`agent.question`): what they answered. */
  answer: z.string().optional(),
});
export type DecisionMessage = z.infer<typeof DecisionMessage>;

/** A person's message for the running agent. */
export const SayMessage = z.object({
  type: z.literal('say'),
  text: z.string(),
});
/** End the turn: the agent gets a moment to, then its processes are killed. */
export const CancelMessage = z.object({ type: z.literal('cancel') });
export type SayMessage = z.infer<typeof SayMessage>;
export type CancelMessage = z.infer<typeof CancelMessage>;
/** Control plane → adapter, one JSON object a line. */
export const ControlMessage = z.discriminatedUnion('type', [StartMessage, DecisionMessage, SayMessage, CancelMessage]);
export type ControlMessage = z.infer<typeof ControlMessage>;

/** How a turn ended. limit: turns or budget used up; deferred: a call was deferred, and the session can be resumed at it. */
export const turnStatuses = ['ok', 'error', 'canceled', 'limit', 'deferred'] as const;

/** Adapter → control plane, one JSON object a line: `hello` first, `turn.completed` last. */
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
    subagent: z.string().optional(),
  }),
  z.object({ type: z.literal('thinking'), text: z.string() }),
  /** The agent wants to call a tool; with gate every_call it waits for a DecisionMessage of this id. `subagent` names the sub-agent that does. */
  z.object({
    type: z.literal('tool.requested'),
    toolCallId: z.string().max(200),
    tool: z.string().max(200),
    input: z.unknown(),
    subagent: z.string().optional(),
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
    /** Whose fault an error is, where the adapter knows: the model's provider, the adapter's words, or a process that died. */
    fault: z.enum(['provider', 'protocol', 'crash']).optional(),
  }),
]);
export type AgentReport = z.infer<typeof AgentReport>;
