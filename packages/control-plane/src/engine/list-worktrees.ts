import { DecreeError, isLive, type Page, type Worktree } from '@decree/contracts';
import type { Forge } from './forge/port.ts';
import type { Ledger } from './ledger/port.ts';
import type { WorkspaceListing, Workspaces } from './workspaces/port.ts';

interface Options {
  ledger: Ledger;
  forge: Forge;
  workspaces: Workspaces;
}

/** Whether a run that has not ended works in it. */
export async function isLiveWorktree(ledger: Ledger, { runId }: WorkspaceListing): Promise<boolean> {
  const run = runId === null ? null : await ledger.get('runs', runId);
  return run !== null && isLive(run);
}

/** By branch. Only the page that was asked for is looked into: that reads files. */
export async function listWorktrees(
  options: Options,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<Page<Worktree>> {
  const all = (await options.workspaces.list()).sort((a, b) => (a.branch < b.branch ? -1 : 1));
  const from = after === undefined ? '' : readCursor(after);
  const rest = all.filter(({ branch }) => branch > from);
  const shown = rest.slice(0, limit);
  const items: Worktree[] = [];
  // One after the other: each is several programs, and nobody waits for the sum of many.
  for (const listing of shown) items.push(await look(options, listing));
  const last = shown.at(-1);
  return rest.length > limit && last ? { items, next: writeCursor(last.branch) } : { items };
}

async function look({ ledger, forge, workspaces }: Options, listing: WorkspaceListing): Promise<Worktree> {
  const { branch, directory: path, runId } = listing;
  const run = runId === null ? null : await ledger.get('runs', runId);
  // A review stands on a branch of another name than its directory's, and is detached: its commits are its branch's.
  const pushed = await forge.branchHead(run?.workspace?.branch ?? branch);
  const { modified, untracked, unpushedCommits, salvageRef } = await workspaces.inspect(path, pushed);
  return {
    ...{ branch, path, runId, taskId: run?.taskId ?? null, issue: run?.issue ?? null },
    ...{ inUse: run !== null && isLive(run), modified, untracked, unpushedCommits, salvageRef },
  };
}

const writeCursor = (branch: string): string => Buffer.from(`w${branch}`).toString('base64url');
function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (text.startsWith('w')) return text.slice(1);
  throw new DecreeError('invalid', 'Expected a cursor that this list gave. Begin again without one.');
}
