import type { KeyOf } from '../keymap/resolve-keymap.ts';
import type { View } from '../store/state.ts';
import { createApprovalsScreen } from './approvals.ts';
import { createCostsScreen } from './costs.ts';
import { createEventsScreen } from './events.ts';
import { createOperationsScreen } from './operations.ts';
import { createRunsScreen } from './runs.ts';
import type { Screen } from './screen.ts';
import { createLayouts } from './task/output.ts';
import { createTasksScreen } from './tasks.ts';
import { createWorktreesScreen } from './worktrees.ts';

/** Every view's screen. Each remembers what it made, so a terminal makes them once. */
export function createScreens(keyOf: KeyOf): Readonly<Record<View, Screen>> {
  const layouts = createLayouts();
  return {
    tasks: createTasksScreen(layouts, keyOf),
    runs: createRunsScreen(layouts),
    approvals: createApprovalsScreen(layouts),
    events: createEventsScreen(),
    costs: createCostsScreen(),
    worktrees: createWorktreesScreen(),
    operations: createOperationsScreen(),
  };
}
