import type { Approval, Run, Task } from '@decree/contracts';
import { isLive } from '@decree/contracts';
import type { Tone } from '../text/line.ts';

/** ACTION: a person has to do something. AGENTS: an agent does, or will by itself. */
export type TaskSection = 'ACTION' | 'AGENTS';

/** What a row says of a task: the founding table's words, icons and weights. */
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
// The founding table has no row for an issue that lost its status label. Nothing happens to it until a person gives it one.
const unlabelled = standing('ACTION', 40, ['?', 'NO LABEL', 'warning', 'has no status label']);
const review = standing('AGENTS', 50, ['🔎', 'REVIEW', 'info', 'in review']);
const queued = standing('AGENTS', 45, ['…', 'QUEUED', 'dim', 'queued']);
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
export const standingWords = [approve, approved, failed, budget, blocked, refine, dispatch, unlabelled, review, queued]
  .map(({ word }) => word)
  .concat('WIP');

/** What ended a run that met a limit: its turns, its budget or its time. */
const metLimit = (task: Task, run: Run | null): boolean =>
  task.lastFailure?.code === 'agent_limit' || (run?.state === 'canceled' && run.code === 'max_duration');

/** Where a task stands. `run`: its live run, else its last; `approval`: the one that its run waits for. */
export function standingOf(task: Task, run: Run | null, approval: Approval | null): Standing {
  if (run && isLive(run)) return standingOfLive(run, approval);
  if (metLimit(task, run)) return budget;
  if (task.lastFailure) return failed;
  // Until what follows from an ended run is drawn, its label is still the old one: it is not the person's yet.
  if (task.followUpRunId !== null && run && task.sighting?.status === 'in-progress') return working(run.attempt);
  return standingOfLabel(task);
}

function standingOfLive(run: Run, approval: Approval | null): Standing {
  if (run.state === 'queued') return queued;
  // An approval that is decided already is not waited for, though the run may not have gone on yet.
  if (run.state === 'waiting_approval' && (approval === null || approval.state === 'pending')) return approve;
  return run.role === 'reviewer' ? review : working(run.attempt);
}

function standingOfLabel(task: Task): Standing {
  switch (task.sighting?.status) {
    case 'approved':
      return approved;
    case 'blocked':
      return blocked;
    case 'needs-refinement':
      return refine;
    case 'review':
      return review;
    case 'pending':
    case 'unblocked':
    case 'needs-changes':
    case 'in-progress':
      return dispatch;
    default:
      return unlabelled;
  }
}

/** The Planner of a repository when no run of it is live: it waits for its next try, or for a person. */
export const standingOfPlanFailure = (nextTryAt: string | null): Standing => (nextTryAt === null ? failed : queued);
