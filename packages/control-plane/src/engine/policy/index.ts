// The decision point. Its one door is `createPolicy`; gate and broker meet in `actionHash`.

export { actionHash } from './action-hash.ts';
export { createCedarEngine, type PolicyText } from './cedar.ts';
export { createPolicy, type Policy } from './create-policy.ts';
export { floor } from './floor.ts';
export { forgeAction } from './forge-action.ts';
export { type GhApiSurroundings, parseGhApi } from './gh-api.ts';
export { pushAction } from './git-push.ts';
export { normalise } from './normalise.ts';
export { ghScriptPath, isProtected, type WorkspaceView } from './paths.ts';
export type { EngineVerdict, PolicyEngine } from './policy-engine.ts';
export { analyseCommand } from './shell.ts';
export { createWorkspaceView } from './workspace-view.ts';
