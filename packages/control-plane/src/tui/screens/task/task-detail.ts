import type { Run } from '@decree/contracts';
import { isLive } from '@decree/contracts';
import type { KeyOf } from '../../keymap/resolve-keymap.ts';
import { closedEntries, shownEntryOf } from '../../model/closed-tasks.ts';
import { type TaskEntry, taskEntries } from '../../model/task-entries.ts';
import type { OutputReader } from '../../store/output.ts';
import { type DetailTab, detailTabs, type TuiState, type View } from '../../store/state.ts';
import { approvalCard } from '../approval-card.ts';
import { detailText, paragraph } from '../detail-text.ts';
import type { DetailText, Size } from '../screen.ts';
import { costTab } from './cost.ts';
import { crashTab } from './crash.ts';
import { decisionsTab } from './decisions.ts';
import { historyTab } from './history.ts';
import { issueTab } from './issue.ts';
import { type Layouts, outputTab } from './output.ts';
import { pullTab } from './pull.ts';
import { openIn, type Subject, type TabText } from './subject.ts';
import { timelineTab } from './timeline.ts';

/** A tab that a person can choose. */
export type ChosenTab = Exclude<DetailTab, 'auto'>;

const approvalTab: TabText = (state, { approval, run }, { key, columns, outputs }) => {
  if (!approval)
    return detailText({ key, title: 'Approval', lines: paragraph('Nothing waits for your approval here.', columns, 'dim') });
  const output = run?.sessionId ? outputs(run.sessionId) : undefined;
  const sandbox = state.health?.settings.sandbox ?? null;
  return approvalCard({ approval, run, output, sandbox }, { key, columns, nowMs: state.nowMs });
};

const tabTexts: Readonly<Record<ChosenTab, TabText>> = {
  issue: issueTab,
  output: outputTab,
  approval: approvalTab,
  pull: pullTab,
  crash: crashTab,
  history: historyTab,
  timeline: timelineTab,
  decisions: decisionsTab,
  cost: costTab,
};

/** In the order in which they are gone through. */
const tabOrder: readonly ChosenTab[] = detailTabs.filter((tab) => tab !== 'auto');

/** What the status calls for: the crash of a failed one, what a live one says, the request to review, else the issue. */
function calledFor(entry: TaskEntry): ChosenTab {
  switch (entry.standing.word) {
    case 'APPROVE':
      return 'approval';
    case 'FAILED':
    case 'BUDGET':
      return 'crash';
    case 'REVIEW':
    case 'APPROVED':
      return entry.run && isLive(entry.run) ? 'output' : 'pull';
    case 'QUEUED':
      return entry.task ? 'issue' : 'crash';
    default:
      return entry.run && isLive(entry.run) ? 'output' : 'issue';
  }
}

const wentWrong = (run: Run | null): boolean => run?.state === 'failure' || run?.state === 'canceled';

/** Whether a tab has anything to say of it; those that have not are left out. */
function has(tab: ChosenTab, { task, run, approval, planFailure }: Subject): boolean {
  switch (tab) {
    case 'issue':
      return task !== null;
    case 'output':
    case 'decisions':
      return run !== null;
    case 'approval':
      return approval?.state === 'pending';
    case 'pull':
      return task !== null && task.kind === 'implement';
    case 'crash':
      return wentWrong(run) || planFailure !== null;
    default:
      return task !== null;
  }
}

/** The tabs of a subject, `first` in front. */
export const tabsOf = (subject: Subject, first: ChosenTab): readonly ChosenTab[] => [
  first,
  ...tabOrder.filter((tab) => tab !== first && has(tab, subject)),
];

/** Which tabs a task has, the one its status calls for first. */
export const taskTabs = (entry: TaskEntry | null): readonly ChosenTab[] => (entry ? tabsOf(entry, calledFor(entry)) : []);

/** What the chosen tab says of a subject; where it has no such tab, the first. */
export function subjectDetail(
  state: TuiState,
  subject: Subject,
  at: { view: View; identity: string; tabs: readonly ChosenTab[]; size: Size; outputs: OutputReader; layouts: Layouts },
): DetailText {
  const tab = at.tabs.find((name) => name === state.tab) ?? at.tabs[0] ?? 'issue';
  const key = `${at.view}:${at.identity}:${tab}`;
  const { outputs, layouts } = at;
  return tabTexts[tab](state, subject, { key, columns: at.size.columns, open: openIn(state, key), outputs, layouts });
}

/** What is selected, by its tab. */
export function taskDetail(
  state: TuiState,
  identity: string | null,
  { size, outputs, layouts, keyOf }: { size: Size; outputs: OutputReader; layouts: Layouts; keyOf: KeyOf },
): DetailText {
  const entry = shownEntryOf(state, identity);
  if (!entry) return nothing(state, identity, { columns: size.columns, keyOf });
  return subjectDetail(state, entry, {
    ...{ view: 'tasks', identity: entry.identity, tabs: taskTabs(entry), size, outputs, layouts },
  });
}

function nothing(state: TuiState, identity: string | null, { columns, keyOf }: { columns: number; keyOf: KeyOf }): DetailText {
  const { status } = state.connection;
  const { action, agents } = taskEntries(state.world);
  const idle = action.length + agents.length + closedEntries(state).length === 0 && status !== 'loading';
  const said = idle
    ? howToBegin(keyOf)
    : identity === null
      ? 'Nothing is selected.'
      : 'This task is closed, and no longer in the list.';
  return detailText({
    key: 'tasks:none:issue',
    title: idle ? 'How to begin' : '',
    lines: paragraph(said, columns, idle ? 'normal' : 'dim'),
  });
}

/** `press n`, or however a task is added here. */
export function addATask(keyOf: KeyOf): string {
  const [key, palette] = [keyOf('task.add'), keyOf('look.palette')];
  if (key) return `press ${key}`;
  return palette ? `press ${palette} and choose “new task”` : 'use control-plane task add';
}

const howToBegin = (keyOf: KeyOf): string => `There are no tasks yet.

Write a spec in docs/specs/ with \`status: approved\` in its frontmatter, and merge it into the default branch: the Planner turns it into tasks, which show up here.

Or add a task by hand: ${addATask(keyOf)}. An issue with the labels task:implement and status:pending is a task too.`;
