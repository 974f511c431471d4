import type { ModelUsage } from '@anthropic-ai/claude-agent-sdk';
import type { AgentReport, Usage } from '@decree/contracts';

type Snapshot = Record<string, ModelUsage>;
type UsageReport = Extract<AgentReport, { type: 'usage' }>;

export interface UsageMeter {
  /** The totals as they stand before this turn: the SDK's totals go on over resumes. */
  begin(totals: Snapshot): void;
  /** What was used since the last call. Without a beginning it cannot be told, and nothing is. */
  advance(totals: Snapshot): UsageReport[];
  /** The last word, from the result: its totals, or what it says was used since the last result where there was no beginning. */
  finish(result: { modelUsage: Snapshot; model_usage_since_last_result?: Snapshot }): UsageReport[];
}

/** Turns the SDK's running totals per model into what was used since the last report. */
export function createUsageMeter(): UsageMeter {
  let known: Snapshot | null = null;

  const advance = (totals: Snapshot): UsageReport[] => {
    if (known === null) return [];
    const before = known;
    known = { ...known, ...totals };
    return Object.entries(totals).flatMap(([model, now]) => report(model, difference(now, before[model])));
  };
  return {
    begin(totals) {
      known ??= totals;
    },
    advance,
    finish: (result) =>
      known === null
        ? Object.entries(result.model_usage_since_last_result ?? {}).flatMap(([model, used]) => report(model, difference(used)))
        : advance(result.modelUsage),
  };
}

const since = (now: number, before = 0) => Math.max(0, now - before);

function difference(now: ModelUsage, before?: ModelUsage): Usage {
  // For a model without a price the SDK makes one up; no price is better than that.
  const priced = now.costBasis !== 'unknown';
  return {
    inputTokens: since(now.inputTokens, before?.inputTokens),
    outputTokens: since(now.outputTokens, before?.outputTokens),
    cacheReadTokens: since(now.cacheReadInputTokens, before?.cacheReadInputTokens),
    cacheWriteTokens: since(now.cacheCreationInputTokens, before?.cacheCreationInputTokens),
    costUsd: priced ? since(now.costUSD, before?.costUSD) : 0,
    costBasis: priced ? 'reported' : 'unknown',
  };
}

function report(model: string, usage: Usage): UsageReport[] {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd } = usage;
  const anything = inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens + costUsd > 0;
  return anything ? [{ type: 'usage', model, usage }] : [];
}
