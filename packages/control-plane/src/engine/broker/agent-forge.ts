import type { Action, Event, Run } from '@decree/contracts';
import type { Forge, RawAnswer } from '../forge/port.ts';
import type { Ledger } from '../ledger/port.ts';
import { actionHash, forgeAction } from '../policy/index.ts';
import { aboutRun, byAgent, type RecordEvent } from '../record.ts';
import type { Clock } from '../system/clock.ts';
import type { Random } from '../system/random.ts';
import { type Effects, withMark } from './effects.ts';
import { type CarriedAnswer, carried, creating, findMarked, madeArtifact } from './made.ts';

export interface ForgeCall {
  method: string;
  /** Path and query, as it came. */
  path: string;
  headers: { [name: string]: string | undefined };
  body: unknown;
}

export interface AgentForgeOptions {
  ledger: Ledger;
  record: RecordEvent;
  effects: Effects;
  forge: Forge;
  clock: Clock;
  random: Random;
}

/**
 * Carries one agent's calls to the forge. Reads pass (to the run's own repository only); a write needs the grant that the
 * gate gave for exactly this action, and consumes it. The credential is added behind this door: none is inside the agent.
 */
export function createAgentForge(options: AgentForgeOptions): (run: Run, call: ForgeCall) => Promise<RawAnswer> {
  const { ledger, record, effects, forge } = options;

  return async (run, call) => {
    const action = forgeAction({ method: call.method, path: call.path, body: call.body }, run.repositoryId);
    if (!ownPath(call.path, run.repositoryId)) return refuse(404, `This run reaches ${run.repositoryId} only.`);
    if (action.kind === 'forge.read')
      return forge.request(call.method, call.path, undefined, { headers: readHeaders(call.headers) });
    const hash = actionHash(action);
    const scoped = `${run.effectScope}:${hash}`;
    const once = creating.includes(action.kind);
    if (once) {
      const known = await ledger.get('effects', scoped);
      if (known?.state === 'finished' && known.location) return repeat(known.location, known.status ?? 201);
    }
    const grant = await ledger.openGrant({ runId: run.id, actionHash: hash });
    const begun = once ? await ledger.get('effects', scoped) : null;
    if (!grant && begun?.state !== 'started') {
      return refuse(
        403,
        `Not granted: "${action.summary}" was not decided for this run. Make the call by scripts/workflow/gh.sh api, as one simple command.`,
      );
    }
    const key = once || !grant ? scoped : `${scoped}:${grant.id}`;
    return carry(run, call, action, { key, hash, grantId: grant?.id ?? null, once });
  };

  async function carry(
    run: Run,
    call: ForgeCall,
    action: Action,
    ids: { key: string; hash: string; grantId: string | null; once: boolean },
  ) {
    const body = ids.once ? markBody(call.body, ids.key) : call.body;
    const done = await effects.perform<CarriedAnswer>({
      key: ids.key,
      kind: action.kind,
      actionHash: ids.hash,
      summary: action.summary,
      target: { path: call.path },
      about: byAgent(run),
      grantId: ids.grantId,
      ...(ids.once && { find: () => findMarked(forge, action.kind, call.path, ids.key) }),
      act: async () => carried(await forge.request(call.method, call.path, body)),
      alongside: (answer) => artifacts(run, action, answer.raw),
    });
    if (!done.repeated) return done.answer.raw;
    return done.effect.location ? repeat(done.effect.location, done.effect.status ?? 201) : refuse(409, 'This was done before.');
  }

  async function repeat(location: string, status: number): Promise<RawAnswer> {
    const now = await forge.request('GET', location);
    return now.status === 200 ? { ...now, status } : now;
  }

  function artifacts(run: Run, action: Action, raw: RawAnswer): Event[] {
    const fresh = { id: options.random.uuidv7(), recordedAt: options.clock.now() };
    const artifact = madeArtifact(action.kind, raw, { ...fresh, about: aboutRun(run), summary: action.summary });
    return artifact ? [record('artifact.recorded', { artifact }, aboutRun(run))] : [];
  }
}

const readHeaders = (headers: ForgeCall['headers']): { [name: string]: string } =>
  headers.accept ? { accept: headers.accept } : {};

function ownPath(path: string, repositoryId: string): boolean {
  const bare = (path.split('?')[0] ?? '').toLowerCase();
  const own = `/repos/${repositoryId.toLowerCase()}`;
  return bare === own || bare.startsWith(`${own}/`);
}

function markBody(body: unknown, key: string): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const text = 'body' in body && typeof body.body === 'string' ? body.body : '';
  return { ...body, body: withMark(text, key) };
}

/** In GitHub's own shape, so that gh shows it well. */
const refuse = (status: number, message: string): RawAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: { message, documentation_url: 'https://docs.github.com/rest' },
});
