import { DecreeError } from '@decree/contracts';
import type { RawAnswer } from '../forge/port.ts';
import { asDecreeError } from '../refusals.ts';
import type { LiveRun, LiveRuns } from '../runs/live-runs.ts';
import type { Operations } from '../system/operations.ts';
import type { createAgentForge } from './agent-forge.ts';
import type { createAgentPush } from './agent-push.ts';

export interface EngineAgentDoor {
  forge(
    runToken: string,
    request: { method: string; path: string; query: Record<string, string>; headers: Record<string, string>; body: unknown },
  ): Promise<RawAnswer>;
  push(
    runToken: string,
    input: { ref: string; sha: string | null; force: boolean; delete: boolean },
  ): Promise<{ ok: boolean; message: string }>;
}

export interface AgentDoorOptions {
  liveRuns: LiveRuns;
  forge: ReturnType<typeof createAgentForge>;
  push: ReturnType<typeof createAgentPush>;
  /** Remembers what is carried out as done for the run. */
  forRun: Operations['forRun'];
}

/** The agents' side of the door: who calls is known by the token of a run that is live now. Nothing here waits for a person. */
export function createAgentDoor({ liveRuns, forge, push, forRun }: AgentDoorOptions): EngineAgentDoor {
  function live(runToken: string): LiveRun {
    const found = liveRuns.byToken(runToken);
    if (!found || found.controller.signal.aborted)
      throw new DecreeError('unauthorized', 'this token belongs to no run that is live now');
    return found;
  }

  return {
    async forge(runToken, { method, path, query, headers, body }) {
      const { run } = live(runToken);
      const search = new URLSearchParams(query).toString();
      try {
        return await forRun(run.id, () => forge(run, { method, path: search ? `${path}?${search}` : path, headers, body }));
      } catch (error) {
        throw asDecreeError(error);
      }
    },
    async push(runToken, { ref, sha, force, delete: remove }) {
      const { run, workspace } = live(runToken);
      if (!workspace) return { ok: false, message: 'the workspace is not ready' };
      if (sha === null || remove) return { ok: false, message: 'a push never deletes' };
      try {
        return await forRun(run.id, () => push(run, workspace, { ref, sha, force, delete: remove }));
      } catch (error) {
        throw asDecreeError(error);
      }
    },
  };
}
