import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run, StartMessage, Task } from '@decree/contracts';
import { type AgentDefinition, parseDefinition } from '../agents/definitions.ts';
import { runMark } from '../agents/launch.ts';
import type { AgentAdapter } from '../agents/port.ts';
import type { Forge } from '../forge/port.ts';
import type { Pull } from '../forge/shapes.ts';
import type { Ledger } from '../ledger/port.ts';
import type { EngineSettings } from '../settings.ts';
import { buildPrompt } from '../workflow/prompt.ts';
import type { ForgeSource, OpenWorkspace, WorkspaceRequest, Workspaces } from '../workspaces/port.ts';
import { fetchContext } from './context.ts';
import type { LiveRun } from './live-runs.ts';

/** The run cannot begin; the message says what to mend. */
export class PreparationFailed extends Error {
  override readonly name = 'PreparationFailed';
}

export interface PrepareOptions {
  forge: Forge;
  ledger: Ledger;
  workspaces: Workspaces;
  adapters: ReadonlyMap<string, AgentAdapter>;
  /** Where the forge's branches are fetched from. */
  source: () => Promise<ForgeSource>;
  settings: EngineSettings;
  diff: (path: string, fromBlob: string, toBlob: string) => Promise<string | null>;
}

export interface Prepared {
  adapter: AgentAdapter;
  workspace: OpenWorkspace;
  stateDirectory: string;
  /** Complete but for the session. */
  start: Omit<StartMessage, 'sessionId' | 'resume' | 'prompt'>;
  /** The prompt for a new session, or for one that was interrupted. */
  prompt: (resumed: boolean) => string;
}

export type Prepare = (run: Run, task: Task, live: LiveRun) => Promise<Prepared>;

/** Definition, context and workspace of a run: everything that has to be there before an agent starts. */
export function createPrepare(options: PrepareOptions): Prepare {
  const { workspaces, forge, ledger, settings } = options;
  const { defaultBranch } = settings;

  return async (run, task, live) => {
    const adapter = options.adapters.get(run.adapter);
    if (!adapter)
      throw new PreparationFailed(
        `adapter "${run.adapter}" is not configured; there are: ${[...options.adapters.keys()].join(', ')}`,
      );
    if (adapter.capabilities.gate !== 'every_call') {
      throw new PreparationFailed(
        `adapter "${run.adapter}" does not wait for a decision on every call (gate ${adapter.capabilities.gate}), and the policy needs that`,
      );
    }
    const trusted = await workspaces.commitOf(defaultBranch);
    const definition = await readDefinition(run.agentId, trusted);
    const { signal } = live.controller;
    const { context, pull } = await fetchContext(run, task, { forge, ledger, defaultBranch, diff: options.diff, signal });
    const workspace = (await workspaces.get(run.id)) ?? (await workspaces.create(await request(run, pull)));
    const ownContext = workspace.branch ? { ...context, branch: workspace.branch } : context;
    const stateDirectory = join(settings.runsDirectory, run.id);
    // There before the session is said to have begun: by it, a later start knows that there is something to go on with.
    await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
    const inherited = settings.environmentFor(adapter.name);
    return {
      adapter,
      workspace,
      stateDirectory,
      prompt: (resumed) => buildPrompt(ownContext, { resumed }),
      start: {
        type: 'start',
        v: 1,
        runId: run.id,
        role: run.role,
        cwd: workspace.directory,
        systemPrompt: [definition.systemPrompt, workspace.commitGuidance, ...(await readContextFiles(trusted))]
          .filter(Boolean)
          .join('\n\n'),
        model: run.model ?? definition.model,
        tools: definition.tools,
        disallowedTools: definition.disallowedTools,
        maxTurns: definition.maxTurns,
        env: {
          ...inherited,
          ...workspace.environment,
          PATH: [...workspace.pathPrefix, inherited.PATH].filter(Boolean).join(':'),
          HOME: join(stateDirectory, 'home'),
          [runMark]: run.id,
          DECREE_SOCKET: settings.socketPath,
          DECREE_AGENT_BIN: settings.agentBin,
          GH_TOKEN: live.token,
        },
      },
    };
  };

  async function readDefinition(name: string, commit: string): Promise<AgentDefinition> {
    const path = `.claude/agents/${name}.md`;
    const text = await workspaces.readAtCommit(commit, path);
    if (text === undefined) {
      throw new PreparationFailed(
        `${path} is not committed on ${defaultBranch}; run \`control-plane init\`, look at what it wrote, and commit it`,
      );
    }
    return parseDefinition(text, path);
  }

  async function readContextFiles(commit: string): Promise<string[]> {
    const texts = await Promise.all(settings.contextPaths.map((path) => workspaces.readAtCommit(commit, path)));
    return texts.flatMap((text, index) => (text === undefined ? [] : [`# ${settings.contextPaths[index]}\n\n${text}`]));
  }

  async function request(run: Run, pull: Pull | null): Promise<WorkspaceRequest> {
    const common = {
      runId: run.id,
      author: settings.author,
      correlationId: run.correlationId,
      ...(settings.setup && { setup: settings.setup }),
    };
    if (run.role === 'planner')
      return { runId: run.id, author: settings.author, correlationId: run.correlationId, strategy: { kind: 'main' } };
    const source = await options.source();
    if (run.role === 'reviewer') {
      if (!pull) throw new PreparationFailed(`#${run.issue} has no open pull request to review`);
      const tip = await workspaces.fetchBranch(source, pull.head.ref);
      return { ...common, strategy: { kind: 'review', branch: pull.head.ref, tip } };
    }
    // A run that had begun goes on on its own branch, pushed or not; a pull request's branch is gone on with.
    if (pull) {
      if (pull.head.ref === defaultBranch) {
        throw new PreparationFailed(
          `pull request #${pull.number} asks to merge ${defaultBranch} itself; an agent never works on the default branch`,
        );
      }
      const tip = await workspaces.fetchBranch(source, pull.head.ref);
      return { ...common, strategy: { kind: 'resume', branch: pull.head.ref, tip } };
    }
    const base = await workspaces.fetchBranch(source, defaultBranch);
    if (run.workspace?.branch)
      return { ...common, strategy: { kind: 'resume', branch: run.workspace.branch, tip: run.workspace.baseSha } };
    return { ...common, strategy: { kind: 'new', issue: run.issue ?? 0, base } };
  }
}
