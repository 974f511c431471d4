import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Role } from '@decree/contracts';
import type { Config } from './config/index.ts';
import type { Places } from './config/places.ts';
import type { EngineSettings } from './engine/settings.ts';
import { childEnv, type Env } from './engine/system/index.ts';
import type { Repository } from './engine/workspaces/repository.ts';

/** What reaches the model's provider. It has to be in the agent's process; nothing else of the person's environment is. */
export function modelCredentials(env: Env): Record<string, string> {
  const names = [
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_AUTH_TOKEN',
    'ANTHROPIC_BASE_URL',
    'CLAUDE_CODE_OAUTH_TOKEN',
    'HTTPS_PROXY',
    'NO_PROXY',
  ];
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

interface Surroundings {
  repositoryId: string;
  repository: Repository;
  places: Places;
  socketPath: string;
  env: Env;
  modelKeys: Record<string, string>;
  pid: number;
  version: string;
}

/** The config in the engine's own units. */
export function settingsFrom(
  config: Config,
  { repositoryId, repository, places, socketPath, env, modelKeys, pid, version }: Surroundings,
): EngineSettings {
  const { agents, sensors } = config;
  const role = (name: Role) => ({
    definition: agents[name].definition,
    adapter: agents[name].adapter,
    model: agents[name].model ?? null,
  });
  // Agents find the Node that runs Decree: their forge shim needs one, and the machine's own may be old.
  const path = [dirname(process.execPath), env.PATH].filter(Boolean).join(delimiter);
  const [program, ...args] = config.setupCommand ?? [];
  return {
    ...{ version, pid, repositoryId, socketPath, defaultBranch: repository.defaultBranch, forgeKind: 'local' },
    sensors: {
      issuesMs: sensors.issues.pollIntervalSeconds * 1000,
      specsMs: sensors.specs.pollIntervalSeconds * 1000,
      pullsMs: sensors.pulls.pollIntervalSeconds * 1000,
    },
    specsDirectory: sensors.specs.directory,
    roles: { planner: role('planner'), implementor: role('implementor'), reviewer: role('reviewer') },
    models: agents.models,
    maxAgents: config.concurrency.agents,
    minimumFreeMemoryMb: config.concurrency.minimumFreeMemoryMb,
    maxDurationMs: agents.maxDurationSeconds * 1000,
    parkAfterMs: agents.parkAfterSeconds * 1000,
    approvalDeadlineMs: config.approvals.deadlineSeconds * 1000,
    shutdownTimeoutMs: config.shutdownTimeoutSeconds * 1000,
    logFile: places.log,
    notify: notifyFrom(config, env),
    author: { name: 'Decree', email: 'decree@localhost' },
    setup: program ? { command: [program, ...args], timeoutMs: agents.maxDurationSeconds * 1000 } : null,
    contextPaths: agents.contextPaths,
    runsDirectory: places.runs,
    environmentFor: (adapter) =>
      childEnv({ ...env, PATH: path }, adapter === 'claude' ? { ...modelKeys, ...config.claude.env } : {}),
    agentBin: fileURLToPath(new URL('../bin/agent', import.meta.url)),
  };
}

/** The program is the person's own, so it has their environment, to reach their desktop, without what opens doors. */
function notifyFrom({ notify }: Config, env: Env): EngineSettings['notify'] {
  const [program, ...args] = notify.command ?? [];
  if (!program) return null;
  const plain = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i.test(name) ? [] : [[name, value] as const],
  );
  return { command: [program, ...args], on: notify.on, timeoutMs: notify.timeoutSeconds * 1000, env: Object.fromEntries(plain) };
}
