import type { NotifySettings } from './notify/notifier.ts';
import type { EnqueueOptions } from './runs/enqueue.ts';
import type { WorkspaceRequest } from './workspaces/port.ts';

/** What the engine is told of the config, in its own units; main.ts translates. */
export interface EngineSettings {
  version: string;
  pid: number;
  repositoryId: string;
  defaultBranch: string;
  forgeKind: 'local' | 'github';
  sensors: { issuesMs: number; specsMs: number; pullsMs: number };
  /** `docs/specs/` */
  specsDirectory: string;
  roles: EnqueueOptions['roles'];
  models: EnqueueOptions['models'];
  maxAgents: number;
  minimumFreeMemoryMb: number;
  maxDurationMs: number;
  approvalDeadlineMs: number;
  parkAfterMs: number;
  shutdownTimeoutMs: number;
  /** The person's program that is told what happens; null: none. */
  notify: NotifySettings | null;
  /** The engine's own log; null when it writes none. */
  logFile: string | null;
  /** Whom the agents' commits name. */
  author: { name: string; email: string };
  setup: WorkspaceRequest['setup'] | null;
  contextPaths: readonly string[];
  /** One directory per run, outside TMPDIR. */
  runsDirectory: string;
  /** What the processes of an adapter have, PATH included. */
  environmentFor: (adapter: string) => Readonly<Record<string, string>>;
  socketPath: string;
  agentBin: string;
}
