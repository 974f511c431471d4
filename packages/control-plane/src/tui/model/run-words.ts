import type { Run, SandboxLevel } from '@decree/contracts';
import { isLive } from '@decree/contracts';
import type { Tone } from '../text/line.ts';
import { msOf, words } from './format.ts';

/** How a run stands, in a sign, a word and a tone: the sign alone says it where there is no colour. */
export interface RunWord {
  readonly sign: string;
  readonly word: string;
  readonly tone: Tone;
}

/** The word of a run's state. */
export function runWord(run: Run): RunWord {
  switch (run.state) {
    case 'queued':
      return { sign: '…', word: run.requeueCode ? 'queued again' : 'queued', tone: 'dim' };
    case 'running':
      return { sign: '▶', word: 'running', tone: 'info' };
    case 'waiting_approval':
      return { sign: '⏸', word: run.parked ? 'parked' : 'waiting', tone: 'warning' };
    case 'success':
      return { sign: '✔', word: 'success', tone: 'good' };
    case 'failure':
      return { sign: '✗', word: 'failed', tone: 'bad' };
    case 'canceled':
      return { sign: '⊘', word: 'canceled', tone: 'warning' };
  }
}

/** Why it ended or waits, in a sentence; empty where there is nothing to say. */
export function runReason(run: Run): string {
  switch (run.state) {
    case 'success':
      return run.summary;
    case 'failure':
      return `${words(run.code)}: ${run.message}`;
    case 'canceled':
      return cancelWords[run.code](run.canceledBy.id);
    case 'queued':
      return run.requeueCode ? `queued again: ${words(run.requeueCode)}` : '';
    default:
      return run.cancelRequested ? `is being ended: ${run.cancelRequested.message}` : '';
  }
}

const cancelWords: { readonly [C in Extract<Run, { state: 'canceled' }>['code']]: (by: string) => string } = {
  person: (by) => `canceled by ${by}`,
  issue_removed: () => 'canceled: the issue was closed or is no task any more',
  max_duration: () => 'canceled: it worked longer than agents.maxDurationSeconds allows',
  shutdown: () => 'canceled: the engine was stopped',
};

/** The same in a word or two. */
export const sandboxNames: Readonly<Record<SandboxLevel, string>> = { none: 'no sandbox' };

/** What stands between an agent and this machine. */
export const sandboxWords: Readonly<Record<SandboxLevel, string>> = {
  none: "none: the engine's rights",
};

/** From the first claim to the end, or to now; null before it was claimed. */
export function runDurationMs(run: Run, nowMs: number): number | null {
  if (run.startedAt === null) return null;
  return Math.max(0, (isLive(run) ? nowMs : msOf(run.endedAt)) - msOf(run.startedAt));
}

/** `Implementor 2`: the role and which attempt of it. */
export const runName = ({ role, attempt }: Pick<Run, 'role' | 'attempt'>): string => `${role} ${attempt}`;
