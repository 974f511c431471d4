/*
 * The wiring, as a table of contents: what each part is given, and the order in which they start and stop. It chooses no
 * implementation; that is open-control-plane.ts.
 */
import {
  type CommandType,
  DecreeError,
  type Engine,
  isLive,
  type Run,
  rememberedOperations,
  type StreamAccessor,
} from '@decree/contracts';
import type { AgentAdapter } from './agents/port.ts';
import type { WriteSessionLog } from './agents/session-log.ts';
import type { TranscriptWriter } from './agents/transcript.ts';
import { createAgentDoor, type EngineAgentDoor } from './broker/agent-door.ts';
import { createAgentForge } from './broker/agent-forge.ts';
import { createAgentPush, type PushTarget } from './broker/agent-push.ts';
import { concludeBegun } from './broker/begun.ts';
import { createEffects } from './broker/effects.ts';
import { createCommands } from './commands.ts';
import { createCoordinator } from './coordinate.ts';
import { createEvents } from './events.ts';
import type { Forge } from './forge/port.ts';
import { createJudges } from './judge.ts';
import type { Ledger } from './ledger/port.ts';
import { createNotifier } from './notify/notifier.ts';
import { ghScriptPath, type Policy } from './policy/index.ts';
import { createQueries } from './queries.ts';
import { createRecord, engineActor } from './record.ts';
import { createAdmission } from './runs/admission.ts';
import { createDispatchPause } from './runs/dispatch-pause.ts';
import { createEnqueue } from './runs/enqueue.ts';
import { createExecute } from './runs/execute.ts';
import { createLedgerQueue } from './runs/ledger-queue.ts';
import { createLiveRuns } from './runs/live-runs.ts';
import { createPrepare } from './runs/prepare.ts';
import { reconcile } from './runs/reconcile.ts';
import { createSupervisor } from './runs/supervise.ts';
import { createTransitions } from './runs/transitions.ts';
import { createIssuesLook } from './sensors/issues.ts';
import { createPullsLook } from './sensors/pulls.ts';
import { createSensor, type Look } from './sensors/sensor.ts';
import { createSpecsLook } from './sensors/specs.ts';
import type { EngineSettings } from './settings.ts';
import { createOperations, type Operations, type System } from './system/index.ts';
import type { ForgeSource, Workspaces } from './workspaces/port.ts';

export interface EngineParts {
  system: System;
  ledger: Ledger;
  forge: Forge;
  workspaces: Workspaces;
  policy: Policy;
  adapters: ReadonlyMap<string, AgentAdapter>;
  /** What was carried out so far, where the parts remember it. */
  operations?: Operations;
  transcripts: { open(sessionId: string): TranscriptWriter; accessor: StreamAccessor; pathOf(sessionId: string): string };
  /** Writes the text file of a run's session, where one is wanted. */
  writeSessionLog?: WriteSessionLog;
  push: PushTarget;
  /** Where the forge's branches are fetched from, with a fresh token where one is needed. */
  source: () => Promise<ForgeSource>;
  /** Before each look at the specs; the local forge takes in what the person committed. */
  beforeSpecsLook: () => Promise<void>;
  /** A unified diff of two texts. */
  diff: (path: string, before: string, after: string) => string;
  /** Whether the memory of a session is still there. */
  hasSession: (runId: string) => Promise<boolean>;
  /** The runs of which a memory is kept. */
  sessions: () => Promise<string[]>;
  /** Removes the memory of a run that can no longer be resumed. */
  forgetSession: (runId: string) => Promise<void>;
  killProcesses: (runId: string) => Promise<number>;
}

export interface ControlPlane extends Engine {
  readonly agentDoor: EngineAgentDoor;
  /** Resolves when each sensor has looked once and agents may be dispatched. */
  start(): Promise<void>;
  /** Sensors first; what waits for a person is parked; agents are waited for, then canceled. Once. */
  stop(reason: string): Promise<void>;
  /** Ends the agents' processes at once; their runs are resumed by the next start. For who cannot wait. */
  abandon(): Promise<void>;
  /** Aborts when a stop was asked for by `engine.stop`. */
  readonly stopRequested: AbortSignal;
}

/** There is no other yet: said in each decision, and to whoever asks. */
const sandbox = 'none';

/** Commands that begin something. */
const starting: readonly CommandType[] = ['task.dispatch', 'plan.start'];

export function createEngine(parts: EngineParts, settings: EngineSettings): ControlPlane {
  const { ledger, forge, workspaces } = parts;
  const { clock, random, log } = parts.system;
  const { repositoryId, defaultBranch } = settings;
  const record = createRecord(clock, random, parts.system.redact);
  const leaving = new AbortController();
  const stopRequest = new AbortController();
  let phase: 'starting' | 'ready' | 'stopping' = 'starting';
  const startedAt = clock.now();

  const transitions = createTransitions(ledger, record, async (end) => {
    if (!parts.writeSessionLog || end.runId === null) return;
    try {
      const run = await ledger.get('runs', end.runId);
      const task = run && (await ledger.get('tasks', run.taskId));
      // An end that will be refused is not written down as one.
      if (task && isLive(run)) await parts.writeSessionLog(run, task, end);
    } catch (error) {
      log.warn({ runId: end.runId, err: error }, 'the text file of a session was not written');
    }
  });
  const effects = createEffects(ledger, record, (kind) => {
    // What Decree itself has changed is seen at once; the intervals are for what others change.
    if (/label|issue|task|merge/.test(kind)) sensors.issues.poke();
    if (/pull|push|merge/.test(kind)) sensors.pulls.poke();
  });
  const trustedGhScript = async () => workspaces.readAtCommit(await workspaces.commitOf(defaultBranch), ghScriptPath);
  const judges = createJudges({ policy: parts.policy, record, repositoryId, sandbox, trustedGhScript });
  const liveRuns = createLiveRuns();
  const pause = createDispatchPause({ ledger, repositoryId });
  const operations =
    parts.operations ?? createOperations({ clock, random, redact: parts.system.redact, remembered: rememberedOperations });
  const admission = createAdmission({
    liveRuns,
    paused: () => pause.now() !== null,
    maxAgents: settings.maxAgents,
    minimumFreeMemoryMb: settings.minimumFreeMemoryMb,
  });
  const queue = createLedgerQueue({ ledger, transitions, clock, worker: `engine-${random.token(6)}` });
  const enqueue = createEnqueue({
    ledger,
    record,
    random,
    repositoryId,
    roles: settings.roles,
    models: settings.models,
    judge: judges.forDispatch,
  });
  const prepare = createPrepare({
    ...{ forge, ledger, workspaces, settings, adapters: parts.adapters, source: parts.source },
    async diff(path, fromBlob, toBlob) {
      const [before, after] = await Promise.all([forge.readBlob(fromBlob), forge.readBlob(toBlob)]);
      return before.text === null || after.text === null ? null : parts.diff(path, before.text, after.text);
    },
  });
  const execute = createExecute({
    ...{ ledger, record, transitions, forge, workspaces, liveRuns, clock, random, log, prepare },
    judgeFor: judges.forRun,
    openTranscript: parts.transcripts.open,
    forgetSession: parts.forgetSession,
    maxDurationMs: settings.maxDurationMs,
    approvalDeadlineMs: settings.approvalDeadlineMs,
    parkAfterMs: settings.parkAfterMs,
    leaving: leaving.signal,
  });
  const supervisor = createSupervisor({
    ...{ queue, ledger, record, transitions, admission, liveRuns, clock, random, log },
    execute: (claim, live) => operations.forRun(claim.run.id, () => execute(claim, live)),
    tidy: (run) => operations.forRun(run.id, () => tidy(run)),
  });
  const coordinator = createCoordinator({
    ledger,
    record,
    transitions,
    effects,
    forge,
    enqueue,
    clock,
    random,
    log,
    repositoryId,
  });

  const sensor = (name: 'issues' | 'specs' | 'pulls', intervalMs: number, look: Look) =>
    createSensor({ name, intervalMs, look, ledger, record, random, clock, log, repositoryId });
  const sighting = { forge, ledger, record, clock, random, repositoryId };
  const sensors = {
    issues: sensor(
      'issues',
      settings.sensors.issuesMs,
      createIssuesLook({
        ...sighting,
        async cancelAgent(task) {
          if (!task.activeRunId) return;
          const live = liveRuns.get(task.activeRunId);
          const message = `#${task.issue} is closed or no longer a task`;
          await supervisor
            .cancel(task.activeRunId, { code: 'issue_removed', message, actor: engineActor })
            .catch((error: unknown) => {
              // It ended by itself a moment ago: that is what was wanted.
              if (!(error instanceof DecreeError && error.code === 'conflict')) throw error;
            });
          await live?.done;
        },
        onRead: async () => {
          if (phase === 'ready') await coordinator.recoverLabels(2 * settings.sensors.issuesMs);
        },
      }),
    ),
    specs: sensor(
      'specs',
      settings.sensors.specsMs,
      createSpecsLook({
        ...sighting,
        directory: settings.specsDirectory,
        branch: defaultBranch,
        beforeLook: parts.beforeSpecsLook,
      }),
    ),
    pulls: sensor('pulls', settings.sensors.pullsMs, createPullsLook(sighting)),
  };

  const commands = createCommands({
    ...{ ledger, record, forge, effects, enqueue, supervisor, coordinator, liveRuns, sensors, clock, random, repositoryId },
    ...{ pause, workspaces },
    requestStop: () => stopRequest.abort(),
  });
  const queries = createQueries({
    ...{ ledger, forge, judges, admission, random, repositoryId, startedAt },
    ...{ directory: workspaces.repository.root, version: settings.version, forgeKind: settings.forgeKind, state: () => phase },
    ...{ operations, workspaces, clock, logFile: settings.logFile, transcriptPath: parts.transcripts.pathOf },
    settings: {
      maxAgents: settings.maxAgents,
      maxDurationSeconds: settings.maxDurationMs / 1000,
      shutdownTimeoutSeconds: settings.shutdownTimeoutMs / 1000,
      parkAfterSeconds: settings.parkAfterMs / 1000,
      sandbox,
    },
  });

  const notifier =
    settings.notify &&
    createNotifier({
      ...{ settings: settings.notify, ledger, record, exec: operations.exec, clock, log, repositoryId },
      ...{ directory: workspaces.repository.root, newId: random.uuidv7 },
    });

  async function tidyWorkspaces(): Promise<void> {
    const { state } = await ledger.openState();
    const report = await workspaces.sweep(Object.keys(state.runs));
    // Unredacted, so it goes with the run; a crash may have left it.
    for (const runId of await parts.sessions()) if (!state.runs[runId]) await parts.forgetSession(runId);
    for (const { directory, runId } of report.removed)
      log.info({ directory, runId }, 'a worktree without a live run was salvaged and removed');
    for (const { directory, reason } of report.left) log.warn({ directory, reason }, 'a worktree was left alone');
  }

  async function tidy(run: Run): Promise<void> {
    await parts.killProcesses(run.id);
    const workspace = await workspaces.get(run.id);
    if (workspace) await workspaces.remove(workspace);
    await parts.forgetSession(run.id);
  }

  let stopping: Promise<void> | null = null;
  async function stop(reason: string): Promise<void> {
    phase = 'stopping';
    leaving.abort();
    await Promise.all(Object.values(sensors).map((each) => each.stop()));
    await supervisor.stop(settings.shutdownTimeoutMs);
    await coordinator
      .turn()
      .catch((error: unknown) =>
        log.warn({ err: error }, 'the last turn of the workflow failed; the next start draws the consequences'),
      );
    await coordinator.stop();
    pause.stop();
    await notifier?.stop();
    await ledger.commit({
      events: [record('system.engine_stopped', { reason }, { repositoryId, correlationId: random.uuidv7() })],
    });
  }

  return {
    events: createEvents(ledger),
    async execute(command) {
      // What a dead engine left is put in order before anybody adds to it.
      if (phase === 'starting') throw new DecreeError('unavailable', 'the engine is starting; try again in a moment');
      if (phase === 'stopping' && starting.includes(command.type))
        throw new DecreeError('unavailable', 'the engine is stopping; nothing new is begun');
      return commands(command);
    },
    query: queries,
    streams: parts.transcripts.accessor,
    agentDoor: createAgentDoor({
      liveRuns,
      forRun: operations.forRun,
      forge: createAgentForge({ ledger, record, effects, forge, clock, random }),
      push: createAgentPush({ ledger, record, effects, workspaces, push: parts.push, clock, random }),
    }),
    stopRequested: stopRequest.signal,
    async abandon() {
      await Promise.all(liveRuns.all().map((live) => parts.killProcesses(live.run.id)));
    },
    async start() {
      const started = { version: settings.version, pid: settings.pid, defaultBranch };
      await ledger.commit({
        events: [record('system.engine_started', started, { repositoryId, correlationId: random.uuidv7() })],
      });
      await reconcile({
        ...{ ledger, record, transitions, log, restart: enqueue.restart, killProcesses: parts.killProcesses },
        hasWorkspace: async (runId) => (await workspaces.get(runId)) !== undefined,
        hasSession: (run) => parts.hasSession(run.id),
        tidy,
      });
      await concludeBegun({ ledger, record, forge, workspaces, clock, random, log, repositoryId });
      await tidyWorkspaces();
      await Promise.all(Object.values(sensors).map((each) => each.start()));
      await coordinator
        .turn()
        .catch((error: unknown) => log.warn({ err: error }, 'the first turn of the workflow failed; it is tried again'));
      await coordinator.recoverLabels(0);
      coordinator.start();
      await pause.start();
      notifier?.start();
      supervisor.start();
      phase = 'ready';
    },
    stop: (reason) => {
      stopping ??= stop(reason);
      return stopping;
    },
  };
}
