import type { NotifySettings } from './notify/notifier.ts';
import type { EnqueueOptions } from './runs/enqueue.ts';
import type { WorkspaceRequest } from './workspaces/port.ts';

/** What the engine is told of the config, in its own units; `engine-settings.ts` translates. */
export interface EngineSettings {
  version: string;
  pid: number;
  repositoryId: string;
  defaultBranch: string;
  forgeKind: 'local' | 'github';
  sensors: { issuesMs: number; specsMs: number; pullsMs: number };
  /** Below the repository's root, e.g. `docs/specs`. */
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
  /** The Unix socket by which agents reach the door. */
  socketPath: string;
  /** The directory of the programs that agents are given: their `gh api`, and the helper of `git push`. */
  agentBin: string;
}
