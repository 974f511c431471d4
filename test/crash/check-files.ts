import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Places } from './check-ledger.ts';

/** Nothing of a run is left but what is kept on purpose: no worktree, no session, no half-written file, no socket, no lock. */
export async function checkFiles({ directory, project, state }: Places): Promise<string[]> {
  const breaches: string[] = [];
  const expectEmpty = async (path: string, what: string) => {
    const names = await list(path);
    if (names.length > 0) breaches.push(`${what} are left in ${relative(directory, path)}: ${names.join(', ')}`);
  };
  await expectEmpty(join(project, '.worktrees'), 'worktrees');
  await expectEmpty(join(project, '.git/worktrees'), 'records of worktrees');
  await expectEmpty(join(state, 'runs'), 'memories of sessions');
  await expectEmpty(join(state, 'scratch'), 'temporary files');
  await expectEmpty(join(state, 'workspaces/workspaces'), 'records of workspaces');
  await expectEmpty(join(state, 'workspaces/agent'), "agents' git configs");
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = relative(directory, join(entry.parentPath, entry.name));
    if (/\.(lock|partial|draft|decree-new|tmp)$|\.tmp-|\/tmp_/.test(path) || entry.isSocket()) breaches.push(`${path} is left`);
  }
  return breaches;
}

const list = (path: string): Promise<string[]> =>
  readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
