import type { Actor, CancelCode, Run } from '@decree/contracts';
import type { OpenWorkspace } from '../workspaces/port.ts';

/** Why a run is being ended before its agent is done; the first cause wins. */
export interface Ending {
  code: CancelCode;
  message: string;
  actor: Actor;
  /** The command that asked for it, if one did. */
  commandId?: string;
}

/** A run that this worker holds now. */
export interface LiveRun {
  run: Run;
  /** What the agent's forge calls and pushes are known by; worth nothing once the run has ended. */
  readonly token: string;
  workspace: OpenWorkspace | null;
  readonly controller: AbortController;
  /** Set before the controller aborts. Null with an aborted controller: the engine itself is leaving; the run is resumed later. */
  ending: Ending | null;
  /** Hands a person's words to the agent, which is told by whom; null while it does not listen. */
  say: ((text: string, by: string) => void) | null;
  readonly done: Promise<void>;
}

export interface LiveRuns {
  add(live: LiveRun): void;
  /** Leaves a later claim of the same run where it is. */
  remove(live: LiveRun): void;
  get(runId: string): LiveRun | undefined;
  byToken(token: string): LiveRun | undefined;
  all(): LiveRun[];
  /** Branches of this worker's runs, the ended ones too: what moved there is nobody's breach. */
  noteBranch(branch: string): void;
  branches(): string[];
}

/** Enough for months; past it the oldest is forgotten. */
const maxBranches = 10_000;

export function createLiveRuns(): LiveRuns {
  const byId = new Map<string, LiveRun>();
  const tokens = new Map<string, LiveRun>();
  const branches = new Set<string>();
  return {
    add(live) {
      byId.set(live.run.id, live);
      tokens.set(live.token, live);
    },
    remove(live) {
      tokens.delete(live.token);
      if (byId.get(live.run.id) === live) byId.delete(live.run.id);
    },
    get: (runId) => byId.get(runId),
    // A lookup by an unguessable key: what a comparison could leak is the hash bucket.
    byToken: (token) => tokens.get(token),
    all: () => [...byId.values()],
    noteBranch(branch) {
      branches.add(branch);
      if (branches.size > maxBranches) branches.delete(branches.values().next().value ?? '');
    },
    branches: () => [...branches],
  };
}

/** Asks a live run to end; false when it was asked already. */
export function endRun(live: LiveRun, ending: Ending): boolean {
  if (live.controller.signal.aborted) return false;
  live.ending = ending;
  live.controller.abort(new Error(ending.message));
  return true;
}
