import { systemClock } from '../../src/engine/system/clock.ts';
import { createWorkspaces } from '../../src/engine/workspaces/create-workspaces.ts';
import type { WorkspaceRequest } from '../../src/engine/workspaces/port.ts';
import { openRepository } from '../../src/engine/workspaces/repository.ts';

// An engine that makes (and, if told, removes) one worktree, to be killed at any point of it.
const [root = '', stateDirectory = '', verb = '', text = ''] = process.argv.slice(2);
const env = { PATH: process.env.PATH };
const workspaces = await createWorkspaces({
  repository: await openRepository(root),
  stateDirectory,
  clock: systemClock,
  env,
  nodePath: process.execPath,
});
process.stdout.write('ready\n');
const workspace = await workspaces.create(JSON.parse(text) as WorkspaceRequest);
process.stdout.write('created\n');
if (verb === 'remove') await workspaces.remove(workspace);
process.stdout.write('done\n');
