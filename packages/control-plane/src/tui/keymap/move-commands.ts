import { showView, stepBack, toggleFocus, togglePin } from '../actions/navigate.ts';
import { type View, views } from '../store/state.ts';
import type { Motion, TuiCommand } from './command.ts';

const always = () => null;
const base = { group: 'Move', scope: 'everywhere', writes: false, footer: null, disabledReason: always } as const;

const motion = (id: string, keys: readonly string[], [label, help]: readonly [string, string], to: Motion): TuiCommand => ({
  ...base,
  ...{ id, label, help, keys },
  run: (_state, _target, abilities) => abilities.go(to),
});

const viewHelp: Readonly<Record<View, string>> = {
  tasks: 'Tasks: what needs you above what agents do.',
  runs: 'Every run of every agent, newest first.',
  approvals: 'The inbox: what waits for your word.',
  events: 'All that happened, as the ledger has it.',
  costs: 'What was spent, by day, role and model.',
  worktrees: 'Where agents work, and what would be lost there.',
  operations: 'Every program and forge write that the engine carried out.',
};

const toView = (view: View, index: number): TuiCommand => ({
  ...base,
  id: `view.${view}`,
  label: view,
  help: viewHelp[view],
  keys: [String(index + 1)],
  run: (_state, _target, abilities) => abilities.set((state) => showView(state, view)),
});

/** Going about: the same keys in every list and text. */
export const moveCommands: readonly TuiCommand[] = [
  motion('move.down', ['j', 'down'], ['down', 'Down a row, or a line in the detail.'], 'down'),
  motion('move.up', ['k', 'up'], ['up', 'Up a row, or a line in the detail.'], 'up'),
  motion('move.page-down', ['page-down'], ['page down', 'Down a screen.'], 'page-down'),
  motion('move.page-up', ['page-up'], ['page up', 'Up a screen.'], 'page-up'),
  motion('move.half-down', ['ctrl+d'], ['half down', 'Down half a screen.'], 'half-down'),
  motion('move.half-up', ['ctrl+u'], ['half up', 'Up half a screen.'], 'half-up'),
  motion('move.top', ['g', 'home'], ['top', 'To the first row or line.'], 'top'),
  motion('move.bottom', ['G', 'end'], ['bottom', 'To the last; what still grows is followed again.'], 'bottom'),
  {
    ...base,
    id: 'move.focus',
    label: 'focus',
    help: 'Between list and detail.',
    keys: ['tab', 'shift+tab'],
    footer: 20,
    run: (_state, _target, abilities) => abilities.set(toggleFocus),
  },
  {
    ...base,
    id: 'move.pin',
    label: 'pin',
    help: 'Keeps this task in the detail whatever is selected; again lets it go.',
    keys: ['enter'],
    footer: 22,
    disabledReason: (state, { task }) => (task || state.pinned !== null ? null : 'nothing with a task is selected'),
    run: (_state, { task }, abilities) => abilities.set((state) => togglePin(state, task?.id ?? null)),
  },
  {
    ...base,
    id: 'move.back',
    label: 'back',
    help: 'Out of a search, the detail, a pin, a filter, in this order.',
    keys: ['escape'],
    run: (_state, _target, abilities) => abilities.set(stepBack),
  },
  motion('move.next-tab', ['l', ']', 'right'], ['next tab', 'The next tab of the detail.'], 'next-tab'),
  motion('move.previous-tab', ['h', '[', 'left'], ['previous tab', 'The previous tab of the detail.'], 'previous-tab'),
  ...views.map(toView),
];
