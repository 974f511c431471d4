import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkspaceError } from './errors.ts';
import { readSmallFile, writeWhole } from './files.ts';
import { parseRunId } from './names.ts';
import type { OpenWorkspace } from './port.ts';

/**
 * What the host knows about a workspace, written before anything is made and removed after everything is gone. It lies
 * in the state directory, where agents cannot write: nothing is believed because a worktree says so.
 * creating: no agent was ever there, so a half-made one is thrown away. removing: the last salvage is done, so what is
 * left of the files says nothing.
 */
export interface WorkspaceRecord {
  version: 1;
  state: 'creating' | 'ready' | 'removing';
  workspace: OpenWorkspace;
  /** The commit that the branch was put at, and whether the branch is this workspace's own making. */
  start: string;
  newBranch: boolean;
  /** The tree of the files when the workspace was ready; null until then. */
  baseTree: string | null;
  /** For the main tree: digests of HEAD and of the index's entries. */
  main: { head: string; index: string } | null;
}

export interface Records {
  read(runId: string): Promise<WorkspaceRecord | undefined>;
  write(record: WorkspaceRecord): Promise<void>;
  remove(runId: string): Promise<void>;
  all(): Promise<WorkspaceRecord[]>;
}

export async function createRecords(directory: string): Promise<Records> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = (runId: string) => join(directory, `${parseRunId(runId)}.json`);
  const read = async (runId: string): Promise<WorkspaceRecord | undefined> => {
    const text = await readSmallFile(path(runId));
    if (text === undefined) return undefined;
    const record = JSON.parse(text) as WorkspaceRecord;
    if (record.version === 1) return record;
    throw new WorkspaceError('workspace_taken', `${path(runId)} was written by a later version of Decree. Use that version.`);
  };
  return {
    read,
    write: (record) =>
      writeWhole(path(record.workspace.runId), `${JSON.stringify(record, undefined, 1)}\n`, { mode: 0o600, durable: true }),
    remove: (runId) => rm(path(runId), { force: true }),
    async all() {
      const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
      const records = await Promise.all(names.map((name) => read(name.slice(0, -'.json'.length))));
      return records.filter((record) => record !== undefined);
    },
  };
}
