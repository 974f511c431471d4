import type { z } from 'zod';
import type { checkRunsAnswer, statusAnswer } from './octokit-answers.ts';
import type { CheckSummary } from './shapes.ts';

type CheckRun = z.infer<typeof checkRunsAnswer>['check_runs'][number];
type Status = z.infer<typeof statusAnswer>['statuses'][number];

const failures = new Set(['failure', 'timed_out', 'cancelled', 'action_required', 'startup_failure']);

/**
 * Check runs and status contexts as one word. GitHub's own combined state is not used: it says pending when there is no
 * status at all.
 */
export function summarizeChecks(runs: readonly CheckRun[], statuses: readonly Status[]): CheckSummary {
  const failed: CheckSummary['failed'] = [];
  const pending: string[] = [];
  for (const run of runs) {
    if (run.status !== 'completed') pending.push(run.name);
    else if (failures.has(run.conclusion ?? '')) {
      failed.push({
        name: run.name,
        summary: run.output?.summary || run.output?.title || (run.conclusion ?? ''),
        url: run.html_url,
      });
    }
  }
  for (const { context, state, description, target_url } of statuses) {
    if (state === 'pending') pending.push(context);
    else if (state === 'failure' || state === 'error')
      failed.push({ name: context, summary: description || state, url: target_url });
  }
  const state = failed.length > 0 ? 'failure' : pending.length > 0 ? 'pending' : 'success';
  return { state, total: runs.length + statuses.length, failed, pending };
}
