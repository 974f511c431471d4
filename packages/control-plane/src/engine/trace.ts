import { DecreeError, Id, type Page, specKey, type Trace } from '@decree/contracts';
import { allOf } from './all-of.ts';
import type { Ledger } from './ledger/port.ts';
import { issueNumber } from './task-reference.ts';

/** From any one thing to all that shares its root: a spec's path, `#12`, an id, a commit. */
export function createTrace(ledger: Ledger, repositoryId: string): (reference: string) => Promise<Trace> {
  async function rootOf(reference: string): Promise<string | null> {
    const spec = await ledger.get('specs', specKey(repositoryId, reference));
    if (spec) {
      // The plan that took it in may stand under another spec's root, when they were planned together.
      const plan = (await mostOf((page) => ledger.listTasks({ ...page, kind: 'plan', state: 'all' }))).find((task) =>
        task.specs.some(({ path }) => path === reference),
      );
      return plan?.correlationId ?? spec.correlationId;
    }
    const number = issueNumber(reference);
    if (number !== null) {
      const task = await ledger.taskOfIssue(repositoryId, number);
      return task?.correlationId ?? rootOfArtifact(`#${number}`);
    }
    return (Id.safeParse(reference).success ? await rootOfId(reference) : null) ?? rootOfArtifact(reference);
  }

  async function rootOfId(id: string): Promise<string | null> {
    for (const collection of ['tasks', 'runs', 'approvals', 'artifacts'] as const) {
      const row = await ledger.get(collection, id);
      if (row) return row.correlationId;
    }
    const event = await ledger.event(id);
    if (event) return event.correlationId;
    const page = await ledger.listEvents({ correlationId: id, limit: 1 });
    return page.items.length > 0 ? id : null;
  }

  async function rootOfArtifact(reference: string): Promise<string | null> {
    return (await ledger.listArtifacts({ reference, limit: 1 })).items[0]?.correlationId ?? null;
  }

  return async (reference) => {
    const correlationId = await rootOf(reference.trim());
    if (correlationId === null) {
      throw new DecreeError(
        'not_found',
        `nothing is known of ${reference}; give a spec's path, an issue or pull request (#12), a full commit, or the id of a task, run, approval, artifact, session or event`,
      );
    }
    const [runs, approvals, artifacts, { state }] = await Promise.all([
      mostOf((page) => ledger.listRuns({ ...page, correlationId })),
      mostOf((page) => ledger.listApprovals({ ...page, state: 'all', correlationId })),
      mostOf((page) => ledger.listArtifacts({ ...page, correlationId })),
      ledger.openState(),
    ]);
    const created = await mostOf((page) => ledger.listEvents({ ...page, correlationId, type: 'task.created' }));
    const tasks = await Promise.all(created.map((event) => ledger.get('tasks', event.taskId ?? '')));
    const known = tasks.filter((task) => task !== null);
    const paths = new Set(known.flatMap((task) => task.specs.map((spec) => spec.path)));
    const issues = new Set(known.map((task) => task.issue));
    return {
      correlationId,
      specs: Object.values(state.specs).filter((spec) => paths.has(spec.path) || spec.correlationId === correlationId),
      tasks: known,
      runs,
      approvals,
      artifacts,
      pulls: Object.values(state.pulls).filter((pull) => pull.issues.some((issue) => issues.has(issue))),
    };
  };
}

/** More than this under one root is cut: a trace is read by a person. */
const maxItems = 5_000;

const mostOf = <T>(read: (page: { limit: number; after?: string }) => Promise<Page<T>>): Promise<T[]> => allOf(read, maxItems);
