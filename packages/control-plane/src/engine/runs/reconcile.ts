import type { Event, Run } from '@decree/contracts';
import { allOf } from '../all-of.ts';
import type { Ledger } from '../ledger/port.ts';
import { aboutRun, type RecordEvent } from '../record.ts';
import type { Logger } from '../system/log.ts';
import { DispatchDenied, type Enqueue } from './enqueue.ts';
import type { Transitions } from './transitions.ts';

/** After so many engines died with it, a run is not tried again: it may be what kills them. */
export const maxRequeues = 5;

export type Reconciliation =
  | { type: 'resume'; why: string }
  | { type: 'restart' | 'fail'; code: 'session_lost' | 'requeued_too_often'; why: string };

/** What becomes of a run whose worker is gone. */
export function decideReconciliation(run: Run, found: { workspace: boolean; session: boolean }): Reconciliation {
  if (run.requeues >= maxRequeues) {
    return { type: 'fail', code: 'requeued_too_often', why: `its engine died ${run.requeues + 1} times while it ran` };
  }
  if (run.sessionId === null) return { type: 'resume', why: 'it had not begun a session; it begins again' };
  if (!found.session && run.trigger === 'restart')
    return { type: 'fail', code: 'session_lost', why: 'the memory of its session is gone for the second time' };
  if (!found.session) return { type: 'restart', code: 'session_lost', why: 'the memory of its session is gone' };
  return { type: 'resume', why: found.workspace ? 'its session goes on' : 'its session goes on in a worktree made anew' };
}

export interface ReconcileOptions {
  ledger: Ledger;
  record: RecordEvent;
  transitions: Transitions;
  log: Logger;
  /** The run that takes the place of one, as the policy allows it; throws DispatchDenied. */
  restart: Enqueue['restart'];
  /** Ends every process that carries the run's mark. */
  killProcesses: (runId: string) => Promise<number>;
  hasWorkspace: (runId: string) => Promise<boolean>;
  hasSession: (run: Run) => Promise<boolean>;
  /** Takes away what a run that will not go on has left, after its work is kept. */
  tidy: (run: Run) => Promise<void>;
}

/**
 * Before anything else at start: what a dead engine left running is ended, and every run it held is resumed, restarted as a
 * new run, or failed; the event says which and why. Labels are recovered only after this.
 */
export async function reconcile(options: ReconcileOptions): Promise<void> {
  const { ledger, transitions } = options;
  for (const state of ['running', 'waiting_approval'] as const) {
    for (const run of await allOf((page) => ledger.listRuns({ ...page, state })))
      if (!(run.state === 'waiting_approval' && run.parked)) await reconcileRun(run);
  }

  async function reconcileRun(run: Run): Promise<void> {
    const killed = await options.killProcesses(run.id);
    if (run.cancelRequested) {
      const { code, message, by } = run.cancelRequested;
      await transitions.canceled(run, { code, message, actor: by });
      return tidy(run);
    }
    const decision = decideReconciliation(run, {
      workspace: await options.hasWorkspace(run.id),
      session: await options.hasSession(run),
    });
    const message = `${decision.type}: ${decision.why}${killed > 0 ? `; ${killed} left-over processes were ended` : ''}`;
    options.log.info({ runId: run.id, correlationId: run.correlationId }, message);
    if (decision.type === 'resume') await transitions.requeued(run, { code: 'engine_lost', message });
    else {
      const { events, forbidden } = decision.type === 'restart' ? await successor(run) : { events: [], forbidden: '' };
      await transitions.failed(run, decision.code, `${message}${forbidden}`, events);
      await tidy(run);
    }
  }

  async function tidy(run: Run): Promise<void> {
    try {
      await options.tidy(run);
    } catch (error) {
      options.log.warn({ runId: run.id, correlationId: run.correlationId, err: error }, 'what the run left could not be tidied');
    }
  }

  /** What ends with the run, and why nothing does where the policy forbids another start: its task is then free for a person. */
  async function successor(run: Run): Promise<{ events: Event[]; forbidden: string }> {
    try {
      const events = await options.restart(run);
      return {
        events: [options.record('task.followed_up', { runId: run.id, outcome: 'restarted' }, aboutRun(run)), ...events],
        forbidden: '',
      };
    } catch (error) {
      if (!(error instanceof DispatchDenied)) throw error;
      return { events: [error.decided], forbidden: `; the policy forbids to start it again: ${error.message}` };
    }
  }
}
