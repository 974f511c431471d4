/*
 * Everything that follows by itself, in one place, so that what is done when can be read from top to bottom: hence its length.
 */
import type { EventType, Run, SpecVersion, StoredEvent, Task } from '@decree/contracts';
import { allOf } from './all-of.ts';
import type { Effects } from './broker/effects.ts';
import { ForgeUnavailable } from './forge/errors.ts';
import type { Forge } from './forge/port.ts';
import { GuardFailed, type Ledger } from './ledger/port.ts';
import { aboutApproval, aboutRun, aboutTask, engineActor, type RecordEvent } from './record.ts';
import { readAftermath } from './runs/aftermath.ts';
import { DispatchDenied, type Enqueue } from './runs/enqueue.ts';
import type { Transitions } from './runs/transitions.ts';
import type { Clock } from './system/clock.ts';
import type { Logger } from './system/log.ts';
import type { Random } from './system/random.ts';
import { decideFollowUp } from './workflow/follow-up.ts';
import { decidePlan, planFailure, planKey } from './workflow/planning.ts';
import { findStale, isIdleInProgress } from './workflow/recovery.ts';

export interface CoordinateOptions {
  ledger: Ledger;
  record: RecordEvent;
  transitions: Transitions;
  effects: Effects;
  forge: Forge;
  enqueue: Enqueue;
  clock: Clock;
  random: Random;
  log: Logger;
  repositoryId: string;
}

/**
 * Draws the consequences: state → workflow (pure) → what is done. It is level-triggered: every turn looks at what is open in
 * the ledger, so whatever died in between, the next turn finds it. Events only say that a turn is due.
 */
export interface Coordinator {
  start(): void;
  /** One turn now; `insist` plans although the Planner failed before. */
  turn(options?: { insist?: boolean }): Promise<void>;
  /** At start, once runs are reconciled, and after each read of the issues: in-progress labels that nothing works on. */
  recoverLabels(graceMs: number): Promise<void>;
  stop(): Promise<void>;
}

const wakingTypes: ReadonlySet<EventType> = new Set([
  'policy.approval_requested',
  'policy.approval_decided',
  'policy.approval_expired',
  'run.parked',
  'run.succeeded',
  'run.failed',
  'run.canceled',
  'source.spec_changed',
  'task.closed',
  'task.plan_failed',
]);

/** How soon a turn that failed (the forge was away) is tried again. */
const retryMs = 5_000;

export function createCoordinator(options: CoordinateOptions): Coordinator {
  const { ledger, record, transitions, forge, clock, log, repositoryId } = options;
  const stopping = new AbortController();
  const idleSince = new Map<string, number>();
  let saidForbidden = '';
  let wake = new AbortController();
  let line: Promise<unknown> = Promise.resolve();
  let loop: Promise<void> = Promise.resolve();
  let unsubscribe: (() => void) | null = null;

  /** Turns never overlap: two would do the same thing. */
  function inLine<T>(work: () => Promise<T>): Promise<T> {
    const turn = line.then(work);
    line = turn.catch(() => undefined);
    return turn;
  }

  async function turn(insist: boolean): Promise<string | null> {
    const nextDeadline = await expireApprovals();
    await wakeDecided();
    const nextFollowUp = await followUps();
    const nextPlan = await plan(insist);
    return earliest(earliest(nextDeadline, nextFollowUp), nextPlan);
  }

  /** Returns when to try those again that failed: the trouble of one task holds up no other. */
  async function followUps(): Promise<string | null> {
    let next: string | null = null;
    for (const task of await ledger.openFollowUps()) {
      try {
        await followUp(task);
      } catch (error) {
        log.warn({ taskId: task.id, correlationId: task.correlationId, err: error }, 'a follow-up failed; it is tried again');
        next = earliest(next, new Date(clock.nowMs() + retryAfter(error)).toISOString());
      }
    }
    return next;
  }

  /** Returns when the next one expires. */
  async function expireApprovals(): Promise<string | null> {
    let next: string | null = null;
    for (const approval of await allOf((page) => ledger.listApprovals({ ...page, state: 'pending' }))) {
      if (approval.deadline > clock.now()) {
        next = earliest(next, approval.deadline);
        continue;
      }
      await unlessMeanwhile(
        ledger.commit({
          events: [record('policy.approval_expired', { approvalId: approval.id }, aboutApproval(approval))],
          guards: [{ type: 'approval', approvalId: approval.id, states: ['pending'] }],
        }),
      );
    }
    return next;
  }

  /** Parked runs whose question is answered go back into the queue. */
  async function wakeDecided(): Promise<void> {
    for (const run of await allOf((page) => ledger.listRuns({ ...page, state: 'waiting_approval' }))) {
      if (run.state !== 'waiting_approval' || !run.parked) continue;
      const approval = await ledger.get('approvals', run.approvalId);
      if (approval?.state === 'pending') continue;
      await transitions.requeued(run, {
        code: 'decided',
        message: `approval ${run.approvalId} is ${approval?.state ?? 'gone'}`,
      });
    }
  }

  async function followUp(task: Task): Promise<void> {
    const run = task.followUpRunId === null ? null : await ledger.get('runs', task.followUpRunId);
    if (!run) return;
    const aftermath = run.role === 'implementor' ? await readAftermath(forge, task.issue) : { status: null, pull: null };
    const next = decideFollowUp(run, aftermath);
    switch (next.type) {
      case 'review':
        await setStatus(task, run, 'review', 'completion', `run ${run.id} opened #${next.pull}`);
        return review(task, run, next.pull);
      case 'recover':
        await setStatus(
          task,
          run,
          'pending',
          'recovery',
          `the Implementor ended (${run.state}) without a pull request to review`,
        );
        return conclude(task, run, 'recovered', []);
      case 'planned':
        return conclude(task, run, 'planned', [
          record('task.planned', { specs: task.specs }, aboutTask(task)),
          record('task.closed', { code: 'planned' }, aboutTask(task)),
        ]);
      case 'plan_failed': {
        const repository = await ledger.get('repositories', repositoryId);
        const counted = planFailure(repository?.planFailure ?? null, planKey(task.specs), clock.nowMs());
        // A person who ended it does not want it back by itself.
        const failure = run.state === 'canceled' && run.code === 'person' ? { ...counted, nextTryAt: null } : counted;
        return conclude(task, run, 'plan_failed', [
          record('task.plan_failed', failure, aboutTask(task)),
          record('task.closed', { code: 'plan_failed' }, aboutTask(task)),
        ]);
      }
      case 'nothing':
        return conclude(task, run, 'nothing', []);
    }
  }

  async function review(task: Task, run: Run, pull: number): Promise<void> {
    try {
      await conclude(task, run, 'review_dispatched', await options.enqueue.review(task, pull));
    } catch (error) {
      // The policy forbids the Reviewer: recorded; the task stays in review, for a person.
      if (!(error instanceof DispatchDenied)) throw error;
      await conclude(task, run, 'nothing', [error.decided]);
    }
  }

  async function conclude(
    task: Task,
    run: Run,
    outcome: 'review_dispatched' | 'recovered' | 'planned' | 'plan_failed' | 'nothing',
    more: Parameters<Ledger['commit']>[0]['events'],
  ) {
    await unlessMeanwhile(
      ledger.commit({
        events: [record('task.followed_up', { runId: run.id, outcome }, aboutTask(task)), ...more],
        guards: [{ type: 'follow_up_open', taskId: task.id, runId: run.id }],
      }),
    );
  }

  async function setStatus(
    task: Task,
    run: Run | null,
    to: 'review' | 'pending',
    code: 'completion' | 'recovery',
    message: string,
  ): Promise<void> {
    const issue = task.issue;
    if (issue === null) return;
    const from = task.sighting?.status ?? null;
    const about = run ? { ...aboutRun(run), actor: engineActor } : aboutTask(task);
    const cause = run ? run.id : options.random.uuidv7();
    await options.effects.perform({
      key: `status:${cause}:${to}`,
      kind: 'forge.label.set',
      actionHash: '0'.repeat(64),
      summary: `set status:${to} on #${issue}`,
      target: { number: issue },
      about,
      grantId: null,
      act: async () => {
        await forge.replaceStatusLabel(issue, `status:${to}`);
        return { status: 200, location: null };
      },
      alongside: () => [record('task.status_set', { issue, from, to, code, message }, about)],
    });
  }

  /** Starts the Planner if there is something for it; returns when to look again. */
  async function plan(insist: boolean): Promise<string | null> {
    const { state } = await ledger.openState();
    const plans = Object.values(state.tasks).filter((task) => task.kind === 'plan' && task.closedAt === null);
    const specs = Object.values(state.specs).filter((spec) => spec.repositoryId === repositoryId);
    const decision = decidePlan(specs, plans, state.repositories[repositoryId] ?? null, clock.now(), { insist });
    if (decision.type === 'later') return decision.notBefore;
    if (decision.type === 'nothing') return null;
    const first = specs.find((spec) => spec.path === decision.specs[0]?.path);
    try {
      await unlessMeanwhile(
        options.enqueue.plan(decision.specs, first?.correlationId ?? options.random.uuidv7(), titleOf(decision.specs)),
      );
    } catch (error) {
      if (!(error instanceof DispatchDenied)) throw error;
      await sayForbidden(error, decision.specs);
      // A person who asked for it is told; by itself it is looked at again when something changes.
      if (insist) throw error;
    }
    return null;
  }

  /** Once for these versions of the specs under this policy: every turn asks again, and the same answer is no news. */
  async function sayForbidden({ decided }: DispatchDenied, specs: readonly SpecVersion[]): Promise<void> {
    const { policyDigest, outcome, code } = decided.payload.decision;
    const about = JSON.stringify([policyDigest, outcome, code, specs.map(({ path, blobSha }) => [path, blobSha])]);
    if (about === saidForbidden) return;
    await ledger.commit({ events: [decided] });
    saidForbidden = about;
  }

  async function recoverLabels(graceMs: number): Promise<void> {
    const { state } = await ledger.openState();
    const tasks = Object.values(state.tasks);
    const nowMs = clock.monotonicMs();
    const idle = tasks.filter(isIdleInProgress);
    const idleIds = new Set(idle.map((task) => task.id));
    for (const id of idleSince.keys()) if (!idleIds.has(id)) idleSince.delete(id);
    for (const task of idle) if (!idleSince.has(task.id)) idleSince.set(task.id, nowMs);
    for (const task of findStale(tasks, idleSince, nowMs, graceMs)) {
      try {
        await setStatus(task, null, 'pending', 'recovery', 'in-progress, and nothing works on it');
        idleSince.delete(task.id);
      } catch (error) {
        // One that fails is said and skipped; the next read of the issues tries again.
        log.warn({ taskId: task.id, correlationId: task.correlationId, err: error }, 'the label could not be recovered');
      }
    }
  }

  /** A guard that fails says that somebody else was quicker: the next turn sees what they did. */
  async function unlessMeanwhile(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof GuardFailed)) throw error;
      log.debug({ err: error }, 'overtaken');
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      let waitMs: number | null = null;
      try {
        const next = await inLine(() => turn(false));
        if (next !== null) waitMs = Math.max(0, Date.parse(next) - clock.nowMs()) + 1;
      } catch (error) {
        log.warn({ err: error }, 'a turn of the workflow failed; it is tried again');
        waitMs = retryAfter(error);
      }
      const signal = AbortSignal.any([wake.signal, stopping.signal]);
      // Without a deadline ahead only an event wakes it; setTimeout holds at most 24.8 days.
      await clock.sleep(Math.min(waitMs ?? 2 ** 31 - 1, 2 ** 31 - 1), { signal, unref: true }).catch(() => undefined);
    }
  }

  return {
    start() {
      unsubscribe = ledger.subscribe((events: readonly StoredEvent[]) => {
        if (events.some((event) => wakingTypes.has(event.type))) wake.abort();
      });
      loop = run();
    },
    turn: (turnOptions = {}) => inLine(() => turn(turnOptions.insist ?? false)).then(() => undefined),
    recoverLabels: (graceMs) => inLine(() => recoverLabels(graceMs)),
    async stop() {
      unsubscribe?.();
      stopping.abort();
      await loop;
      await line;
    },
  };
}

const retryAfter = (error: unknown): number =>
  error instanceof ForgeUnavailable ? Math.max(retryMs, error.retryAfterMs) : retryMs;
const earliest = (a: string | null, b: string | null): string | null => (a === null ? b : b === null ? a : a < b ? a : b);
const titleOf = (specs: readonly SpecVersion[]): string =>
  `Plan ${specs.map((spec) => spec.path.split('/').at(-1)).join(', ')}`.slice(0, 200);
