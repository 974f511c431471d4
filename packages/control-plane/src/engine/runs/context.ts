import { labelValue, type Run, specKey, type Task, taskTypes } from '@decree/contracts';
import type { Forge } from '../forge/port.ts';
import type { Pull } from '../forge/shapes.ts';
import type { Ledger } from '../ledger/port.ts';
import type { AgentContext } from '../workflow/prompt.ts';
import { findLinkedPull } from './aftermath.ts';

export interface ContextOptions {
  forge: Forge;
  ledger: Ledger;
  defaultBranch: string;
  /** A unified diff of one file between two versions of it. */
  diff: (path: string, fromBlob: string, toBlob: string) => Promise<string | null>;
  signal: AbortSignal;
}

/** Everything the agent is told at its start. A fetch that fails fails the dispatch: an agent never begins half informed. */
export async function fetchContext(
  run: Run,
  task: Task,
  options: ContextOptions,
): Promise<{ context: AgentContext; pull: Pull | null }> {
  const base = { role: run.role, repository: run.repositoryId, baseBranch: options.defaultBranch, attempt: run.attempt };
  if (run.role === 'planner') return { context: { ...base, ...(await planContext(task, options)) }, pull: null };
  const number = run.issue;
  if (number === null) throw new Error(`run ${run.id} of role ${run.role} has no issue`);
  const [issue, pull] = await Promise.all([
    options.forge.getIssue(number, { signal: options.signal }),
    findLinkedPull(options.forge, number, options.signal),
  ]);
  const { title, body, labels } = issue;
  const context = { ...base, issue: { number, title, body, labels } };
  return { context: pull ? { ...context, pull: await pullContext(pull, options) } : context, pull };
}

async function planContext(
  task: Task,
  { forge, ledger, diff, signal }: ContextOptions,
): Promise<Pick<AgentContext, 'specs' | 'openTaskIssues'>> {
  const specs = await Promise.all(
    task.specs.map(async ({ path, blobSha }) => {
      const known = await ledger.get('specs', specKey(task.repositoryId, path));
      const planned = known?.plannedBlobSha ?? null;
      const { text } = await forge.readBlob(blobSha, { signal });
      if (text === null) throw new Error(`${path} is not UTF-8 text; save it as UTF-8 and commit it`);
      return { path, content: text, diff: planned ? await diff(path, planned, blobSha) : null };
    }),
  );
  const issues = await forge.listIssues({ state: 'open' }, { signal });
  const openTaskIssues = issues.value
    .filter((issue) => labelValue(issue.labels, 'task', taskTypes) !== null)
    .map(({ number, title, labels, body }) => ({ number, title, labels, body }));
  return { specs, openTaskIssues };
}

async function pullContext(pull: Pull, { forge, signal }: ContextOptions): Promise<NonNullable<AgentContext['pull']>> {
  const [files, checks, reviews, comments] = await Promise.all([
    forge.pullFiles(pull.number, { signal }),
    forge.checks(pull.head.sha, { signal }),
    forge.listReviews(pull.number, { signal }),
    forge.listInlineComments(pull.number, { signal }),
  ]);
  return {
    number: pull.number,
    head: pull.head.ref,
    title: pull.title,
    draft: pull.draft,
    files: files.map(({ path, status, patch }) => ({ path, status, patch })),
    failedChecks: checks.failed.map(({ name, summary }) => ({ name, summary })),
    reviews: reviews.map(({ author, state, body }) => ({ author, state, body })),
    comments: comments.map(({ author, path, line, body }) => ({ author, path, line, body })),
  };
}
