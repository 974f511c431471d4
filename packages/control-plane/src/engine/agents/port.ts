import type {
  AdapterCapabilities,
  AgentReport,
  CancelMessage,
  DecisionMessage,
  SayMessage,
  StartMessage,
} from '@decree/contracts';

/** A kind of agent runtime. Thin: it carries words both ways and decides nothing. */
export interface AgentAdapter {
  readonly name: string;
  readonly capabilities: AdapterCapabilities;
  /**
   * Starts one turn. `signal` is the run's: when it aborts, the whole process tree is ended.
   * `stateDirectory` is the run's own (0700, outside TMPDIR, kept until the run can no longer be resumed).
   */
  open(start: StartMessage, options: { signal: AbortSignal; stateDirectory: string }): AgentSession;
}

export interface AgentSession {
  /**
   * What the agent does, in order, `turn.completed` last – always, also when the process dies (status error). Pulled one
   * by one: an agent that talks faster than it is read is held back, never buffered without bound.
   */
  readonly reports: AsyncIterable<AgentReport>;
  /** A decision that nobody waits for, or a word to an agent that has ended, is dropped. */
  send(message: DecisionMessage | SayMessage | CancelMessage): void;
  /** Ends the process tree and resolves when nothing of it is left. */
  close(): Promise<void>;
}
