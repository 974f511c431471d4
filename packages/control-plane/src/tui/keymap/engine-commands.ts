import { isLive, type Repository, type Run, type Worktree } from '@decree/contracts';
import { showThing } from '../actions/navigate.ts';
import type { TuiState } from '../store/state.ts';
import type { TuiCommand } from './command.ts';

const base = { group: 'Engine', scope: 'everywhere', writes: true, footer: null } as const;
const terminal = { group: 'Terminal', scope: 'everywhere', writes: false, footer: null, disabledReason: () => null } as const;

const repositoryOf = ({ world, health }: TuiState): Repository | null =>
  Object.values(world.repositories)[0] ?? health?.repository ?? null;
const plannerOf = ({ world }: TuiState): Run | undefined =>
  Object.values(world.runs).find((run) => run.role === 'planner' && isLive(run));

/** Agents that are at work or hold their process: what a stop waits for. */
export const agentsAtWork = ({ world }: TuiState): number =>
  Object.values(world.runs).filter((run) => run.state === 'running' || (run.state === 'waiting_approval' && !run.parked)).length;

const worktreeOf = (state: TuiState, branch: string | null): Worktree | undefined =>
  state.worktreePages.value?.find((worktree) => worktree.branch === branch);

/** What would be lost if it were deleted by hand, and what keeps it. */
function lossOf({ modified, untracked, unpushedCommits, salvageRef, path }: Worktree): string[] {
  const count = (number: number, what: string) => (number === 0 ? [] : [`${number} ${what}${number === 1 ? '' : 's'}`]);
  const holds = [
    ...count(modified, 'changed file'),
    ...count(untracked, 'new file'),
    ...count(unpushedCommits, 'commit that was not pushed'),
  ];
  const kept = salvageRef === null ? 'They are kept in a hidden ref first.' : `They are kept in ${salvageRef}.`;
  return [path, ...(holds.length === 0 ? ['Nothing in it would be lost.'] : [`It holds ${holds.join(', ')}. ${kept}`])];
}

/** What a person does about the engine as a whole, and about the terminal. */
export const engineCommands: readonly TuiCommand[] = [
  {
    ...base,
    id: 'plan.start',
    label: 'plan',
    help: 'Looks at the specs now and starts the Planner on what is approved and changed.',
    keys: ['p'],
    footer: 13,
    disabledReason: (state) => (plannerOf(state) ? 'the Planner works already' : null),
    run(_state, _target, abilities) {
      abilities.open({
        ...{ kind: 'confirm', question: 'Look at the specs and start the Planner on what is approved and changed?', details: [] },
        yes: () => abilities.execute('plan', 'plan.start', {}),
      });
    },
  },
  {
    ...base,
    id: 'dispatch.pause',
    label: 'pause',
    labelNow: (state) => (repositoryOf(state)?.dispatchPaused ? 'resume' : 'pause'),
    help: 'Pauses all dispatching, and resumes it: no agent is started meanwhile, what works goes on.',
    keys: ['P'],
    disabledReason: (state) => (repositoryOf(state) ? null : 'the engine is not known yet'),
    run(state, _target, abilities) {
      if (repositoryOf(state)?.dispatchPaused) abilities.execute('resume dispatching', 'dispatch.resume', {});
      else
        abilities.open({
          ...{ kind: 'input', label: 'Pause all dispatching – why (may be empty)', value: '', cursor: 0 },
          check: (value) => (value.length > 1_000 ? `${value.length} characters: 1000 are the most` : null),
          submit(value) {
            const reason = value.trim();
            abilities.execute('pause dispatching', 'dispatch.pause', { ...(reason && { reason }) });
          },
        });
    },
  },
  {
    ...base,
    id: 'worktree.clean',
    label: 'clean',
    help: 'Removes this worktree after it has shown what is in it; work in it is kept.',
    keys: ['w'],
    disabledReason(state, { branch }) {
      if (branch === null) return 'no worktree belongs to what is selected';
      return worktreeOf(state, branch)?.inUse ? 'an agent works in it, or will go on in it' : null;
    },
    run(state, { branch }, abilities) {
      if (branch === null) return;
      const worktree = worktreeOf(state, branch);
      if (state.view !== 'worktrees' || !worktree) {
        abilities.set((now) => showThing(now, 'worktrees', branch));
        abilities.notice('info', `this is where ${branch} stands and what it holds: the same key again removes it`);
        return;
      }
      abilities.open({
        ...{ kind: 'confirm', question: `Remove the worktree of ${branch}?`, details: lossOf(worktree) },
        yes: () => abilities.execute(`clean ${branch}`, 'worktree.clean', { branch }),
      });
    },
  },
  {
    ...terminal,
    id: 'terminal.quit',
    label: 'quit',
    help: 'Leaves, after saying how many agents work and what becomes of them.',
    keys: ['q', 'ctrl+c'],
    footer: 100,
    run(state, _target, abilities) {
      // There is nothing left to stop.
      if (state.connection.status === 'stopped') abilities.quit();
      else abilities.open({ kind: 'quit', live: agentsAtWork(state), lost: state.connection.status === 'lost' });
    },
  },
  {
    ...terminal,
    id: 'terminal.suspend',
    label: 'suspend',
    help: 'Back to the shell; `fg` returns. The engine goes on only when it runs elsewhere.',
    keys: ['ctrl+z'],
    run: (_state, _target, abilities) => abilities.suspend(),
  },
  {
    ...terminal,
    id: 'terminal.redraw',
    label: 'redraw',
    help: 'Draws the whole screen anew.',
    keys: ['ctrl+l'],
    run: (_state, _target, abilities) => abilities.redraw(),
  },
];
