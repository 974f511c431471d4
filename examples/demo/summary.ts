import type { Engine, Run } from '@decree/contracts';

const counted = (counts: Readonly<Record<string, number | undefined>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count)
    .map(([name, count]) => `${count} ${name.replaceAll('_', ' ')}`)
    .join(', ') || 'none';

/** What the whole job took, as lines for a person. */
export async function summaryLines(engine: Engine, runs: readonly Run[]): Promise<string[]> {
  const [summary, report] = await Promise.all([engine.query('summary', {}), engine.query('verify', {})]);
  const { usage } = summary;
  const tokens = usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  return [
    `runs        ${counted(summary.runs)}`,
    `attempts    ${summary.totalRuns} (${counted(Object.fromEntries((['planner', 'implementor', 'reviewer'] as const).map((role) => [role, runs.filter((run) => run.role === role).length])))})`,
    `agent time  ${summary.minutes.toFixed(2)} min, waiting included`,
    `tokens      ${tokens} (${usage.inputTokens} in, ${usage.outputTokens} out)`,
    `cost        $${usage.costUsd.toFixed(4)} (${usage.costBasis}; the model is a script, nobody is billed)`,
    `decisions   ${counted(summary.decisions)}`,
    `approvals   ${counted(summary.approvals)}`,
    `artifacts   ${counted(summary.artifacts)}`,
    `verify      ${report.ok ? 'ok' : `${report.problems.length} problems`}: ${report.events} events in ${report.streams} chains`,
  ];
}
