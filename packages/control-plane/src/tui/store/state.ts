import type {
  Approval,
  Artifact,
  Health,
  Id,
  IssueDetail,
  Operation,
  PullDetail,
  Run,
  State,
  StoredEvent,
  Task,
  Worktree,
} from '@decree/contracts';

/** The lists a person can look at; each has its own selection, filter and place. */
export const views = ['tasks', 'runs', 'approvals', 'events', 'costs', 'worktrees', 'operations'] as const;
export type View = (typeof views)[number];

/** What the detail pane shows of what is selected, in the order of its tabs. `auto`: what its status calls for. */
export const detailTabs = [
  'auto',
  'issue',
  'output',
  'approval',
  'pull',
  'crash',
  'history',
  'timeline',
  'decisions',
  'cost',
] as const;
export type DetailTab = (typeof detailTabs)[number];

/** auto: as the terminal says of itself, dark where it does not. */
export const themeChoices = ['auto', 'dark', 'light'] as const;
export type ThemeChoice = (typeof themeChoices)[number];

/** loading: the first snapshot is not there; live; lost: the engine does not answer and is tried again; stopped: it has ended. */
export interface Connection {
  readonly status: 'loading' | 'live' | 'lost' | 'stopped';
  /** What a person should know of it; null while all is well. */
  readonly message: string | null;
  /** Newest event's age when it arrived, in milliseconds; null before the first. */
  readonly lagMs: number | null;
}

/** Something fetched on demand. What was there stays shown while it is fetched anew, and when that fails. */
export interface Fetched<T> {
  readonly status: 'loading' | 'fresh' | 'stale' | 'failed';
  /** Undefined until it came for the first time; null: there is no such thing, and that is known. */
  readonly value: T | null | undefined;
  /** Why it could not be fetched. */
  readonly message: string | null;
}

/** A list that the engine gives in pages. */
export interface Paged<T> extends Fetched<readonly T[]> {
  /** Whether there is more to ask for. */
  readonly more: boolean;
}

/** A run with all that hangs on it, as `getRun` gives it. */
export interface RunDetail {
  readonly run: Run;
  readonly task: Task;
  readonly approvals: readonly Approval[];
  readonly artifacts: readonly Artifact[];
  /** The file of its session's transcript, on the engine's machine; null before it has a session. */
  readonly transcriptPath: string | null;
}

/** What was fetched, by what it is about. Bounded: the least recently looked at goes first. */
export interface Details {
  readonly issues: Readonly<Record<number, Fetched<IssueDetail>>>;
  readonly pulls: Readonly<Record<number, Fetched<PullDetail>>>;
  readonly runs: Readonly<Record<Id, Fetched<RunDetail>>>;
  /** All runs of a task, newest first. */
  readonly taskRuns: Readonly<Record<Id, Paged<Run>>>;
  /** The events of a task, oldest first: the timeline is made of them. */
  readonly taskEvents: Readonly<Record<Id, Paged<StoredEvent>>>;
  /** The `policy.decided` events of a run, oldest first. */
  readonly decisions: Readonly<Record<Id, Paged<StoredEvent>>>;
}

/** Where a person is in one list. */
export interface ListPlace {
  /** Identity of what is selected, so that the selection stays with it when rows move. */
  readonly selected: string | null;
  /** Index of the first row on the screen, section headings counted. */
  readonly top: number;
  /** As typed: `status:`, `agent:`, `repo:`, `label:` and free text. */
  readonly filter: string;
}

/** Where a person is in one text, e.g. an agent's output. */
export interface TextPlace {
  /** Number of the first line on the screen, as the text counts. */
  readonly top: number;
  /** The end stays in sight while lines come. */
  readonly following: boolean;
  /** Keys of what was opened: tool calls, thinking, files. */
  readonly open: ReadonlySet<string>;
}

/** What a person searches the detail for. */
export interface Search {
  readonly text: string;
  /** Which of the matches is shown. */
  readonly index: number;
}

/** Something that lies over the screen and takes the keys until it is answered. */
export type Overlay =
  /** y, n and Escape alone work. */
  | { readonly kind: 'confirm'; readonly question: string; readonly details: readonly string[]; readonly yes: () => void }
  /** A line of text; Enter hands it on, Escape does not. */
  | {
      readonly kind: 'input';
      readonly label: string;
      readonly value: string;
      /** Place of the cursor in `value`, in UTF-16 units. */
      readonly cursor: number;
      /** Why it cannot be handed on as it is; null when it can. */
      readonly check: (value: string) => string | null;
      /** What is odd about it, though it can be handed on. */
      readonly hint?: (value: string) => string | null;
      readonly submit: (value: string) => void;
      /** Called at each change, for a filter that narrows while it is typed. */
      readonly change?: (value: string) => void;
      readonly cancel?: () => void;
    }
  | { readonly kind: 'palette'; readonly query: string; readonly cursor: number; readonly index: number }
  | { readonly kind: 'help'; readonly top: number }
  | {
      readonly kind: 'quit';
      /** Agents at work, as far as is known. */
      readonly live: number;
      /** The engine did not answer when it was asked. */
      readonly lost: boolean;
    };

/** Said to the person once: what became of what they asked, or why a key does nothing now. */
export interface Notice {
  readonly id: number;
  readonly tone: 'good' | 'warning' | 'bad' | 'info';
  readonly text: string;
  /** Clock milliseconds. */
  readonly atMs: number;
}

/** All that the terminal shows. `world` is the contracts' fold; everything else is where the person is. */
export interface TuiState {
  readonly connection: Connection;
  readonly world: State;
  readonly health: Health | null;
  readonly details: Details;
  /** What was closed last, newest tasks first; the world lets go of it. */
  readonly closedPages: Paged<Task>;
  /** Newest first. */
  readonly runPages: Paged<Run>;
  /** In any state, newest first. */
  readonly approvalPages: Paged<Approval>;
  /** Newest first. */
  readonly eventPages: Paged<StoredEvent>;
  /** By branch. Looked up only while that view is on the screen. */
  readonly worktreePages: Paged<Worktree>;
  /** Newest first. Looked up only while that view is on the screen. */
  readonly operationPages: Paged<Operation>;
  /** Whoever looks may not change anything: commands that write are refused with that reason. */
  readonly readOnly: boolean;
  readonly theme: ThemeChoice;
  /** Wall clock in milliseconds; moves only while something on the screen depends on it. */
  readonly nowMs: number;
  readonly view: View;
  readonly lists: Readonly<Record<View, ListPlace>>;
  readonly focus: 'list' | 'detail';
  readonly tab: DetailTab;
  /** The task that stays in the detail pane whatever is selected; null: the selection. */
  readonly pinned: Id | null;
  /** By `<view>:<identity>:<tab>`; bounded. */
  readonly texts: Readonly<Record<string, TextPlace>>;
  readonly search: Search | null;
  readonly overlay: Overlay | null;
  /** Newest last; bounded. */
  readonly notices: readonly Notice[];
  /** What was asked of the engine and is not answered, e.g. `dispatch #12`. */
  readonly pending: readonly string[];
}
