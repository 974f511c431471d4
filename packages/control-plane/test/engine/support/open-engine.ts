/*
 * A complete engine over a temporary repository: real git, real SQLite, the local forge, the default Cedar policy, and agents
 * that are real processes following a script. Longer than a file should be because it is the one place that opens all of it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { access, readdir, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Command,
  type CommandInput,
  type CommandResult,
  type CommandType,
  labelDefinitions,
  type StoredEvent,
} from '@decree/contracts';
import { createTwoFilesPatch } from 'diff';
import { onTestFinished } from 'vitest';
import { createDoor, serveOnSocket } from '../../../src/api/index.ts';
import type { AgentAdapter } from '../../../src/engine/agents/port.ts';
import { createProcessAdapter } from '../../../src/engine/agents/process.ts';
import { createSessionLog } from '../../../src/engine/agents/session-log.ts';
import { createTranscripts } from '../../../src/engine/agents/transcript.ts';
import { type ControlPlane, createEngine, type EngineParts } from '../../../src/engine/create-engine.ts';
import { createLocalForge, type LocalForge } from '../../../src/engine/forge/local/local-forge.ts';
import { createOctokitForge } from '../../../src/engine/forge/octokit.ts';
import type { Forge } from '../../../src/engine/forge/port.ts';
import type { Ledger } from '../../../src/engine/ledger/port.ts';
import { openSqliteLedger } from '../../../src/engine/ledger/sqlite/open.ts';
import { createCedarEngine, createPolicy } from '../../../src/engine/policy/index.ts';
import type { EngineSettings } from '../../../src/engine/settings.ts';
import {
  type Clock,
  childEnv,
  createLogger,
  createOperations,
  findByMark,
  killByMark,
  systemClock,
  systemRandom,
} from '../../../src/engine/system/index.ts';
import { createWorkspaces } from '../../../src/engine/workspaces/create-workspaces.ts';
import { openRepository } from '../../../src/engine/workspaces/repository.ts';
import { leasedRuns } from '../../ledger/leased-runs.ts';
import { createPlace, type Place } from './place.ts';

export type Step = Record<string, unknown>;
/** Steps by role, or by `role#issue`. */
export type Script = Record<string, Step[]>;

export interface OpenOptions {
  script?: Script;
  place?: Place;
  settings?: Partial<EngineSettings>;
  /** The adapter says that it can be parked. */
  defers?: boolean;
  gate?: 'every_call' | 'none';
  /** Cedar texts beside the default ones. */
  policy?: string;
  decorate?: (ledger: Ledger) => Ledger;
  fetch?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch;
  adapters?: (adapters: Map<string, AgentAdapter>) => void;
  clock?: Clock;
  /** Where text files of sessions are written; left out: nowhere. */
  sessionLogs?: string;
  /** Left out: the engine is started. */
  start?: false;
}

export interface AgentNote {
  runId: string;
  role: string;
  event: 'start' | 'decision' | 'ran' | 'heard';
  [key: string]: unknown;
}

export interface Bench {
  engine: ControlPlane;
  ledger: Ledger;
  forge: Forge;
  local: LocalForge;
  place: Place;
  settings: EngineSettings;
  /** Replaces what agents do from now on. */
  script(script: Script): void;
  command<T extends CommandType>(type: T, input: CommandInput<T>, id?: string): Promise<CommandResult>;
  /** Opens a task and returns its issue. */
  addTask(title?: string, labels?: string[]): Promise<number>;
  events(type?: string): Promise<StoredEvent[]>;
  notes(): AgentNote[];
  /** Resolves when an event for which `wanted` holds is in the ledger. */
  until(wanted: (event: StoredEvent) => boolean, what: string): Promise<StoredEvent>;
  /** Resolves when the answer is neither null, undefined nor false. */
  poll<T>(ask: () => Promise<T | null | undefined | false> | T | null | undefined | false, what: string): Promise<T>;
  /** Stops the engine, lets go of everything, and checks that nothing is left behind. */
  close(cause?: string): Promise<void>;
  /** Lets go as a killed process would: nothing is concluded. */
  die(): Promise<void>;
}

const repositoryId = 'local/repo';

export async function openEngine(options: OpenOptions = {}): Promise<Bench> {
  const place = options.place ?? createPlace();
  if (!options.place) onTestFinished(() => place.remove());
  const { clock, pending } = countingClock(options.clock ?? systemClock);
  mkdirSync(place.state, { recursive: true, mode: 0o700 });
  const scriptFile = join(place.root, 'script.json');
  const logFile = join(place.root, 'agent.log');
  const script = (value: Script) => writeFileSync(scriptFile, JSON.stringify(value));
  script(options.script ?? {});
  writeFileSync(logFile, '', { flag: 'a' });

  const log = createLogger({ level: 'debug', file: join(place.root, 'engine.log') });
  const ledgerFile = join(place.state, 'ledger.sqlite');
  const opened = await openSqliteLedger({ file: ledgerFile, clock, log });
  const ledger = options.decorate?.(opened) ?? opened;
  const repository = await openRepository(place.repository);
  const env = { PATH: process.env.PATH };
  const operations = createOperations({ clock, random: systemRandom, redact: (text) => text, remembered: 2_000 });
  const local = createLocalForge({
    directory: join(place.state, 'forge'),
    repository: { owner: 'local', name: 'repo' },
    ...{ defaultBranch: 'main', clock, random: systemRandom, env, onError: (error) => log.error({ err: error }) },
  });
  await local.syncDefaultBranch({ fromRepository: place.repository, branch: 'main' });
  const fetchLocal: typeof globalThis.fetch = (url, init) => local.fetch(new Request(url, init));
  const forge = createOctokitForge({
    repository: local.repository,
    credential: { kind: 'token', token: 'local' },
    clock,
    operations,
    fetch: options.fetch?.(fetchLocal) ?? fetchLocal,
    pacing: null,
  });
  await forge.ensureLabels(labelDefinitions);
  const workspaces = await createWorkspaces({
    ...{ repository, stateDirectory: join(place.state, 'w'), clock, env, nodePath: process.execPath, exec: operations.exec },
  });
  const texts = options.policy ? [{ name: 'test', text: options.policy }] : [];
  const policy = createPolicy({ engines: [await createCedarEngine({ texts })] });
  const capabilities = {
    ...{ gate: options.gate ?? 'every_call', resume: true, defer: options.defers ?? false },
  } as const;
  const program = fileURLToPath(new URL('scripted-agent.mjs', import.meta.url));
  const adapters = new Map<string, AgentAdapter>([
    ['scripted', createProcessAdapter({ name: 'scripted', command: [process.execPath, program], capabilities, clock })],
  ]);
  options.adapters?.(adapters);
  // What a killed engine would not have done any more must not be done by the one that only plays dead.
  let dead = false;
  const killed = () => Promise.reject(new Error('killed'));
  const runs = join(place.state, 'runs');
  const socketPath = join(place.state, 'door');
  const transcripts = createTranscripts({ directory: join(place.state, 'transcripts'), clock, redact: (text) => text, log });
  const parts: EngineParts = {
    system: { clock, random: systemRandom, log, redact: (text) => text },
    ...{ ledger, forge, policy, adapters, operations },
    workspaces: new Proxy(workspaces, {
      get: (target, name) => (name === 'remove' && dead ? killed : Reflect.get(target, name)),
    }),
    transcripts,
    ...(options.sessionLogs && {
      writeSessionLog: createSessionLog({ directory: options.sessionLogs, streams: transcripts.accessor, log }),
    }),
    push: async ({ ref, sha, objectsDirectory }) => {
      const result = await local.receive({ ref, sha, fromObjects: objectsDirectory });
      return result.outcome === 'refused' ? { ok: false, message: result.message } : { ok: true, message: result.outcome };
    },
    source: async () => ({ kind: 'bare', directory: local.gitDirectory }),
    beforeSpecsLook: async () => {
      await local.syncDefaultBranch({ fromRepository: place.repository, branch: 'main' });
    },
    diff: (path, before, after) => createTwoFilesPatch(path, path, before, after),
    hasSession: (runId) => access(join(runs, runId)).then(yes, no),
    sessions: () => readdir(runs).catch(() => []),
    forgetSession: (runId) => (dead ? killed() : rm(join(runs, runId), { recursive: true, force: true })),
    killProcesses: (runId) => killByMark('DECREE_RUN', runId),
  };
  const role = (definition: string) => ({ definition, adapter: 'scripted', model: null });
  const settings: EngineSettings = {
    ...{ version: '0.0.0', pid: process.pid, repositoryId, defaultBranch: 'main', forgeKind: 'local' },
    sensors: { issuesMs: 60_000, specsMs: 60_000, pullsMs: 60_000 },
    specsDirectory: 'docs/specs',
    roles: { planner: role('planner'), implementor: role('implementor'), reviewer: role('reviewer') },
    models: { simple: 'small', complex: 'large' },
    ...{ maxAgents: 4, minimumFreeMemoryMb: 0, maxDurationMs: 60_000, parkAfterMs: 60_000 },
    ...{ approvalDeadlineMs: 3_600_000, shutdownTimeoutMs: 0, logFile: null, notify: null },
    author: { name: 'Decree', email: 'decree@localhost' },
    ...{ setup: null, contextPaths: [], runsDirectory: runs, socketPath },
    environmentFor: () =>
      childEnv(
        { ...env, PATH: [dirname(process.execPath), env.PATH].join(delimiter) },
        { AGENT_SCRIPT: scriptFile, AGENT_LOG: logFile, AGENT_DEFERS: options.defers ? 'yes' : 'no' },
      ),
    agentBin: fileURLToPath(new URL('../../../bin/agent', import.meta.url)),
    ...options.settings,
  };
  const engine = createEngine(parts, settings);
  const door = createDoor({ engine, tokens: { operator: 'operator-of-the-test' }, agents: engine.agentDoor, clock, log });
  const listener = await serveOnSocket({ app: door, path: socketPath, uid: process.getuid?.() ?? 0, clock });

  const events: Bench['events'] = async (type) => {
    const found: StoredEvent[] = [];
    for (let after: string | undefined; ; ) {
      const page = await ledger.listEvents({ limit: 500, ...(after && { after }), ...(type && { type }) });
      found.push(...page.items);
      if (!page.next) return found;
      after = page.next;
    }
  };
  const poll: Bench['poll'] = async (ask, what) => {
    const until = Date.now() + 60_000;
    for (;;) {
      const answer = await ask();
      if (answer !== null && answer !== undefined && answer !== false) return answer;
      if (Date.now() > until) {
        const last = (await events()).slice(-12).map(({ type, payload }) => `${type} ${JSON.stringify(payload).slice(0, 300)}`);
        throw new Error(`waited in vain for ${what}; the last events:\n${last.join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  };
  const command: Bench['command'] = (type, input, id = systemRandom.uuidv7()) =>
    engine.execute({ id, type, actor: { type: 'user', id: 'ann' }, input } as Command);

  async function letGo() {
    await listener.stop();
    await local.close();
    await opened.close();
  }
  let closed = false;
  const bench: Bench = {
    ...{ engine, ledger, forge, local, place, settings, script, command, events, poll },
    async addTask(title = 'Do it', labels = []) {
      const { issue } = await command('task.add', { title, labels });
      return issue as number;
    },
    notes: () =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as AgentNote),
    until: (wanted, what) => poll(async () => (await events()).find(wanted), what),
    async close(cause = 'test') {
      if (closed) return;
      closed = true;
      await engine.stop(cause);
      const live = new Set(Object.keys((await ledger.openState()).state.runs));
      const left: string[] = [];
      const all = (await events('run.queued')).map((event) => event.runId as string);
      for (const runId of all) {
        const pids = await findByMark('DECREE_RUN', runId);
        if (pids.length > 0) left.push(`processes ${pids.join(', ')} of run ${runId}`);
      }
      for (const runId of leasedRuns(ledgerFile)) left.push(`the lease of run ${runId}`);
      for (const entry of await workspaces.list()) {
        if (entry.runId === null || !live.has(entry.runId)) left.push(`worktree ${entry.directory} (${entry.state})`);
      }
      if (existsSync(runs)) for (const name of readdirSync(runs)) if (!live.has(name)) left.push(`the memory of run ${name}`);
      const pendingApprovals = (await ledger.listApprovals({ state: 'pending', limit: 500 })).items;
      for (const { id, runId } of pendingApprovals) if (!live.has(runId)) left.push(`pending approval ${id} of an ended run`);
      for (const { collection, key } of await ledger.compareWithRebuild())
        left.push(`${collection} ${key} differs from its events`);
      const report = await ledger.verify();
      if (!report.ok) left.push(`verify: ${JSON.stringify(report)}`);
      await letGo();
      if (existsSync(socketPath)) left.push('the socket');
      await new Promise((resolve) => setImmediate(resolve));
      if (pending() > 0) left.push(`${pending()} timers`);
      if (left.length > 0) throw new Error(`left behind: ${left.join('; ')}`);
    },
    async die() {
      closed = true;
      dead = true;
      const all = (await events('run.queued')).map((event) => event.runId as string);
      // The ledger first: a dead engine writes nothing of what its agents' end looks like.
      await opened.close();
      for (const runId of all) await killByMark('DECREE_RUN', runId);
      await listener.stop();
      await local.close();
    },
  };
  onTestFinished(() => bench.close());
  if (options.start !== false) await engine.start();
  return bench;
}

const yes = () => true;
const no = () => false;

/** The clock, and how many sleeps are under way on it. */
function countingClock(clock: Clock): { clock: Clock; pending: () => number } {
  let count = 0;
  return {
    pending: () => count,
    clock: {
      ...clock,
      sleep(ms, sleepOptions) {
        count += 1;
        return clock.sleep(ms, sleepOptions).finally(() => {
          count -= 1;
        });
      },
    },
  };
}
