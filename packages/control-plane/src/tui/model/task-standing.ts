import { type Approval, isLive, type Need, type Run, type Task, taskNeeds } from '@decree/contracts';
import type { Tone } from '../text/line.ts';

/** ACTION: a person has to do something. AGENTS: an agent does, or will by itself. CLOSED: nobody has to. */
export type TaskSection = 'ACTION' | 'AGENTS' | 'CLOSED';

/** What a row says of a task: words, icons and weights, as docs/guide/tui.md lists them. */
export interface Standing {
  readonly word: string;
  readonly icon: string;
  readonly tone: Tone;
  readonly section: TaskSection;
  /** Greater stands higher. */
  readonly weight: number;
  /** The same in a sentence's words, without the icon. */
  readonly spoken: string;
}

const standing = (
  section: TaskSection,
  weight: number,
  [icon, word, tone, spoken]: readonly [string, string, Tone, string],
): Standing => ({ section, weight, icon, word, tone, spoken });

const approve = standing('ACTION', 110, ['⏸', 'APPROVE', 'warning', 'an approval waits for you']);
const approved = standing('ACTION', 100, ['✔', 'APPROVED', 'good', 'approved, ready to merge']);
const failed = standing('ACTION', 90, ['💥', 'FAILED', 'bad', 'the last agent failed']);
const budget = standing('ACTION', 85, ['💰', 'BUDGET', 'bad', 'stopped by a limit']);
const blocked = standing('ACTION', 80, ['⛔', 'BLOCKED', 'bad', 'blocked']);
const refine = standing('ACTION', 70, ['📝', 'REFINE', 'warning', 'the spec needs to be made clear']);
const dispatch = standing('ACTION', 50, ['●', 'DISPATCH', 'accent', 'ready to be dispatched']);
// An issue that lost its status label. Nothing happens to it until a person gives it one.
const unlabelled = standing('ACTION', 40, ['?', 'NO LABEL', 'warning', 'has no status label']);
const review = standing('AGENTS', 50, ['🔎', 'REVIEW', 'info', 'in review']);
const queued = standing('AGENTS', 45, ['…', 'QUEUED', 'dim', 'queued']);
/** Of a task that is done with. */
export const closed = standing('CLOSED', 0, ['■', 'CLOSED', 'dim', 'closed']);
const works = new Map<number, Standing>();

/** The n-th attempt works. */
function working(attempt: number): Standing {
  const known = works.get(attempt);
  if (known) return known;
  const made = standing('AGENTS', 50, ['🤖', `WIP(${attempt})`, 'info', `an agent works on it, attempt ${attempt}`]);
  works.set(attempt, made);
  return made;
}

/** The words that a row may show, without an attempt: what `status:` can name. */
export const standingWords = [approve, approved, failed, budget, blocked, refine, dispatch, unlabelled, review, queued, closed]
  .map(({ word }) => word)
  .concat('WIP');

const needed: Readonly<Record<Need, Standing>> = {
  decide: approve,
  merge: approved,
  failure: failed,
  limit: budget,
  unblock: blocked,
  refine,
  dispatch,
  label: unlabelled,
};

/** Where a task stands. `run`: its live run, else its last; `approval`: the one that its run waits for. */
export function standingOf(task: Task, run: Run | null, approval: Approval | null): Standing {
  const need = taskNeeds(task, run, approval);
  if (need !== null) return needed[need];
  if (run?.state === 'queued') return queued;
  // Of one that ended the label is looked at: it is in review, or what follows is being concluded.
  const isReview = run && isLive(run) ? run.role === 'reviewer' : task.sighting?.status === 'review';
  return isReview ? review : working(run?.attempt ?? 1);
}

/** The Planner of a repository when no run of it is live: it waits for its next try, or for a person. */
export const standingOfPlanFailure = (nextTryAt: string | null): Standing => (nextTryAt === null ? failed : queued);
