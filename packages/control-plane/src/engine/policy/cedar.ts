import { readFile } from 'node:fs/promises';
import { type ActionKind, actionKinds, DecreeError, type PolicyRequest } from '@decree/contracts';
import { canonicalJson, sha256 } from './action-hash.ts';
import { cedarContext } from './cedar-context.ts';
import type { EngineVerdict, PolicyEngine } from './policy-engine.ts';

/** A Cedar text; `name` appears in errors and before the policy's id in decisions. */
export interface PolicyText {
  name: string;
  text: string;
}

type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');
interface Rule {
  id: string;
  text: string;
  effect: 'permit' | 'forbid';
  /** Kinds that the policy's action constraint can match. */
  kinds: readonly ActionKind[];
  reason: string | undefined;
  approvable: boolean;
}

/**
 * Cedar, embedded. The repository's texts stand beside the default policy; with `replaceDefault` they stand alone. A
 * text that does not parse, or does not fit the schema, is an error: an engine without its policy would be another policy.
 * Policies are sliced by action and parsed once, so a decision costs by what can match it.
 */
export async function createCedarEngine(
  options: { texts?: readonly PolicyText[]; replaceDefault?: boolean } = {},
): Promise<PolicyEngine> {
  const [cedar, schema, standard] = await Promise.all([
    loadCedar(),
    readShipped('schema.cedarschema'),
    readShipped('default.cedar'),
  ]);
  const texts = [...(options.replaceDefault ? [] : [{ name: 'default', text: standard }]), ...(options.texts ?? [])];
  const rules = texts.flatMap((text) => readRules(cedar, text));
  const repeated = rules.find((rule, index) => rules.findIndex((other) => other.id === rule.id) !== index);
  if (repeated) throw invalid(`the policy id ${repeated.id} is used twice; give each policy its own @id`);
  validate(cedar, schema, rules);
  const digest = sha256(canonicalJson([cedar.getCedarVersion(), schema, texts.map(({ name, text }) => [name, text])]));
  for (const kind of actionKinds) {
    if (kind === 'unknown') continue;
    const staticPolicies = Object.fromEntries(
      rules.filter((rule) => rule.kinds.includes(kind)).map((rule) => [rule.id, rule.text]),
    );
    orThrow(cedar.preparsePolicySet(`${digest}:${kind}`, { staticPolicies }), `the policies for ${kind}`);
  }
  orThrow(cedar.preparseSchema(digest, schema), 'the schema');
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return { name: 'cedar', digest, decide: (request) => decide(cedar, { digest, byId }, request) };
}

interface Loaded {
  digest: string;
  byId: ReadonlyMap<string, Rule>;
}

function decide(cedar: Cedar, loaded: Loaded, request: PolicyRequest): EngineVerdict {
  const first = ask(cedar, loaded, request, 0);
  if (first.errors.length > 0) return broken(first.errors);
  const determinedBy = [...first.reasons].sort();
  if (first.allowed)
    return { outcome: 'allow', code: 'cedar.permit', reason: `permitted by ${determinedBy.join(', ')}`, determinedBy };
  const forbidding = determinedBy.map((id) => loaded.byId.get(id));
  if (forbidding.length === 0)
    return {
      outcome: 'deny',
      code: 'cedar.no_permit',
      reason: `no policy permits the ${request.subject.role} to ${request.action.summary}${hint(request)}`,
      determinedBy,
    };
  const why = forbidding.map((rule, index) => rule?.reason ?? `forbidden by ${determinedBy[index]}`).join('; ');
  // Without the second pass a subject whom nothing permits would look approvable.
  if (forbidding.every((rule) => rule?.approvable)) {
    const second = ask(cedar, loaded, request, 1);
    if (second.errors.length > 0) return broken(second.errors);
    if (second.allowed) return { outcome: 'require_approval', code: 'cedar.approval', reason: why, determinedBy };
  }
  return { outcome: 'deny', code: 'cedar.forbid', reason: why, determinedBy };
}

function ask(
  cedar: Cedar,
  loaded: Loaded,
  request: PolicyRequest,
  approvals: 0 | 1,
): { allowed: boolean; reasons: string[]; errors: string[] } {
  const answer = cedar.statefulIsAuthorized({
    principal: { type: 'Role', id: request.subject.role },
    action: { type: 'Action', id: request.action.kind },
    resource: { type: 'Resource', id: request.action.resource },
    context: cedarContext(request, approvals),
    preparsedSchemaName: loaded.digest,
    validateRequest: true,
    preparsedPolicySetId: `${loaded.digest}:${request.action.kind}`,
    entities: [],
  });
  if (answer.type === 'failure') return { allowed: false, reasons: [], errors: answer.errors.map((error) => error.message) };
  const { decision, diagnostics } = answer.response;
  return {
    allowed: decision === 'allow',
    reasons: diagnostics.reason,
    errors: diagnostics.errors.map((error) => `${error.policyId}: ${error.error.message}`),
  };
}

/** Cedar skips a policy that errors, a forbid as well, so an error may hide a denial (reproduced with 4.13). */
const broken = (errors: readonly string[]): EngineVerdict => ({
  outcome: 'deny',
  code: 'cedar.error',
  reason: `the policy could not be evaluated, so the action is denied: ${errors.join('; ')}`,
  determinedBy: [],
});

function hint(request: PolicyRequest): string {
  if (request.action.kind === 'command.run')
    return '; commands are permitted by their whole list of options: use a plainer form, or a file tool';
  if (request.action.kind === 'file.read' || request.action.kind === 'file.search') return '; stay inside the workspace';
  return '';
}

function readRules(cedar: Cedar, { name, text }: PolicyText): Rule[] {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure')
    throw invalid(`expected Cedar policies in ${name}: ${parts.errors.map((error) => error.message).join('; ')}`);
  if (parts.policy_templates.length > 0) throw invalid(`expected no template in ${name}: write the principal and resource out`);
  return parts.policies.map((policy, index) => {
    const parsed = cedar.policyToJson(policy);
    if (parsed.type === 'failure')
      throw invalid(`${name}, policy ${index + 1}: ${parsed.errors.map((error) => error.message).join('; ')}`);
    const { annotations = {}, effect, action } = parsed.json;
    const id = `${name}/${annotations.id ?? `policy${index + 1}`}`;
    const approvable = annotations.outcome !== undefined;
    if (approvable && annotations.outcome !== 'require_approval')
      throw invalid(`${id}: expected @outcome("require_approval"), got ${JSON.stringify(annotations.outcome)}`);
    if (approvable && effect !== 'forbid')
      throw invalid(`${id}: @outcome("require_approval") belongs on a forbid; a permit with it would allow at once`);
    if (approvable && !JSON.stringify(parsed.json.conditions).includes('"approvals"'))
      throw invalid(
        `${id}: @outcome("require_approval") needs: unless { context.approvals >= 1 }; without it no approval would ever do`,
      );
    return { id, text: policy, effect, kinds: kindsOf(action), reason: annotations.reason, approvable };
  });
}

function kindsOf(action: import('@cedar-policy/cedar-wasm/nodejs').ActionConstraint): readonly ActionKind[] {
  if (action.op === 'All' || 'slot' in action) return actionKinds;
  const entities = 'entities' in action ? action.entities : [action.entity];
  const named = entities.map((entity) => ('__entity' in entity ? entity.__entity.id : entity.id));
  return actionKinds.filter((kind) => named.includes(kind));
}

function validate(cedar: Cedar, schema: string, rules: readonly Rule[]): void {
  const answer = cedar.validate({
    schema,
    policies: { staticPolicies: Object.fromEntries(rules.map((rule) => [rule.id, rule.text])) },
    validationSettings: { mode: 'strict' },
  });
  const errors =
    answer.type === 'failure'
      ? answer.errors.map((error) => error.message)
      : answer.validationErrors.map((found) => `${found.policyId}: ${found.error.message}`);
  if (errors.length > 0) throw invalid(`the policies do not fit the schema: ${errors.join('; ')}`);
}

function orThrow(answer: { type: 'success' } | { type: 'failure'; errors: { message: string }[] }, what: string): void {
  if (answer.type === 'failure')
    throw invalid(`${what} could not be prepared: ${answer.errors.map((error) => error.message).join('; ')}`);
}

/** 13 MB of WebAssembly: loaded when a policy is, not with the module. */
const loadCedar = async (): Promise<Cedar> => import('@cedar-policy/cedar-wasm/nodejs');
const readShipped = (file: string): Promise<string> => readFile(new URL(file, import.meta.url), 'utf8');
const invalid = (message: string) => new DecreeError('invalid', message);
