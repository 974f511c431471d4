import type { Approval, CommandInput, CommandType, Run, Task } from '@decree/contracts';
import type { Overlay, TuiState, View } from '../store/state.ts';

/** What a command is applied to: what the person looks at, resolved once when the key is pressed. */
export interface Target {
  readonly view: View;
  readonly identity: string | null;
  readonly task: Task | null;
  readonly run: Run | null;
  readonly approval: Approval | null;
  readonly branch: string | null;
  readonly url: string | null;
}

/** A step in the list or the text that has the focus, or in the tabs of the detail. */
export type Motion =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'half-up'
  | 'half-down'
  | 'top'
  | 'bottom'
  | 'next-tab'
  | 'previous-tab'
  | 'next-match'
  | 'previous-match'
  | 'next-error'
  | 'previous-error'
  | 'fold'
  | 'follow';

/** What commands may do. Nothing else in the terminal reaches the engine or the machine. */
export interface Abilities {
  /** Gives a command to the engine; its answer or refusal becomes a notice. `label` stands in the footer until then. */
  execute<T extends CommandType>(label: string, type: T, input: CommandInput<T>): void;
  /** Moves in what is on the screen: how many rows there are and how many fit is not in the state. */
  go(motion: Motion): void;
  /** Changes where the person is: view, focus, tab, pin, filter, overlay. */
  set(change: (state: TuiState) => TuiState): void;
  open(overlay: Overlay): void;
  notice(tone: 'good' | 'warning' | 'bad' | 'info', text: string): void;
  /** Opens a link with the person's own program. */
  openUrl(url: string): void;
  /** Puts text on the clipboard of the terminal that the person sits at (OSC 52); `said` when that was done. */
  copy(text: string, said: string): void;
  /** Hands the terminal to `$EDITOR`; resolves to the text, or null when it was left empty or the editor failed. */
  edit(text: string, name: string): Promise<string | null>;
  /** Asks again for what is shown. */
  refresh(): void;
  suspend(): void;
  /** Draws the whole screen anew. */
  redraw(): void;
  quit(): void;
  /** Text of the line under the search or at the top of the detail, for copying. */
  detailText(): string;
}

/** Where a key works: in a view, in the detail pane, or everywhere. */
export type Scope = 'everywhere' | 'list' | 'detail' | View;

/** One thing a person can do, as data: the keymap, the palette, the help, the footer and the guide are made of these. */
export interface TuiCommand {
  /** Stable, as it stands in the config, e.g. `task.dispatch`. Like the engine's command where it gives one. */
  readonly id: string;
  /** Two or three words for the footer and the palette. */
  readonly label: string;
  /** What it is called now, where that changes; else by its label. */
  labelNow?(state: TuiState): string;
  /** A sentence for help and guide. */
  readonly help: string;
  readonly group: 'Move' | 'Look' | 'Tasks' | 'Runs' | 'Approvals' | 'Engine' | 'Terminal';
  readonly scope: Scope;
  /** Default keys, e.g. `d`, `ctrl+d`, `shift+tab`, `enter`, `!`. The first is shown. */
  readonly keys: readonly string[];
  /** Refused in read-only mode. */
  readonly writes: boolean;
  /** Where it stands in the footer: smaller first; null: not there. */
  readonly footer: number | null;
  /** Why it cannot be done now; null when it can. Shown when the key is pressed. */
  disabledReason(state: TuiState, target: Target): string | null;
  run(state: TuiState, target: Target, abilities: Abilities): void;
}
