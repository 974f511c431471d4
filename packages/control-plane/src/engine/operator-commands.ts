import { DecreeError } from '@decree/contracts';
import type { CommandOptions, Handler } from './commands.ts';
import { isLiveWorktree } from './list-worktrees.ts';
import { saidBefore } from './said-before.ts';

type OperatorCommand = 'dispatch.pause' | 'dispatch.resume' | 'worktree.clean';

/** What people do with the engine itself. */
export function createOperatorCommands(options: CommandOptions): { [T in OperatorCommand]: Handler<T> } {
  const { ledger, record, pause, supervisor, workspaces, repositoryId } = options;

  return {
    async 'dispatch.pause'({ reason = null }, command) {
      const result = { message: 'dispatching is paused; agents that run go on, what is dispatched waits in the queue' };
      if (await saidBefore(ledger, command, 'system.dispatch_paused')) return result;
      const known = pause.now();
      if (known)
        throw new DecreeError('conflict', `dispatching is paused already, by ${known.by.id} since ${known.at}; resume it first`);
      const about = { repositoryId, correlationId: command.id, actor: command.actor };
      await ledger.commit({ events: [{ ...record('system.dispatch_paused', { reason }, about), id: command.id }] });
      // A claim that was under way when this came is not stopped half way; after it nothing is claimed.
      await supervisor.settled();
      return result;
    },

    async 'dispatch.resume'(_input, command) {
      const result = { message: 'agents are dispatched again' };
      if (await saidBefore(ledger, command, 'system.dispatch_resumed')) return result;
      if (!pause.now()) throw new DecreeError('conflict', 'dispatching is not paused');
      const about = { repositoryId, correlationId: command.id, actor: command.actor };
      await ledger.commit({ events: [{ ...record('system.dispatch_resumed', {}, about), id: command.id }] });
      return result;
    },

    async 'worktree.clean'({ branch }) {
      const found = (await workspaces.list()).find((listing) => listing.branch === branch);
      if (!found) throw new DecreeError('not_found', `there is no worktree of a branch ${branch} below .worktrees/`);
      if (found.state === 'foreign')
        throw new DecreeError(
          'conflict',
          `${found.directory} was not made by Decree; look at it, then remove it with: git worktree remove ${found.directory}`,
        );
      if (await isLiveWorktree(ledger, found))
        throw new DecreeError('conflict', `run ${found.runId} works in it, or will go on in it; cancel it first`, {
          details: { runId: found.runId },
        });
      const { ref, commit } = await workspaces.clean(found.directory);
      const kept = commit ? `its files are kept in ${ref} (${commit.slice(0, 12)})` : 'it held nothing that was not committed';
      return { message: `removed the worktree ${found.directory}; ${kept}, and the branch stays` };
    },
  };
}
