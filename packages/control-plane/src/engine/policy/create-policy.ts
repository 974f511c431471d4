import type { CommandAnalysis, PolicyDecision, PolicyOutcome, PolicyRequest } from '@decree/contracts';
import { actionHash, canonicalJson, sha256 } from './action-hash.ts';
import { floor, floorVersion } from './floor.ts';
import type { EngineVerdict, PolicyEngine } from './policy-engine.ts';

/** The decision point. It records nothing and does nothing: the caller appends `policy.decided` and acts on it. */
export interface Policy {
  /** SHA-256 over the floor's version and the engines' digests. */
  readonly digest: string;
  decide(request: PolicyRequest): Promise<PolicyDecision>;
}

const strictness: Record<PolicyOutcome, number> = { allow: 0, require_approval: 1, deny: 2 };

/** Floor first; then every engine is asked once and the strictest answer stands. An engine that fails denies. */
export function createPolicy(options: { engines: readonly PolicyEngine[] }): Policy {
  const { engines } = options;
  const digest = sha256(canonicalJson([floorVersion, ...engines.map((engine) => [engine.name, engine.digest])]));

  async function decide(request: PolicyRequest): Promise<PolicyDecision> {
    const analysis = analysisOf(request);
    const base = {
      policyDigest: digest,
      actionHash: actionHash(request.action),
      sandbox: request.context.sandbox,
      ...(analysis && { analysis }),
    };
    const refusal = floor(request);
    if (refusal) return { outcome: 'deny', ...refusal, determinedBy: [refusal.code], engine: 'floor', ...base };
    let strictest: { engine: string; verdict: EngineVerdict } | undefined;
    for (const engine of engines) {
      const verdict = await ask(engine, request);
      if (!strictest || strictness[verdict.outcome] > strictness[strictest.verdict.outcome])
        strictest = { engine: engine.name, verdict };
    }
    if (!strictest)
      return {
        outcome: 'deny',
        code: 'floor.no_engine',
        reason: 'no policy engine is configured, so nothing is allowed',
        determinedBy: [],
        engine: 'floor',
        ...base,
      };
    const { outcome, code, reason, determinedBy } = strictest.verdict;
    return { outcome, code, reason, determinedBy: [...determinedBy], engine: strictest.engine, ...base };
  }

  return { digest, decide };
}

async function ask(engine: PolicyEngine, request: PolicyRequest): Promise<EngineVerdict> {
  try {
    const verdict = await engine.decide(request);
    if (Object.hasOwn(strictness, verdict.outcome)) return verdict;
    return failed(engine, `expected allow, deny or require_approval, got ${JSON.stringify(verdict.outcome)}`);
  } catch (error) {
    return failed(engine, error instanceof Error ? error.message : String(error));
  }
}

const failed = (engine: PolicyEngine, message: string): EngineVerdict => ({
  outcome: 'deny',
  code: `${engine.name}.failed`,
  reason: `the policy engine ${engine.name} failed, so the action is denied: ${message}`,
  determinedBy: [],
});

function analysisOf({ action }: PolicyRequest): CommandAnalysis | undefined {
  if (action.kind !== 'command.run') return undefined;
  const { argv, verdict, because } = action.arguments;
  if (Array.isArray(argv)) return { verdict: 'simple', argv: argv.map(String) };
  return { verdict: verdict === 'compound' ? 'compound' : 'opaque', ...(typeof because === 'string' && { because }) };
}
