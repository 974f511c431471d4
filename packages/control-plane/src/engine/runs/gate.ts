/*
 * One call's whole way, from the question to the verdict, told in one place: that makes it longer than a file should be.
 */
import {
  type Action,
  type Approval,
  type DecisionMessage,
  type EventOf,
  outsideKinds,
  type PolicyDecision,
  type PolicyRequest,
  type Run,
} from '@decree/contracts';
import { GuardFailed, type Ledger } from '../ledger/port.ts';
import { aboutRun, byAgent, type RecordEvent } from '../record.ts';
import type { Clock } from '../system/clock.ts';
import type { Random } from '../system/random.ts';
import type { Transitions } from './transitions.ts';

export interface ToolCall {
  toolCallId: string;
  tool: string;
  input: unknown;
  /** A sub-agent's name: its calls are never deferred. */
  subagent?: string | undefined;
}

export type Verdict = Omit<DecisionMessage, 'type' | 'toolCallId'>;

/** What the policy says of a call, on the normalised action. Called once per call. */
export type Judge = (call: ToolCall) => Promise<{ request: PolicyRequest; decision: PolicyDecision }>;

export interface GateOptions {
  ledger: Ledger;
  record: RecordEvent;
  transitions: Transitions;
  clock: Clock;
  random: Random;
  judge: Judge;
  /** The run as it stands after its claim; its fence guards every write. */
  run: Run;
  /** How long a person has to decide. */
  deadlineMs: number;
  /** How long a process waits for a person before it is parked; null: the adapter cannot park. */
  parkAfterMs: number | null;
  signal: AbortSignal;
  /** Aborts when the engine is leaving: what waits is parked at once. */
  leaving: AbortSignal;
  /** Called when waiting begins and ends: the clock of the run's duration stands meanwhile. */
  onWaiting: (waiting: boolean) => void;
}

export interface Gate {
  decide(call: ToolCall): Promise<Verdict>;
  /** The approval on which the run was parked; the turn ends as `deferred` then. */
  parkedOn(): string | null;
}

const again = 'The run is being paused for a decision on another call. Issue this call again.';

/**
 * The gate of one run: every tool call passes here, and nothing is decided anywhere else. The decision is recorded before
 * the agent hears it. It fails closed: whatever goes wrong here is a denial.
 */
export function createGate(options: GateOptions): Gate {
  const { ledger, record, transitions, run, signal } = options;
  let waitingLine: Promise<unknown> = Promise.resolve();
  let parked: string | null = null;

  async function decide(call: ToolCall): Promise<Verdict> {
    if (parked) return deny(again);
    const { request, decision } = await options.judge(call);
    const { action } = request;
    const decided = record('policy.decided', { request, decision, toolCallId: call.toolCallId }, byAgent(run));
    const guards = [{ type: 'run', runId: run.id, states: ['running', 'waiting_approval'], fence: run.fence }] as const;
    // Whatever a policy allows, only a person can answer.
    const isQuestion = action.kind === 'agent.question';
    if (decision.outcome === 'allow' && outsideKinds.includes(action.kind)) {
      const open = await ledger.openGrant({ runId: run.id, actionHash: decision.actionHash });
      await ledger.commit({ events: open ? [decided] : [decided, grant(action, decision.actionHash, null)], guards });
      return allow(decision.reason);
    }
    await ledger.commit({ events: [decided], guards });
    if (decision.outcome === 'allow' && !isQuestion) return allow(decision.reason);
    if (decision.outcome === 'deny') return deny(decision.reason);
    if (await alreadyBegun(decision.actionHash))
      return allow('This was approved and done before; its recorded answer is given again.');
    // One approval at a time: a run waits for one thing, and a person sees one question.
    const turn = waitingLine.then(() => askAndWait(call, decided));
    waitingLine = turn.catch(() => undefined);
    return turn;
  }

  async function askAndWait(call: ToolCall, asked: EventOf<'policy.decided'>): Promise<Verdict> {
    if (parked) return deny(again);
    const { action } = asked.payload.request;
    const { actionHash } = asked.payload.decision;
    if (await ledger.openGrant({ runId: run.id, actionHash })) return allow('approved');
    const known = (await ledger.approvalFor({ runId: run.id, actionHash })) ?? (await expiredFor(actionHash));
    if (known && known.state !== 'pending') return settle(known, action);
    const approval = known ?? newApproval(call, action, asked);
    const entered = await enterWaiting(approval, known === null);
    if (!entered) return deny('The run no longer waits for anything: it has ended or was taken over.');
    const mayPark = options.parkAfterMs !== null && call.subagent === undefined;
    const decided = await waitForDecision(approval, mayPark ? options.parkAfterMs : null);
    if (decided === null) {
      if (!(await transitions.parked(run, approval.id))) return deny(again);
      parked = approval.id;
      return { outcome: 'defer', reason: 'waits for a person' };
    }
    if (!(await transitions.resumed(run, approval.id))) return deny('The run has ended.');
    return settle(decided, action);
  }

  /** One that nobody decided is not asked again: a parked run would come back with the same question for ever. */
  async function expiredFor(actionHash: string): Promise<Approval | null> {
    const expired = await ledger.listApprovals({ state: 'expired', runId: run.id, limit: 500 });
    return expired.items.find((approval) => approval.actionHash === actionHash) ?? null;
  }

  async function enterWaiting(approval: Approval, isNew: boolean): Promise<boolean> {
    const stale = (await ledger.listApprovals({ state: 'pending', runId: run.id, limit: 50 })).items.filter(
      (other) => other.id !== approval.id,
    );
    const alongside = [
      ...stale.map((other) =>
        record(
          'policy.approval_voided',
          { approvalId: other.id, reason: 'the agent asks for something else now' },
          aboutRun(run),
        ),
      ),
      ...(isNew ? [record('policy.approval_requested', { approval }, byAgent(run))] : []),
    ];
    return transitions.waiting(run, approval.id, alongside);
  }

  /** The approval once it is decided; null when it is time to park. */
  async function waitForDecision(approval: Approval, parkAfterMs: number | null): Promise<Approval | null> {
    options.onWaiting(true);
    const timer = new AbortController();
    const stop = AbortSignal.any([signal, timer.signal]);
    try {
      const decided = untilDecided(ledger, approval.id, stop);
      return await (parkAfterMs === null ? decided : Promise.race([decided, timeToPark(parkAfterMs, stop)]));
    } finally {
      timer.abort();
      options.onWaiting(false);
    }
  }

  /** After the time that a process may wait, or at once when the engine is leaving. */
  async function timeToPark(parkAfterMs: number, stop: AbortSignal): Promise<null> {
    const early = AbortSignal.any([stop, options.leaving]);
    try {
      await options.clock.sleep(parkAfterMs, { signal: early, unref: true });
    } catch (error) {
      if (!options.leaving.aborted) throw error;
    }
    return null;
  }

  /** Consumes an approval, or tells the agent why there is none. */
  async function settle(approval: Approval, action: Action): Promise<Verdict> {
    if (approval.state === 'approved') {
      try {
        await ledger.commit({
          events: [grant(action, approval.actionHash, approval.id)],
          guards: [
            { type: 'approval', approvalId: approval.id, states: ['approved'] },
            { type: 'run', runId: run.id, states: ['running'], fence: run.fence },
          ],
        });
        return action.kind === 'agent.question'
          ? { ...allow('answered by a person'), answer: approval.decisionReason ?? '' }
          : allow('approved by a person');
      } catch (error) {
        if (error instanceof GuardFailed) return deny('The approval was used or withdrawn meanwhile.');
        throw error;
      }
    }
    if (approval.state === 'voided')
      return deny('The question was withdrawn before anybody decided. Keep your work committed and end here.');
    if (approval.state === 'expired')
      return deny('Nobody decided before the deadline, so this is denied. Keep your work committed and end here.');
    if (action.kind === 'agent.question')
      return deny(
        `A person will not answer this: ${approval.decisionReason ?? 'no reason given'}. Go on without an answer, or say on the issue what is missing and end here.`,
      );
    return deny(
      `A person denied this: ${approval.decisionReason ?? 'no reason given'}. Do not try it again; keep your work committed and end here.`,
    );
  }

  const grant = (action: Action, actionHash: string, approvalId: string | null) => {
    const consumed = !outsideKinds.includes(action.kind);
    return record(
      'policy.granted',
      { grantId: options.random.uuidv7(), actionHash, kind: action.kind, approvalId, consumed },
      aboutRun(run),
    );
  };

  async function alreadyBegun(actionHash: string): Promise<boolean> {
    const effect = await ledger.get('effects', `${run.effectScope}:${actionHash}`);
    // Begun counts: the engine died between effect and answer, and the broker looks before it does anything again.
    return effect !== null && effect.state !== 'refused';
  }

  function newApproval({ toolCallId }: ToolCall, action: Action, decided: EventOf<'policy.decided'>): Approval {
    const { decision } = decided.payload;
    const nowMs = options.clock.nowMs();
    return {
      id: options.random.uuidv7(),
      state: 'pending',
      runId: run.id,
      taskId: run.taskId,
      repositoryId: run.repositoryId,
      correlationId: run.correlationId,
      role: run.role,
      action,
      actionHash: decision.actionHash,
      toolCallId,
      decisionEventId: decided.id,
      reason: decision.reason,
      determinedBy: decision.determinedBy,
      requestedAt: new Date(nowMs).toISOString(),
      deadline: new Date(nowMs + options.deadlineMs).toISOString(),
      decidedAt: null,
      decidedBy: null,
      decisionReason: null,
    };
  }

  return {
    parkedOn: () => parked,
    decide: (call) =>
      decide(call).catch((error: unknown) => {
        if (signal.aborted) return deny('The run is being ended.');
        return deny(`The gate could not decide, so this is denied: ${error instanceof Error ? error.message : String(error)}`);
      }),
  };
}

const allow = (reason: string): Verdict => ({ outcome: 'allow', reason });
const deny = (reason: string): Verdict => ({ outcome: 'deny', reason });

function untilDecided(ledger: Ledger, approvalId: string, signal: AbortSignal): Promise<Approval> {
  return new Promise((resolve, reject) => {
    const look = async () => {
      const approval = await ledger.get('approvals', approvalId);
      if (approval && approval.state !== 'pending') finish(() => resolve(approval));
    };
    const fail = (error: unknown) => finish(() => reject(error));
    const unsubscribe = ledger.subscribe((events) => {
      if (events.some((event) => 'approvalId' in event.payload && event.payload.approvalId === approvalId)) look().catch(fail);
    });
    const onAbort = () => fail(signal.reason);
    function finish(end: () => void) {
      unsubscribe();
      signal.removeEventListener('abort', onAbort);
      end();
    }
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else look().catch(fail);
  });
}
