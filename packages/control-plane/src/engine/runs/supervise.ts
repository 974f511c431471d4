import { DecreeError, type Event, isLive, liveStates, type Run, runCan } from '@decree/contracts';
import { GuardFailed, type Lease, type Ledger } from '../ledger/port.ts';
import { aboutRun, type RecordEvent } from '../record.ts';
import type { Clock } from '../system/clock.ts';
import type { Logger } from '../system/log.ts';
import type { Random } from '../system/random.ts';
import type { Admission } from './admission.ts';
import { type Ending, endRun, type LiveRun, type LiveRuns } from './live-runs.ts';
import type { Claim, RunQueue } from './queue.ts';
import type { Transitions } from './transitions.ts';

export interface SuperviseOptions {
  queue: RunQueue;
  ledger: Ledger;
  transitions: Transitions;
  record: RecordEvent;
  admission: Admission;
  liveRuns: LiveRuns;
  execute: (claim: Claim, live: LiveRun) => Promise<void>;
  /** Ends what a run without a worker left: its processes and its worktree, after the work is kept. */
  tidy: (run: Run) => Promise<void>;
  clock: Clock;
  random: Random;
  log: Logger;
}

/** Holds runs: claims what is queued while there is room, beats for it, and lets go of it when it is done. */
export interface Supervisor {
  start(): void;
  /** Ends a run, whoever holds it or nobody: the one force path. */
  cancel(runId: string, ending: Ending): Promise<void>;
  /** Resolves when no claim is under way: what was refused a place before is refused it after, too. */
  settled(): Promise<void>;
  /** Claims nothing any more; resolves when nothing runs, or after `graceMs`, when what is left has been canceled. */
  stop(graceMs: number): Promise<void>;
}

/** What may let a run be claimed that could not be before. */
const claimable: ReadonlySet<string> = new Set(['run.queued', 'run.requeued', 'system.dispatch_resumed']);
/** Only a fallback: a queued run is claimed as soon as it is committed. */
const pollMs = 1_000;

export function createSupervisor(options: SuperviseOptions): Supervisor {
  const { queue, ledger, transitions, admission, liveRuns, clock, log } = options;
  const stopping = new AbortController();
  let filling: Promise<void> | null = null;
  let again = false;

  /** Claims until the queue is empty or there is no room. One at a time: two would count the same free place. */
  function fill(): void {
    again = true;
    filling ??= (async () => {
      while (again && !stopping.signal.aborted) {
        again = false;
        while (!stopping.signal.aborted && admission.refuse() === null) {
          const claim = await queue.claim();
          if (!claim) break;
          hold(claim);
        }
      }
    })()
      .catch((error: unknown) => log.error({ err: error }, 'claiming failed'))
      .finally(() => {
        filling = null;
        // Asked for between the last look and here.
        if (again && !stopping.signal.aborted) fill();
      });
  }

  function hold(claim: Claim): void {
    const controller = new AbortController();
    // A parked run may be decided and claimed again before its agent's process is gone: one after the other.
    const before = liveRuns.get(claim.run.id)?.done ?? Promise.resolve();
    const live: LiveRun = {
      run: claim.run,
      token: `decree_run_${options.random.token()}`,
      workspace: null,
      controller,
      ending: null,
      say: null,
      done: Promise.resolve().then(() => work(claim, live, before)),
    };
    liveRuns.add(live);
  }

  async function work(claim: Claim, live: LiveRun, before: Promise<void>): Promise<void> {
    const beating = new AbortController();
    const beat = keepLease(claim.lease, live, beating.signal);
    try {
      await before;
      await options.execute(claim, live);
    } catch (error) {
      log.error({ runId: claim.run.id, correlationId: claim.run.correlationId, err: error }, 'the run failed inside the engine');
      await failUnlessEnded(claim.run, error);
    } finally {
      beating.abort();
      await beat;
      // Held until it is tidied: a stop waits for what is held.
      if (live.ending) await endWhatIsLeft(live.run.id, live.ending);
      liveRuns.remove(live);
      fill();
    }
  }

  /** A cancel that came too late for the worker (the run was being parked) is carried out after it. */
  async function endWhatIsLeft(runId: string, ending: Ending): Promise<void> {
    try {
      const run = await ledger.get('runs', runId);
      if (run && isLive(run)) await endUnheld(run, ending);
    } catch (error) {
      log.error({ runId, err: error }, 'the run could not be canceled');
    }
  }

  async function failUnlessEnded(run: Run, error: unknown): Promise<void> {
    try {
      const now = await ledger.get('runs', run.id);
      if (!now) return;
      const message = `a fault of the engine ended it: ${error instanceof Error ? error.message : String(error)}`;
      const failed = isLive(now) && now.fence === run.fence && (await transitions.failed(run, 'agent_crashed', message));
      if (failed || !isLive(now)) await options.tidy(run);
    } catch (second) {
      log.error({ runId: run.id, err: second }, 'could not conclude it; the next start does');
    }
  }

  async function keepLease(first: Lease, live: LiveRun, signal: AbortSignal): Promise<void> {
    let lease: Lease | null = first;
    while (lease && !signal.aborted) {
      await clock.sleep(queue.heartbeatMs, { signal, unref: true }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        lease = await queue.heartbeat(lease);
      } catch (error) {
        log.warn({ runId: live.run.id, err: error }, 'heartbeat failed; the lease runs on until its time is over');
      }
    }
    // A parked run gave its lease up by itself; anything else lost it to another worker.
    if (!lease && !signal.aborted) live.controller.abort(new Error('the lease was lost'));
  }

  async function cancel(runId: string, ending: Ending): Promise<void> {
    const live = liveRuns.get(runId);
    // The first cause wins: a second wish to end what is being ended already changes nothing.
    if (live?.ending) return;
    if (live && !live.controller.signal.aborted) {
      // Durable before it is done: an engine that dies now finds the wish when it starts again.
      const { code, message, actor, commandId } = ending;
      const wish = options.record(
        'run.cancel_requested',
        { code, message },
        { ...aboutRun(live.run), actor, causationId: commandId ?? null },
      );
      // A run that has ended is held until it is tidied: nobody is told that such a one is being canceled.
      if ((await recordWhileLive(runId, wish)) && (endRun(live, ending) || live.ending)) return;
    }
    // It has ended, or its lease was lost: what is then left of it is ended below.
    await live?.done;
    const run = await ledger.get('runs', runId);
    if (!run) throw new DecreeError('not_found', `there is no run ${runId}`);
    const refusal = runCan.cancel(run);
    if (refusal) throw new DecreeError('conflict', refusal, { details: { state: run.state } });
    await endUnheld(run, ending);
  }

  async function recordWhileLive(runId: string, event: Event): Promise<boolean> {
    try {
      await ledger.commit({ events: [event], guards: [{ type: 'run', runId, states: liveStates }] });
      return true;
    } catch (error) {
      if (error instanceof GuardFailed) return false;
      throw error;
    }
  }

  async function endUnheld(run: Run, ending: Ending): Promise<void> {
    if (await transitions.canceled(run, ending)) await options.tidy(run);
  }

  let unsubscribe: (() => void) | null = null;
  return {
    start() {
      unsubscribe = ledger.subscribe((events) => {
        if (events.some((event) => claimable.has(event.type))) fill();
      });
      void (async () => {
        while (!stopping.signal.aborted) {
          fill();
          await clock.sleep(pollMs, { signal: stopping.signal, unref: true }).catch(() => undefined);
        }
      })();
    },
    cancel,
    async settled() {
      await filling;
    },
    async stop(graceMs) {
      stopping.abort();
      unsubscribe?.();
      await filling;
      const all = () => Promise.all(liveRuns.all().map((live) => live.done));
      const grace = new AbortController();
      const late = clock.sleep(graceMs, { signal: grace.signal }).then(
        () => 'late' as const,
        () => 'done' as const,
      );
      const outcome = await Promise.race([all().then(() => 'done' as const), late]);
      grace.abort();
      if (outcome === 'done') return;
      for (const live of liveRuns.all()) {
        endRun(live, {
          code: 'shutdown',
          message: `still working ${Math.round(graceMs / 1000)} s after the engine was asked to stop`,
          actor: { type: 'system', id: 'engine' },
        });
      }
      await all();
    },
  };
}
