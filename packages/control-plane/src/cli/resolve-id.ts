import { type Approval, DecreeError, type Engine, Id, type Page, type Run, shortId, type Task } from '@decree/contracts';
import { plain } from './text.ts';

/** So many rows are looked through for an abbreviated id: the newest ones. */
const mostLookedAt = 5_000;
const shortest = 4;

interface Row {
  id: string;
}

/** A run by its id, the beginning or end of it, or `#12` for the newest run of that task. */
export async function resolveRun(engine: Engine, written: string): Promise<string> {
  if (isIssue(written)) {
    const { task } = await engine.query('getTask', { task: written });
    const id = task.activeRunId ?? task.lastRunId;
    if (!id) throw new DecreeError('not_found', `task ${written} has had no run yet: control-plane dispatch ${written}`);
    return id;
  }
  return resolve(
    'run',
    written,
    (after) => engine.query('listRuns', { limit: 500, after }),
    (run: Run) => `${run.role} ${run.issue === null ? '' : `#${run.issue} `}${run.state}`,
  );
}

/** A task as the engine takes it: `#12` and `12` as they are, an abbreviated id in full. */
export async function resolveTask(engine: Engine, written: string): Promise<string> {
  if (isIssue(written)) return written;
  return resolve(
    'task',
    written,
    (after) => engine.query('listTasks', { limit: 500, state: 'all', after }),
    (task: Task) => `${task.issue === null ? task.kind : `#${task.issue}`} ${plain(task.title)}`,
  );
}

export async function resolveApproval(engine: Engine, written: string): Promise<string> {
  return resolve(
    'approval',
    written,
    (after) => engine.query('listApprovals', { limit: 500, state: 'all', after }),
    (approval: Approval) => `${approval.state} ${plain(approval.action.summary)}`,
  );
}

const isIssue = (written: string): boolean => /^#?\d{1,9}$/.test(written) && (written.startsWith('#') || written.length < 8);

async function resolve<T extends Row>(
  kind: string,
  written: string,
  list: (after: string | undefined) => Promise<Page<T>>,
  describe: (row: T) => string,
): Promise<string> {
  const text = written.toLowerCase();
  if (Id.safeParse(text).success) return text;
  if (!/^[0-9a-f-]+$/.test(text) || text.length < shortest) {
    throw new DecreeError(
      'invalid',
      `expected the id of ${kind === 'approval' ? 'an' : 'a'} ${kind}, or at least ${shortest} characters of its beginning or end, got ${JSON.stringify(written)}`,
    );
  }
  const found: T[] = [];
  let looked = 0;
  let after: string | undefined;
  do {
    const page = await list(after);
    found.push(...page.items.filter(({ id }) => id.startsWith(text) || id.endsWith(text)));
    looked += page.items.length;
    after = page.next;
  } while (after !== undefined && looked < mostLookedAt);
  const [only, ...others] = found;
  if (!only) {
    const where = after === undefined ? '' : ` among the newest ${looked}: give the whole id`;
    throw new DecreeError('not_found', `there is no ${kind} ${written}${where}`);
  }
  if (others.length > 0) {
    const lines = found.slice(0, 10).map((row) => `  ${shortId(row.id)}  ${row.id}  ${describe(row)}`);
    throw new DecreeError(
      'invalid',
      `${written} could be any of ${found.length} ${kind}s; write more of the one you mean:\n${lines.join('\n')}`,
      {
        details: { candidates: found.map(({ id }) => id) },
      },
    );
  }
  return only.id;
}
