import type { TuiState } from '../store/state.ts';
import type { Target, TuiCommand } from './command.ts';
import { engineCommands } from './engine-commands.ts';
import { lookCommands } from './look-commands.ts';
import { moveCommands } from './move-commands.ts';
import { runCommands } from './run-commands.ts';
import { taskCommands } from './task-commands.ts';

/** Everything that a person can do in the terminal. */
export const commands: readonly TuiCommand[] = [
  ...taskCommands,
  ...runCommands,
  ...engineCommands,
  ...lookCommands,
  ...moveCommands,
];

/** Why a command cannot be done now; null when it can. What is true of all that write is said once, here. */
export function reasonAgainst(command: TuiCommand, state: TuiState, target: Target): string | null {
  if (command.writes) {
    if (state.readOnly) return 'this terminal only looks: it was started read-only';
    const { status, message } = state.connection;
    if (status === 'loading') return 'the engine is not there yet';
    if (status !== 'live') return message ?? 'the engine does not answer';
  }
  return command.disabledReason(state, target);
}
