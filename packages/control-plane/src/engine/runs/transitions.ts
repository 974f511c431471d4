import type { Event, EventOf, EventPayload, FailureCode, Run, TransitionType } from '@decree/contracts';
import { liveStates } from '@decree/contracts';
import { type Commit, type Guard, GuardFailed, type Lease, type Ledger } from '../ledger/port.ts';
import { aboutRun, type RecordEvent } from '../record.ts';
import type { Ending } from './live-runs.ts';

/** Events that belong to a transition: written after it in the same commit, or not at all. */
type Alongside = Commit['events'];

/**
 * The one place where run state changes. Each verb commits its event under a guard; what the transition table or the guard
 * forbids changes nothing, is recorded as `run.transition_refused`, and resolves to false.
 */
export interface Transitions {
  started(run: Run, lease: Lease): Promise<boolean>;
  waiting(run: Run, approvalId: string, alongside?: Alongside): Promise<boolean>;
  resumed(run: Run, approvalId: string, alongside?: Alongside): Promise<boolean>;
  parked(run: Run, approvalId: string): Promise<boolean>;
  /** A parked run whose approval was decided, or one whose worker is gone. */
  requeued(run: Run, payload: EventPayload<'run.requeued'>): Promise<boolean>;
  succeeded(run: Run, summary: string, alongside?: Alongside): Promise<boolean>;
  failed(run: Run, code: FailureCode, message: string, alongside?: Alongside): Promise<boolean>;
  canceled(run: Run, ending: Ending, alongside?: Alongside): Promise<boolean>;
}

/** What is done before a run's end is recorded, and again when an engine dies in between. It must not reject. */
type BeforeEnd = (event: EventOf<'run.succeeded' | 'run.failed' | 'run.canceled'>) => Promise<void>;

export function createTransitions(ledger: Ledger, record: RecordEvent, beforeEnd?: BeforeEnd): Transitions {
  async function commit(
    run: Run,
    event: EventOf<TransitionType>,
    options: { alongside?: Alongside; fenced?: boolean; lease?: Commit['lease'] },
  ) {
    const guard: Guard = { type: 'run', runId: run.id, states: liveStates, ...(options.fenced && { fence: run.fence }) };
    try {
      await ledger.commit({
        events: [event, ...(options.alongside ?? [])],
        guards: [guard],
        ...(options.lease && { lease: options.lease }),
      });
      return true;
    } catch (error) {
      if (!(error instanceof GuardFailed)) throw error;
      await recordRefusal(run, event, error);
      return false;
    }
  }

  async function recordRefusal(run: Run, event: EventOf<TransitionType>, error: GuardFailed) {
    const now = await ledger.get('runs', run.id);
    if (!now) throw error;
    const refused = record(
      'run.transition_refused',
      { state: now.state, attempted: event.type, message: error.message },
      aboutRun(now),
    );
    await ledger.commit({ events: [refused] });
  }

  /** With its end a run withdraws what it asked: a person must not be asked for a run that has ended. */
  async function end(run: Run, event: Parameters<BeforeEnd>[0], options: { alongside?: Alongside; fenced: boolean }) {
    await beforeEnd?.(event);
    const asked = (await ledger.listApprovals({ state: 'all', runId: run.id, limit: 500 })).items;
    const withdrawn: Event[] = asked
      .filter((approval) => approval.state === 'pending' || approval.state === 'approved')
      .map(({ id }) => record('policy.approval_voided', { approvalId: id, reason: 'the run has ended' }, aboutRun(run)));
    const alongside = [...(options.alongside ?? []), ...withdrawn];
    return commit(run, event, { alongside, fenced: options.fenced, lease: release(run) });
  }

  const release = (run: Run): NonNullable<Commit['lease']> => ({ type: 'release', runId: run.id, fence: run.fence });
  const ending = (alongside?: Alongside) => ({ ...(alongside && { alongside }), fenced: true });

  return {
    async started(run, lease) {
      const event = record('run.started', { fence: lease.fence, worker: lease.worker }, aboutRun(run));
      try {
        await ledger.commit({
          events: [event],
          guards: [{ type: 'run', runId: run.id, states: ['queued'] }],
          lease: { type: 'take', lease },
        });
        return true;
      } catch (error) {
        // Another worker was quicker, or the run was canceled: ordinary, not an illegal wish.
        if (error instanceof GuardFailed) return false;
        throw error;
      }
    },
    waiting: (run, approvalId, alongside) => commit(run, record('run.waiting', { approvalId }, aboutRun(run)), ending(alongside)),
    resumed: (run, approvalId, alongside) => commit(run, record('run.resumed', { approvalId }, aboutRun(run)), ending(alongside)),
    parked: (run, approvalId) =>
      commit(run, record('run.parked', { approvalId }, aboutRun(run)), { fenced: true, lease: release(run) }),
    requeued: (run, payload) =>
      commit(run, record('run.requeued', payload, aboutRun(run)), { fenced: true, lease: release(run) }),
    succeeded: (run, summary, alongside = []) =>
      end(run, record('run.succeeded', { summary }, aboutRun(run)), { alongside, fenced: true }),
    failed: (run, code, message, alongside = []) =>
      end(run, record('run.failed', { code, message }, aboutRun(run)), { alongside, fenced: true }),
    async canceled(run, { code, message, actor, commandId = null }, alongside = []) {
      const event = record('run.canceled', { code, message }, { ...aboutRun(run), actor, causationId: commandId });
      if (!(await end(run, event, { alongside, fenced: false }))) return false;
      // A worker claimed it a moment before: its lease goes with the run.
      const now = await ledger.get('runs', run.id);
      if (now && now.fence !== run.fence) await ledger.commit({ events: [], lease: release(now) });
      return true;
    },
  };
}
