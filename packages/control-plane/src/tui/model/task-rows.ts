import type { PullSighting, Task } from '@decree/contracts';
import { isLive } from '@decree/contracts';
import type { Row } from '../screens/screen.ts';
import type { Line, Span, Tone } from '../text/line.ts';
import { cell, cellRight, rowLine } from './columns.ts';
import type { FilterSubject } from './filter.ts';
import { formatCost, formatDuration, formatMoment, msOf, plural, speakDuration } from './format.ts';
import { memoLast, memoWeak } from './memo.ts';
import type { TaskEntry } from './task-entries.ts';
import { closed } from './task-standing.ts';

/** How wide the first columns are. In a narrow pane they give what they do not need to the title. */
export interface TaskColumns {
  readonly issue: number;
  /** 0: there is no room for a column of them; a row that has one says so at its end. */
  readonly pull: number;
  readonly status: number;
  /** Of the whole row. */
  readonly columns: number;
}

const full = { issue: 6, pull: 8, status: 10 };
const iconColumns = 3;
/** Below so many columns the title would be squeezed by columns that are mostly empty, and age and spend have no room. */
const roomy = 64;
/** Of a title with less than this nobody knows what it is about: then age and spend go. */
const leastTitle = 20;

const ciSigns = { failure: '✗', pending: '…', success: '✓' } as const;
const ciTones = { failure: 'bad', pending: 'warning', success: 'good' } as const satisfies Record<string, Tone>;
const ciSpoken = { failure: 'checks failed', pending: 'checks pending', success: 'checks passed' } as const;
const priorityTones = { high: 'bad', medium: 'warning', low: 'dim' } as const satisfies Record<string, Tone>;
const prioritySigns = { high: '↑', medium: '', low: '↓' } as const;

/** Failure before pending before success: the worst is what a person has to know. */
export function worstCi(pulls: readonly Pick<PullSighting, 'ci'>[]): PullSighting['ci'] | null {
  if (pulls.length === 0) return null;
  const has = (ci: PullSighting['ci']) => pulls.some((pull) => pull.ci === ci);
  return has('failure') ? 'failure' : has('pending') ? 'pending' : 'success';
}

function issueText({ task }: TaskEntry): string {
  if (!task || task.kind === 'plan') return 'plan';
  const priority = task.sighting?.priority;
  return `#${task.issue ?? '?'}${priority ? prioritySigns[priority] : ''}`;
}
/** `PR#482✓`; null where there is none. */
function pullText({ pulls }: TaskEntry): string | null {
  const ci = worstCi(pulls);
  if (ci === null) return null;
  return `${pulls.length === 1 ? `PR#${pulls[0]?.number}` : `PRx${pulls.length}`}${ciSigns[ci]}`;
}
const noPull = '—';

/** The title of a task, or what is to be said of a Planner without one. */
export function titleOf({ task, planFailure, run }: TaskEntry): string {
  if (task) return run?.state === 'failure' && task.kind === 'plan' ? run.message : task.title;
  if (!planFailure) return '';
  const paths = planFailure.key.split('\n').join(', ');
  const times = `planning failed ${plural(planFailure.count, 'time')}`;
  return planFailure.nextTryAt === null ? `${times}, and waits for you: ${paths}` : `${times}, tries again: ${paths}`;
}

const widthsOf = memoWeak((entry: TaskEntry) => ({
  issue: issueText(entry).length,
  pull: pullText(entry)?.length ?? 0,
  status: entry.standing.word.length,
}));

/** Measures what the entries need, once for all rows; the same object again while that is the same. */
export function taskColumns(lists: readonly (readonly TaskEntry[])[], columns: number, previous?: TaskColumns): TaskColumns {
  let [issue, pull, status] = columns < roomy ? [2, 0, 2] : [full.issue, full.pull, full.status];
  for (const entries of lists)
    for (const entry of entries) {
      const widths = widthsOf(entry);
      issue = Math.max(issue, widths.issue + 1);
      if (pull > 0) pull = Math.max(pull, widths.pull + 1);
      status = Math.max(status, widths.status + 1);
    }
  const same = previous?.issue === issue && previous.pull === pull && previous.status === status && previous.columns === columns;
  return same ? previous : { issue, pull, status, columns };
}

/** How long the live run has taken; while it is queued, how long it has waited. Null where nothing is live. */
export function ageMsOf({ run }: TaskEntry, nowMs: number): number | null {
  if (!run || !isLive(run)) return null;
  return Math.max(0, nowMs - msOf(run.state === 'queued' ? run.queuedAt : (run.startedAt ?? run.queuedAt)));
}

/** Age and spend of what is live. */
function usedOf({ run }: TaskEntry, age: string | null): readonly Span[] {
  if (age === null || !run) return [];
  const spent = run.usage.costUsd > 0 || run.usage.costBasis === 'unknown' ? formatCost(run.usage) : '';
  return [cellRight(age, 6, 'dim'), cellRight(spent, 8, 'dim')];
}

function lineOf(entry: TaskEntry, at: TaskColumns, used: readonly Span[]): Line {
  const ci = worstCi(entry.pulls);
  const priority = entry.task?.sighting?.priority;
  const { standing } = entry;
  const pull = pullText(entry);
  const pullTone = ci ? ciTones[ci] : 'dim';
  const head = [
    cell(issueText(entry), at.issue, standing === closed ? 'dim' : priority ? priorityTones[priority] : 'normal'),
    ...(at.pull > 0 ? [cell(pull ?? (standing === closed ? '' : noPull), at.pull, pullTone)] : []),
    cell(standing.word, at.status, standing.tone),
    cell(standing.icon, iconColumns, standing.tone),
  ];
  const title: Span = { text: titleOf(entry), ...(standing === closed && { tone: 'dim' }) };
  const ends = [used, used.slice(0, 1)];
  if (at.pull > 0 || pull === null || ci === null)
    return rowLine({ head, title, right: used, shorter: ends.slice(1), least: leastTitle }, at.columns);
  const named: Span = { text: ` ${pull}`, tone: pullTone };
  const short: Span = { text: ` PR${ciSigns[ci]}`, tone: pullTone };
  // That there is one is said always; its number where the title leaves room.
  const least = Math.min(leastTitle, at.columns - at.issue - at.status - iconColumns) - shortPull;
  return rowLine(
    { head, title, right: [named, ...used], shorter: [[named, ...used.slice(0, 1)], [named], [short]], least },
    at.columns,
  );
}
/** `PR✗` and the gap before it, and what a row keeps free. */
const shortPull = 5;

/** The whole row in words. */
export function spokenOf(entry: TaskEntry, ageMs: number | null): string {
  const { task, run, pulls, standing } = entry;
  const ci = worstCi(pulls);
  const says = [
    !task || task.kind === 'plan' ? 'Planner' : `Issue ${task.issue}`,
    titleOf(entry),
    standing.spoken,
    task?.sighting?.priority ? `${task.sighting.priority} priority` : '',
    ci === null
      ? ''
      : pulls.length === 1
        ? `pull request ${pulls[0]?.number}, ${ciSpoken[ci]}`
        : `${pulls.length} pull requests, ${ciSpoken[ci]}`,
    ageMs === null || !run ? '' : `${run.role} ${run.state === 'queued' ? 'queued' : 'at work'} for ${speakDuration(ageMs)}`,
    ageMs === null || !run || run.usage.costUsd === 0 ? '' : `spent ${formatCost(run.usage).replace('~', 'about ')}`,
  ];
  return `${says.filter((part) => part !== '').join(', ')}.`;
}

/** Where the row's link leads: the pull request of the highest number while one is open, else the issue. */
export const urlOf = ({ task, pulls }: TaskEntry): string | null => pulls[0]?.url ?? task?.sighting?.url ?? null;

/** A row that is made when it is looked at: of 2,000 only those on the screen ever are. */
function makeRow(entry: TaskEntry, at: TaskColumns, shown: string | null, ageMs: number | null): Row {
  let line: Line | undefined;
  return {
    identity: entry.identity,
    url: urlOf(entry),
    get line() {
      line ??= lineOf(entry, at, usedOf(entry, shown));
      return line;
    },
    get spoken() {
      return spokenOf(entry, ageMs);
    },
  };
}

const rowOf = memoWeak(
  (entry: TaskEntry, at: TaskColumns, shown: string | null, nowMs: number): Row =>
    makeRow(entry, at, shown, ageMsOf(entry, nowMs)),
);

/** Rows with what they were made of, so that those which stay as they are cost a comparison. */
export interface TaskRows {
  readonly entries: readonly TaskEntry[];
  readonly at: TaskColumns;
  /** The age that each shows; null where nothing is live. */
  readonly ages: readonly (string | null)[];
  readonly rows: readonly Row[];
}

/** The rows of these entries; an entry's row is the same object while entry, columns and the age it shows are. */
export function taskRows(entries: readonly TaskEntry[], at: TaskColumns, nowMs: number, previous?: TaskRows): TaskRows {
  const ages: (string | null)[] = [];
  const rows: Row[] = [];
  let changed = previous?.rows.length !== entries.length;
  for (let index = 0; index < entries.length; index += 1) {
    const entry = entries[index] as TaskEntry;
    const ageMs = entry.run && isLive(entry.run) ? ageMsOf(entry, nowMs) : null;
    const age = ageMs === null ? null : formatDuration(ageMs);
    const stays = previous?.at === at && previous.entries[index] === entry && previous.ages[index] === age;
    ages.push(age);
    rows.push(stays ? (previous.rows[index] as Row) : rowOf(entry, at, age, age === null ? 0 : nowMs - (nowMs % 1000)));
    changed ||= !stays;
  }
  return { entries, at, ages, rows: changed || !previous ? rows : previous.rows };
}

/** The rows of what is closed: when it was stands where others have their age. */
export const closedRows = memoLast(([entries, at, today]: [readonly TaskEntry[], TaskColumns, number]): readonly Row[] =>
  entries.map((entry) => closedRowOf(entry, at, today)),
);
const closedRowOf = memoWeak((entry: TaskEntry, at: TaskColumns, today: number): Row => {
  const when = formatMoment(entry.task?.closedAt ?? '', today);
  return {
    ...{ identity: entry.identity, url: urlOf(entry) },
    line: lineOf(entry, at, [cellRight(when, when.length + 1, 'dim')]),
    spoken: `${spokenOf(entry, null).replace(/\.$/, '')}, ${when}.`,
  };
});

/** What a filter sees of a task. */
export const subjectOfEntry = memoWeak((entry: TaskEntry): FilterSubject => {
  const { task, run, pulls, standing } = entry;
  return {
    status: [standing.word, standing.word.replace(/\(.*/u, ''), ...statusNames(task), ...(run ? [run.state] : [])],
    agent: run ? [run.role, run.agentId, run.adapter] : [],
    repo: [entry.repositoryId],
    label: task?.sighting?.labels ?? [],
    text: `${issueText(entry)} ${titleOf(entry)} ${pulls.map(({ number, title }) => `PR#${number} ${title}`).join(' ')}`,
  };
});

const statusNames = (task: Task | null): readonly string[] => (task?.sighting?.status ? [task.sighting.status] : []);
