import type { z } from 'zod';
import { ForgeError } from './errors.ts';
import { annotationsAnswer, checkRunsAnswer, statusAnswer } from './octokit-answers.ts';
import type { Caller } from './octokit-call.ts';
import { type Pages, parse } from './octokit-pages.ts';
import type { CallOptions, Forge } from './port.ts';
import type { CheckDetail, CheckSummary } from './shapes.ts';

type CheckRun = z.infer<typeof checkRunsAnswer>['check_runs'][number];
type Status = z.infer<typeof statusAnswer>['statuses'][number];

const failures = new Set(['failure', 'timed_out', 'cancelled', 'action_required', 'startup_failure']);
/** Of what a person looks at on a screen: more is behind the link. */
const tailLines = 200;
/** A log is fetched whole, so only so many are. */
const mostLogs = 5;

/** What CI says about a commit. */
export function checkCalls(caller: Caller, pages: Pages, root: string): Pick<Forge, 'checks' | 'checkDetails'> {
  async function read(sha: string, call?: CallOptions): Promise<{ runs: CheckRun[]; statuses: Status[] }> {
    const at = `${root}/commits/${encodeURIComponent(sha)}`;
    const [runs, statuses] = await Promise.all([
      pages.all(`${at}/check-runs`, checkRunsAnswer.shape.check_runs.element, {
        ...call,
        items: (data) => (data as { check_runs?: unknown }).check_runs,
      }),
      pages.all(`${at}/status`, statusAnswer.shape.statuses.element, {
        ...call,
        items: (data) => (data as { statuses?: unknown }).statuses,
      }),
    ]);
    return { runs: runs.value, statuses: statuses.value };
  }

  /** What the check itself wrote, else what it noted at lines, else the log of the Actions job that it is. */
  async function logTail(run: CheckRun, call?: CallOptions): Promise<string | null> {
    const { text = '', annotations_count: notes } = run.output ?? {};
    if (text !== '') return tail(text);
    try {
      if (notes) {
        const path = `${root}/check-runs/${run.id}/annotations?per_page=100`;
        const { data } = await caller.send({ method: 'GET', path }, call);
        const said = parse(annotationsAnswer, data, path).map(
          ({ path: file, start_line, annotation_level, title, message }) =>
            `${file}:${start_line}: ${annotation_level ?? 'note'}: ${[title, message].filter(Boolean).join(': ')}`,
        );
        if (said.length > 0) return tail(said.join('\n'));
      }
      const job = /\/actions\/runs\/\d+\/job\/(\d+)/.exec(run.details_url ?? run.html_url ?? '')?.[1];
      if (!job) return null;
      const { data } = await caller.send({ method: 'GET', path: `${root}/actions/jobs/${job}/logs` }, call);
      return typeof data === 'string' ? tail(data.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /gm, '')) : null;
    } catch (error) {
      // Logs expire, and an App may not be allowed to read them: the rest of the answer is worth having all the same.
      if (error instanceof ForgeError) return null;
      throw error;
    }
  }

  return {
    async checks(sha, call) {
      const { runs, statuses } = await read(sha, call);
      return summarizeChecks(runs, statuses);
    },
    async checkDetails(sha, call) {
      const { runs, statuses } = await read(sha, call);
      const failed = runs.filter((run) => stateOf(run) === 'failure').slice(0, mostLogs);
      const tails = new Map(await Promise.all(failed.map(async (run) => [run, await logTail(run, call)] as const)));
      const ofRuns = runs.map(
        (run): CheckDetail => ({
          ...{ name: run.name, state: stateOf(run), summary: summaryOf(run) },
          ...{ logTail: tails.get(run) ?? null, url: run.html_url },
        }),
      );
      const ofStatuses = statuses.map(
        ({ context, state, description, target_url }): CheckDetail => ({
          ...{ name: context, state: state === 'error' ? 'failure' : wordOf(state), summary: description },
          ...{ logTail: null, url: target_url },
        }),
      );
      return [...ofRuns, ...ofStatuses];
    },
  };
}

/**
 * Check runs and status contexts as one word. GitHub's own combined state is not used: it says pending when there is no
 * status at all.
 */
function summarizeChecks(runs: readonly CheckRun[], statuses: readonly Status[]): CheckSummary {
  const failed: CheckSummary['failed'] = [];
  const pending: string[] = [];
  for (const run of runs) {
    const state = stateOf(run);
    if (state === 'pending') pending.push(run.name);
    else if (state === 'failure')
      failed.push({ name: run.name, summary: summaryOf(run) || (run.conclusion ?? ''), url: run.html_url });
  }
  for (const { context, state, description, target_url } of statuses) {
    if (state === 'pending') pending.push(context);
    else if (state === 'failure' || state === 'error')
      failed.push({ name: context, summary: description || state, url: target_url });
  }
  const state = failed.length > 0 ? 'failure' : pending.length > 0 ? 'pending' : 'success';
  return { state, total: runs.length + statuses.length, failed, pending };
}

const wordOf = (word: string): CheckDetail['state'] =>
  word === 'success' || word === 'pending' || word === 'failure' ? word : 'neutral';

function stateOf({ status, conclusion }: CheckRun): CheckDetail['state'] {
  if (status !== 'completed') return 'pending';
  return failures.has(conclusion ?? '') ? 'failure' : conclusion === 'success' ? 'success' : 'neutral';
}

const summaryOf = ({ output }: CheckRun): string => output?.summary || output?.title || '';
const tail = (text: string): string => text.trimEnd().split(/\r?\n/).slice(-tailLines).join('\n');
