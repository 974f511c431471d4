// The decision point. Its one door is `createPolicy`; gate and broker meet in `actionHash`.

export { actionHash, canonicalJson, sha256 } from './action-hash.ts';
export { createCedarEngine, type PolicyText } from './cedar.ts';
export { createPolicy, type Policy } from './create-policy.ts';
export { floor, type Refusal } from './floor.ts';
export { type ForgeRequest, forgeAction } from './forge-action.ts';
export { type ApiRequest, type GhApiSurroundings, GhArgumentError, parseGhApi } from './gh-api.ts';
export { type PushUpdate, parsePush, pushAction } from './git-push.ts';
export { normalise, normalisedTools, type ToolCall } from './normalise.ts';
export { isProtected, isSecret, type Surroundings, type WorkspaceView } from './paths.ts';
export type { EngineVerdict, PolicyEngine } from './policy-engine.ts';
export { analyseCommand } from './shell.ts';
export { createWorkspaceView } from './workspace-view.ts';
