/*
 * The parts that a config asks for, opened in order and let go of in the reverse one. Here alone is it chosen which ledger,
 * forge, policy engine and agent runtimes an engine has; that makes it longer than a file should be.
 */
import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DecreeError, labelDefinitions, rememberedOperations } from '@decree/contracts';
import { createTwoFilesPatch } from 'diff';
import { chooseSocketPath, createDoor, serveOnSocket } from './api/index.ts';
import { openConfigured, readConfig } from './committed-config.ts';
import type { Config } from './config/index.ts';
import { makeOwnDirectory } from './config/make-directory.ts';
import { choosePlaces, type Places, plainName } from './config/places.ts';
import { createClaudeAdapter } from './engine/agents/claude/claude.ts';
import { runMark } from './engine/agents/launch.ts';
import type { AgentAdapter } from './engine/agents/port.ts';
import { createProcessAdapter } from './engine/agents/process.ts';
import { createRedactor } from './engine/agents/redact.ts';
import { createSessionLog } from './engine/agents/session-log.ts';
import { createTranscripts } from './engine/agents/transcript.ts';
import { type ControlPlane, createEngine, type EngineParts } from './engine/create-engine.ts';
import { createLocalForge } from './engine/forge/local/local-forge.ts';
import { createOctokitForge } from './engine/forge/octokit.ts';
import { holdState } from './engine/ledger/index.ts';
import type { Ledger } from './engine/ledger/port.ts';
import { openPostgresLedger } from './engine/ledger/postgres/open.ts';
import { openSqliteLedger } from './engine/ledger/sqlite/open.ts';
import { createCedarEngine, createPolicy, type PolicyText } from './engine/policy/index.ts';
import { createRecord } from './engine/record.ts';
import {
  createLogger,
  createOperations,
  type Env,
  killByMark,
  nextTurn,
  type System,
  systemClock,
  systemRandom,
} from './engine/system/index.ts';
import { createWorkspaces } from './engine/workspaces/create-workspaces.ts';
import type { Workspaces } from './engine/workspaces/port.ts';
import { commitOf, findRepository, openRepository, type Repository } from './engine/workspaces/repository.ts';
import { modelCredentials, settingsFrom } from './engine-settings.ts';
import { version } from './version.ts';

export interface OpenOptions {
  /** Anywhere in the repository. */
  directory: string;
  /** The state directory; left out: chosen by the repository's path. */
  data?: string | undefined;
  env: Env;
  pid: number;
  uid: number;
  /** Said to a person before anything runs: what is not committed. */
  warn: (message: string) => void;
  /** Wraps parts before they are used; the crash tests put their kills here. */
  decorate?: { ledger?: (ledger: Ledger) => Ledger; fetch?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch };
  /** Overrides of the committed config, for the demo and tests. */
  config?: (committed: Config) => Config;
}

export interface OpenControlPlane {
  engine: ControlPlane;
  places: Places;
  repository: Repository;
  repositoryId: string;
  socketPath: string;
  operatorToken: string;
  config: Config;
  /** Stops the engine in order, then lets go of everything. Once. */
  close(reason: string): Promise<void>;
}

/** Lets go of one thing that was opened. */
type Release = () => void | Promise<void>;

/** Opens everything and starts the engine; when something fails on the way, what was opened is let go of. */
export async function openControlPlane(options: OpenOptions): Promise<OpenControlPlane> {
  const held: Release[] = [];
  const letGo = async () => {
    const failures: unknown[] = [];
    for (let release = held.pop(); release; release = held.pop()) {
      try {
        await release();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    return await open(options, held, letGo);
  } catch (error) {
    await letGo().catch((second: unknown) =>
      options.warn(`letting go failed too: ${second instanceof Error ? second.message : String(second)}`),
    );
    throw error;
  }
}

async function open(options: OpenOptions, held: Release[], letGo: () => Promise<void>): Promise<OpenControlPlane> {
  const { env } = options;
  const places = choosePlaces(await findRepository(options.directory), options.data ?? env.DECREE_DATA, env);
  await makeOwnDirectory(places.state);
  const state = holdState(places.state, { pid: options.pid, since: systemClock.now() });
  held.push(() => state.release());
  await makeOwnDirectory(places.scratch);

  const operatorToken = await ownToken(places.operatorToken);
  const modelKeys = modelCredentials(env);
  const secrets = Object.entries(modelKeys).flatMap(([name, value]) => (/KEY|TOKEN/.test(name) ? [value] : []));
  const redact = createRedactor([operatorToken, ...secrets]);
  const operations = createOperations({ clock: systemClock, random: systemRandom, redact, remembered: rememberedOperations });

  let repository = await openConfigured(options.directory, places, env);
  const makeWorkspaces = () =>
    createWorkspaces({
      ...{ repository, stateDirectory: places.workspaces, clock: systemClock, env, nodePath: process.execPath },
      exec: operations.exec,
    });
  let workspaces = await makeWorkspaces();
  const committed = await readConfig(workspaces, repository, places, options.warn);
  const config = options.config ? options.config(committed) : committed;
  const repositoryConfig = config.repositories[0];
  if (repositoryConfig?.defaultBranch && repositoryConfig.defaultBranch !== repository.defaultBranch) {
    repository = await openRepository(options.directory, { defaultBranch: repositoryConfig.defaultBranch });
    workspaces = await makeWorkspaces();
  }
  await workspaces.checkIgnored();

  const log = createLogger({ level: config.logging.level, file: places.log });
  const system: System = { clock: systemClock, random: systemRandom, log, redact };

  const opened = config.store.postgresUrl
    ? await openPostgresLedger({ url: config.store.postgresUrl, clock: systemClock, log })
    : await openSqliteLedger({ file: places.ledgerFile, clock: systemClock, log });
  held.push(() => opened.close());
  const ledger = options.decorate?.ledger?.(opened) ?? opened;

  const repositoryId = repositoryConfig?.id ?? `local/${plainName(repository.root)}`;
  const local = await openLocalForge(repository, repositoryId, places, system, env);
  held.push(() => local.close());
  // As over a network: what is asked of the local forge is no part of the caller's turn, and a key that comes meanwhile gets its own.
  const fetchLocal: typeof globalThis.fetch = async (url, init) => {
    await nextTurn();
    const response = await local.fetch(new Request(url, init));
    await nextTurn();
    return response;
  };
  const forge = createOctokitForge({
    repository: local.repository,
    credential: { kind: 'token', token: 'local' },
    clock: systemClock,
    operations,
    fetch: options.decorate?.fetch?.(fetchLocal) ?? fetchLocal,
    pacing: null,
  });
  await forge.ensureLabels(labelDefinitions);

  const policy = createPolicy({
    engines: [await createCedarEngine({ texts: await readPolicies(workspaces, repository, config) })],
  });
  const adapters = openAdapters(config);
  const transcripts = createTranscripts({ directory: places.transcripts, clock: systemClock, redact, log });
  const writeSessionLog = config.logging.agentSessions
    ? createSessionLog({ directory: resolve(places.state, config.logging.directory), streams: transcripts.accessor, log })
    : undefined;
  const socketPath = await chooseSocketPath({
    stateDirectory: places.state,
    runtimeDirectory: env.XDG_RUNTIME_DIR,
    uid: options.uid,
  });
  const record = createRecord(systemClock, systemRandom, redact);
  let diverged = false;

  const parts: EngineParts = {
    ...{ system, ledger, forge, workspaces, policy, adapters, transcripts, operations },
    ...(writeSessionLog && { writeSessionLog }),
    push: async ({ ref, sha, objectsDirectory }) => {
      const result = await local.receive({ ref, sha, fromObjects: objectsDirectory });
      return result.outcome === 'refused' ? { ok: false, message: result.message } : { ok: true, message: result.outcome };
    },
    source: async () => ({ kind: 'bare', directory: local.gitDirectory }),
    beforeSpecsLook: async () => {
      const sync = await local.syncDefaultBranch({ fromRepository: repository.root, branch: repository.defaultBranch });
      if (sync.outcome === 'diverged' && !diverged) {
        const message = `${repository.defaultBranch} and the local forge have both moved; take over what was merged: git pull ${local.gitDirectory} ${repository.defaultBranch}`;
        await ledger.commit({
          events: [
            record(
              'system.warned',
              { code: 'default_branch_diverged', message },
              { repositoryId, correlationId: systemRandom.uuidv7() },
            ),
          ],
        });
      }
      diverged = sync.outcome === 'diverged';
    },
    diff: (path, before, after) => createTwoFilesPatch(path, path, before, after),
    hasSession: (runId) => exists(join(places.runs, runId)),
    sessions: () => listNames(places.runs),
    forgetSession: (runId) => rm(join(places.runs, runId), { recursive: true, force: true }),
    killProcesses: (runId) => killByMark(runMark, runId),
  };
  const engine = createEngine(
    parts,
    settingsFrom(config, { repositoryId, repository, places, socketPath, env, modelKeys, pid: options.pid, version }),
  );
  const door = createDoor({ engine, tokens: { operator: operatorToken }, agents: engine.agentDoor, clock: systemClock, log });
  const listener = await serveOnSocket({ app: door, path: socketPath, uid: options.uid, clock: systemClock });
  held.push(() => listener.stop());
  // Also when the start fails half way: sensors and agents that run already are stopped before the ledger closes.
  held.push(() => engine.stop('the start failed'));
  await engine.start();

  let closing: Promise<void> | null = null;
  const stopInOrder = async (reason: string) => {
    try {
      await engine.stop(reason);
    } finally {
      await letGo();
    }
  };
  return {
    ...{ engine, places, repository, repositoryId, socketPath, operatorToken, config },
    close(reason) {
      closing ??= stopInOrder(reason);
      return closing;
    },
  };
}

/** The repository's own policies, as committed on the default branch. One that is named and not there is an error, never a gap. */
async function readPolicies(workspaces: Workspaces, repository: Repository, config: Config): Promise<PolicyText[]> {
  const commit = await commitOf(repository, repository.defaultBranch);
  return Promise.all(
    config.policy.paths.map(async (name) => {
      const text = await workspaces.readAtCommit(commit, name);
      if (text !== undefined) return { name, text };
      throw new DecreeError('invalid', `policy.paths: ${name} is not committed on ${repository.defaultBranch}`);
    }),
  );
}

async function openLocalForge(repository: Repository, repositoryId: string, places: Places, system: System, env: Env) {
  const [owner = '', name = ''] = repositoryId.split('/');
  const forge = createLocalForge({
    directory: places.forge,
    repository: { owner, name },
    defaultBranch: repository.defaultBranch,
    clock: system.clock,
    random: system.random,
    env,
    onError: (error) => system.log.error({ err: error }, 'the local forge failed'),
  });
  await forge.syncDefaultBranch({ fromRepository: repository.root, branch: repository.defaultBranch });
  return forge;
}

function openAdapters(config: Config): Map<string, AgentAdapter> {
  const { executable } = config.claude;
  const adapters = new Map<string, AgentAdapter>([
    ['claude', createClaudeAdapter({ clock: systemClock, ...(executable && { pathToClaudeCodeExecutable: executable }) })],
  ]);
  for (const [name, { command }] of Object.entries(config.agents.adapters)) {
    const capabilities = { gate: 'every_call', resume: true, defer: false } as const;
    adapters.set(name, createProcessAdapter({ name, command, capabilities, clock: systemClock }));
  }
  return adapters;
}

/** Made once, readable by this person only. */
async function ownToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const token = systemRandom.token();
    await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
    return token;
  }
}

/** Names in a directory; none where there is none. */
async function listNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
