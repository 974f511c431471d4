/*
 * One claim of a run from beginning to end. Its steps share the run, its workspace and its endings, so they stand together.
 */
import type { AgentReport, Artifact, ArtifactKind, Event, Run, Task, TranscriptEntry } from '@decree/contracts';
import type { AgentSession } from '../agents/port.ts';
import type { TranscriptWriter } from '../agents/transcript.ts';
import { allOf } from '../all-of.ts';
import { ForgeUnavailable } from '../forge/errors.ts';
import type { Forge } from '../forge/port.ts';
import type { Guard, Ledger } from '../ledger/port.ts';
import { aboutRun, byAgent, type RecordEvent } from '../record.ts';
import type { Clock } from '../system/clock.ts';
import type { Logger } from '../system/log.ts';
import type { Random } from '../system/random.ts';
import { type Aftermath, decideOutcome, type TurnEnd } from '../workflow/outcome.ts';
import { WorkspaceError } from '../workspaces/errors.ts';
import type { OpenWorkspace, Workspaces } from '../workspaces/port.ts';
import { readAftermath } from './aftermath.ts';
import { limitDuration, timeWorkedMs } from './duration.ts';
import { createGate, type Gate, type Judge } from './gate.ts';
import { endRun, type LiveRun, type LiveRuns } from './live-runs.ts';
import type { Prepare, Prepared } from './prepare.ts';
import type { Claim } from './queue.ts';
import type { Transitions } from './transitions.ts';

export interface ExecuteOptions {
  ledger: Ledger;
  record: RecordEvent;
  transitions: Transitions;
  forge: Forge;
  workspaces: Workspaces;
  liveRuns: LiveRuns;
  clock: Clock;
  random: Random;
  log: Logger;
  prepare: Prepare;
  judgeFor: (run: Run, workspace: OpenWorkspace) => Judge;
  openTranscript: (sessionId: string) => TranscriptWriter;
  /** Once a run has ended it is never resumed: its session's memory, unredacted, goes. */
  forgetSession: (runId: string) => Promise<void>;
  maxDurationMs: number;
  approvalDeadlineMs: number;
  parkAfterMs: number;
  leaving: AbortSignal;
}

/** Longer than this and a forge that does not answer fails the run; its work is kept. */
const aftermathTries = 6;

/**
 * One claim of a run, from its preparation to its end: prepare, start the agent, let every call pass the gate, ask the
 * forge what came of it, and conclude. Only Transitions changes the run's state.
 */
export function createExecute(options: ExecuteOptions): (claim: Claim, live: LiveRun) => Promise<void> {
  const { ledger, record, transitions, workspaces, clock } = options;
  /** Parked runs whose agents have said that they are. An engine that dies before that, or after, does not know it. */
  const deferred = new Set<string>();

  return async (claim, live) => {
    const { run } = claim;
    const task = await ledger.get('tasks', run.taskId);
    if (!task) throw new Error(`run ${run.id} has no task ${run.taskId}`);
    const refsBefore = await workspaces.snapshotRefs();
    let prepared: Prepared;
    try {
      prepared = await options.prepare(run, task, live);
    } catch (error) {
      if (live.controller.signal.aborted) return concludeAborted(live, null, refsBefore);
      const code = error instanceof WorkspaceError && error.code === 'setup_failed' ? 'setup_failed' : 'preparation_failed';
      options.log.warn({ runId: run.id, correlationId: run.correlationId, err: error }, 'preparation failed');
      const kept = await cleanUp(run, null, refsBefore);
      await transitions.failed(run, code, error instanceof Error ? error.message : String(error), kept);
      return options.forgetSession(run.id);
    }
    const { workspace } = prepared;
    live.workspace = workspace;
    if (workspace.branch) options.liveRuns.noteBranch(workspace.branch);
    const end = await converse(claim, live, prepared);
    if (end === null) return;
    if (live.controller.signal.aborted) return concludeAborted(live, workspace, refsBefore);
    await conclude(live.run, task, end, workspace, refsBefore, live);
  };

  /** The agent's turn; null when the run was parked and nothing is to be concluded. */
  async function converse(claim: Claim, live: LiveRun, prepared: Prepared): Promise<TurnEnd | null> {
    const { run } = claim;
    const sessionId = run.sessionId ?? options.random.uuidv7();
    // A session that has not kept its question asks nothing again and would wait for ever: only a known one is not spoken to.
    const asksAgain = deferred.delete(run.id) && claim.requeueCode === 'decided';
    const resume = run.sessionId === null ? 'new' : asksAgain ? 'deferred' : 'interrupted';
    live.run = { ...run, sessionId };
    await recordWorkspace(live.run, prepared.workspace);
    const began = await sessionRecorder(live.run, prepared, resume !== 'new');
    const workedMs = run.fence > 1 ? timeWorkedMs(await allOf((page) => ledger.listEvents({ ...page, runId: run.id }))) : 0;
    const transcript = options.openTranscript(sessionId);
    const duration = limitDuration(clock, options.maxDurationMs - workedMs, () => {
      const minutes = Math.round(options.maxDurationMs / 60_000);
      endRun(live, {
        code: 'max_duration',
        message: `the agent worked longer than ${minutes} min`,
        actor: { type: 'system', id: 'engine' },
      });
    });
    // A question ends with the agent that asked it: nobody waits for an answer to a process that is gone.
    const over = new AbortController();
    const gate = createGate({
      ...{ ledger, record, transitions, clock, random: options.random, run: live.run },
      judge: options.judgeFor(live.run, prepared.workspace),
      deadlineMs: options.approvalDeadlineMs,
      parkAfterMs: prepared.adapter.capabilities.defer ? options.parkAfterMs : null,
      signal: AbortSignal.any([live.controller.signal, over.signal]),
      leaving: options.leaving,
      onWaiting: (waiting) => (waiting ? duration.pause() : duration.resume()),
    });
    const session = prepared.adapter.open(
      { ...prepared.start, sessionId, resume, prompt: prepared.prompt(resume !== 'new') },
      { signal: live.controller.signal, stateDirectory: prepared.stateDirectory },
    );
    live.say = (text, by) => {
      session.send({ type: 'say', text });
      transcript.append({ kind: 'told', at: clock.now(), by, text });
    };
    try {
      const end = await pump({ live, session, gate, transcript, began, workspace: prepared.workspace });
      if (end.status === 'deferred' && gate.parkedOn()) deferred.add(run.id);
      // A parked run is concluded by a later claim, however its process went; a cancel meanwhile is the supervisor's.
      return gate.parkedOn() && !live.ending ? null : end;
    } finally {
      over.abort(new Error('the agent has ended'));
      live.say = null;
      duration.stop();
      await session.close();
      await transcript.end();
    }
  }

  function whileHeld(run: Run): Guard[] {
    return [{ type: 'run', runId: run.id, states: ['running'], fence: run.fence }];
  }

  async function recordWorkspace(run: Run, { directory: path, kind: strategy, branch, base: baseSha }: OpenWorkspace) {
    const workspace = { path, strategy, branch, baseSha };
    await ledger.commit({
      events: [record('run.workspace_ready', { workspace }, aboutRun(run))],
      guards: whileHeld(run),
    });
  }

  /** Called once the agent's program has greeted, before anything that it asks for is answered: whatever dies then, it can be resumed. */
  async function sessionRecorder(run: Run, { adapter, start, workspace }: Prepared, resumed: boolean) {
    const headSha = (await workspaces.headSha(workspace)) ?? null;
    const payload = { adapter: adapter.name, model: start.model, resumed, headSha };
    return async () => {
      await ledger.commit({ events: [record('run.session_started', payload, aboutRun(run))], guards: whileHeld(run) });
    };
  }

  async function pump({
    live: { run },
    session,
    gate,
    transcript,
    began,
    workspace,
  }: {
    live: LiveRun;
    session: AgentSession;
    gate: Gate;
    transcript: TranscriptWriter;
    began: () => Promise<void>;
    workspace: OpenWorkspace;
  }): Promise<TurnEnd> {
    let saidLast = '';
    for await (const report of session.reports) {
      const entry = transcriptEntry(report, { at: clock.now(), saidLast });
      if (entry) transcript.append(entry);
      if (entry?.kind === 'text') saidLast = entry.text;
      switch (report.type) {
        case 'hello':
          await began();
          break;
        case 'tool.requested':
          // Not awaited: calls of one message run side by side, and reading goes on while a person is asked.
          void gate.decide(report).then((verdict) => {
            transcript.append({
              kind: 'decision',
              at: clock.now(),
              toolCallId: report.toolCallId,
              outcome: verdict.outcome,
              reason: verdict.reason,
            });
            session.send({ type: 'decision', toolCallId: report.toolCallId, ...verdict });
          });
          break;
        case 'tool.completed':
          if (workspace.kind === 'new' || workspace.kind === 'resume') salvageBehind(run, workspace);
          break;
        case 'usage':
          await ledger.commit({ events: [record('run.used', { model: report.model, usage: report.usage }, byAgent(run))] });
          break;
        case 'turn.completed':
          return { status: report.status, message: report.message, fault: report.fault };
        default:
      }
    }
    return { status: 'error', message: 'the adapter ended without saying how its turn ended' };
  }

  /** Off the hot path: the agent goes on while its files are kept. */
  function salvageBehind(run: Run, workspace: OpenWorkspace) {
    workspaces.salvage(workspace).catch((error: unknown) => {
      options.log.warn({ runId: run.id, correlationId: run.correlationId, err: error }, 'salvage failed');
    });
  }

  async function conclude(
    run: Run,
    task: Task,
    end: TurnEnd,
    workspace: OpenWorkspace,
    refsBefore: ReadonlyMap<string, string>,
    live: LiveRun,
  ) {
    let aftermath: Aftermath & { headSha: string | null };
    try {
      aftermath = await patiently(() => readAftermath(options.forge, task.issue, live.controller.signal), live.controller.signal);
    } catch (error) {
      if (live.controller.signal.aborted) return concludeAborted(live, workspace, refsBefore);
      const kept = await cleanUp(run, workspace, refsBefore);
      await transitions.failed(
        run,
        'forge_unavailable',
        `the agent ended (${end.status}), but the forge does not say what came of it: ${String(error)}`,
        kept,
      );
      return options.forgetSession(run.id);
    }
    const [approvals, reviews, now] = await Promise.all([
      ledger.listApprovals({ state: 'all', runId: run.id, limit: 500 }),
      ledger.listRuns({ taskId: run.taskId, role: 'reviewer', state: 'success', limit: 1 }),
      ledger.get('runs', run.id),
    ]);
    // An agent may end its turn while it waits for a person: nobody waits any more, and its question goes with the run.
    if (now?.state === 'waiting_approval') await transitions.resumed(run, now.approvalId);
    // Whoever pushed it, this run or one that it stands in for: what the last review saw is no longer all there is.
    const delivered = aftermath.headSha !== (reviews.items[0]?.workspace?.baseSha ?? null);
    const outcome = decideOutcome(run, end, { ...aftermath, delivered }, approvals.items);
    const alongside = await cleanUp(run, workspace, refsBefore);
    const ended =
      outcome.type === 'success'
        ? await transitions.succeeded(run, outcome.summary, alongside)
        : await transitions.failed(run, outcome.code, outcome.message, alongside);
    if (ended) await options.forgetSession(run.id);
    else
      options.log.warn(
        { runId: run.id, correlationId: run.correlationId },
        'the end of the run was refused; another worker holds it',
      );
  }

  /** Ended from outside: canceled when someone asked for it, else handed back for a later claim with all its work in place. */
  async function concludeAborted(live: LiveRun, workspace: OpenWorkspace | null, refsBefore: ReadonlyMap<string, string>) {
    const { run, ending } = live;
    if (!ending) {
      await transitions.requeued(run, { code: 'lease_lost', message: 'the worker let go of it' });
      return;
    }
    const kept = await cleanUp(run, workspace, refsBefore);
    await transitions.canceled(run, ending, kept);
    await options.forgetSession(run.id);
  }

  /** Keeps the work, removes the worktree, and says what the run left behind. Never fails a run: what cannot be removed stays, and is said. */
  async function cleanUp(run: Run, known: OpenWorkspace | null, refsBefore: ReadonlyMap<string, string>): Promise<Event[]> {
    const events: Event[] = [];
    if (run.sessionId)
      events.push(artifact(run, 'transcript', run.sessionId, `transcript of ${run.role} attempt ${run.attempt}`));
    try {
      // What ended in the midst of its preparation may have a worktree all the same.
      const workspace = known ?? (await workspaces.get(run.id));
      if (!workspace) return events;
      // Its branch was the host's doing, and no agent's that works meanwhile.
      if (workspace.branch) options.liveRuns.noteBranch(workspace.branch);
      const refs = (await workspaces.compareRefs(refsBefore, options.liveRuns.branches())).slice(0, 50);
      if (refs.length > 0)
        events.push(
          record(
            'run.refs_moved',
            { refs: refs.map(({ ref, before, after }) => ({ ref, from: before, to: after })) },
            aboutRun(run),
          ),
        );
      const { salvage, main } = await workspaces.remove(workspace);
      if (salvage?.commit) events.push(artifact(run, 'salvage', salvage.commit, 'files as they were at the end'));
      if (main && !main.identical) {
        const files = main.files.slice(0, 10).map((file) => `${file.change} ${file.path}`);
        events.push(
          record(
            'system.warned',
            { code: 'main_tree_changed', message: `the main tree changed while the Planner ran: ${files.join(', ')}` },
            aboutRun(run),
          ),
        );
      }
    } catch (error) {
      options.log.error({ runId: run.id, correlationId: run.correlationId, err: error }, 'clean-up failed');
      const message = `${known?.directory ?? 'what the run left'} was kept: ${error instanceof Error ? error.message : String(error)}`;
      events.push(record('system.warned', { code: 'cleanup_failed', message }, aboutRun(run)));
    }
    return events;
  }

  function artifact(run: Run, kind: ArtifactKind, reference: string, title: string): Event {
    const { repositoryId, taskId, id: runId, correlationId } = run;
    const value: Artifact = {
      id: options.random.uuidv7(),
      kind,
      repositoryId,
      taskId,
      runId,
      correlationId,
      recordedAt: clock.now(),
      reference,
      title,
      url: null,
    };
    return record('artifact.recorded', { artifact: value }, aboutRun(run));
  }

  async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof ForgeUnavailable) || attempt >= aftermathTries) throw error;
        await clock.sleep(Math.max(error.retryAfterMs, 500 * 2 ** attempt), { signal });
      }
    }
  }
}

/** What the transcript keeps of a report. `saidLast`: runtimes end with the agent's last words once more. */
function transcriptEntry(report: AgentReport, { at, saidLast }: { at: string; saidLast: string }): TranscriptEntry | null {
  switch (report.type) {
    case 'text':
      return { kind: 'text', at, text: report.text, ...(report.subagent && { subagent: report.subagent }) };
    case 'thinking':
      return { kind: 'thinking', at, text: report.text };
    case 'tool.requested': {
      const { toolCallId, tool, input, subagent } = report;
      return { kind: 'tool_requested', at, toolCallId, tool, input, ...(subagent && { subagent }) };
    }
    case 'tool.completed':
      return { kind: 'tool_completed', at, toolCallId: report.toolCallId, isError: report.isError, output: report.output };
    case 'warning':
      return { kind: 'notice', at, level: 'warning', text: report.message };
    case 'retry':
      return { kind: 'notice', at, level: 'warning', text: `retry ${report.attempt}: ${report.message}` };
    case 'turn.completed':
      if (report.status === 'deferred') return { kind: 'notice', at, level: 'info', text: 'turn put off until somebody decides' };
      return {
        kind: 'notice',
        at,
        level: report.status === 'ok' ? 'info' : 'error',
        text: report.message === saidLast ? `turn ended: ${report.status}` : `turn ended: ${report.status}: ${report.message}`,
      };
    default:
      return null;
  }
}
