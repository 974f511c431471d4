import type { PolicyOutcome, PolicyRequest } from '@decree/contracts';

/** What one engine says. `code` begins with the engine's name. */
export interface EngineVerdict {
  outcome: PolicyOutcome;
  code: string;
  reason: string;
  /** Names of the rules that determined it; empty when nothing matched. */
  determinedBy: readonly string[];
}

/** A policy engine. It decides from the request alone: no clock, no network unless it says so, no memory. */
export interface PolicyEngine {
  readonly name: string;
  /** SHA-256 of the texts in force. */
  readonly digest: string;
  decide(request: PolicyRequest): EngineVerdict | Promise<EngineVerdict>;
}
