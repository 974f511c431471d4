import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { agentEnvironment, commitGuidance, writeAgentConfig } from './agent-git.ts';
import { snapshotMainTree } from './main-tree.ts';
import { parseRunId } from './names.ts';
import type { OpenWorkspace, WorkspaceRequest } from './port.ts';
import type { WorkspaceRecord } from './records.ts';
import { commitOf } from './repository.ts';
import type { Room } from './room.ts';

/** The Planner's workspace: the main tree itself. Nothing is made in it; what it holds is noted, to be compared at the end. */
export async function openMainTree(room: Room, request: WorkspaceRequest): Promise<OpenWorkspace> {
  const runId = parseRunId(request.runId);
  const known = await room.records.read(runId);
  if (known?.state === 'ready') return known.workspace;
  const { repository } = room;
  const base = await commitOf(repository, repository.defaultBranch);
  const agentConfig = join(room.agentConfigs, `${runId}.gitconfig`);
  const { tree, head, index } = await snapshotMainTree(room.salvageGit, repository, `${room.indexOf(runId)}.main`);
  await writeAgentConfig(room.git, repository, agentConfig);
  const workspace: OpenWorkspace = {
    runId,
    kind: 'main',
    directory: repository.root,
    branch: null,
    base,
    correlationId: request.correlationId,
    environment: agentEnvironment({
      gitDirectory: repository.commonDirectory,
      agentConfig,
      author: request.author,
      nodePath: room.nodePath,
      readOnly: true,
    }),
    pathPrefix: [room.helperDirectory],
    commitGuidance: commitGuidance(request.correlationId),
    kept: null,
    setupOutput: null,
    paths: {
      commonDirectory: repository.commonDirectory,
      adminDirectory: null,
      agentConfig,
      helperDirectory: room.helperDirectory,
    },
  };
  await room.records.write({
    version: 1,
    state: 'ready',
    start: base,
    newBranch: false,
    baseTree: tree,
    main: { head, index },
    workspace,
  });
  return workspace;
}

/** Forgets what was noted of it. The tree itself is the person's. */
export async function leaveMainTree(room: Room, { workspace }: WorkspaceRecord): Promise<void> {
  await rm(workspace.paths.agentConfig, { force: true });
  await room.records.remove(workspace.runId);
}
