// The one list of what this package exports.

export {
  AdapterCapabilities,
  AgentReport,
  CancelMessage,
  ControlMessage,
  DecisionMessage,
  maxLineBytes,
  protocolVersion,
  SayMessage,
  StartMessage,
  turnStatuses,
} from './agent-protocol.ts';
export {
  AgentQuestions,
  Approval,
  type ApprovalState,
  approvalCan,
  approvalStates,
  approvalTransitions,
  isQuestion,
} from './approval.ts';
export { Artifact, type ArtifactKind, artifactKinds } from './artifact.ts';
export {
  type Command,
  CommandEnvelope,
  type CommandInput,
  type CommandOf,
  CommandResult,
  type CommandType,
  commandInputs,
  commandTypes,
  type ParsedCommandInput,
  TaskReference,
} from './command.ts';
export type { Engine, EventAccessor } from './engine.ts';
export {
  DecreeError,
  describeIssues,
  ErrorBody,
  type ErrorCode,
  errorCodes,
  errorTable,
} from './errors.ts';
export {
  currentSchemaVersion,
  type Event,
  EventEnvelope,
  type EventOf,
  type EventPayload,
  type EventType,
  eventTypes,
  isEventType,
  parseNewEvent,
  readStoredEvent,
  type StoredEvent,
} from './event.ts';
export { eventPayloads, maxEventText } from './event-payloads.ts';
export { eventSentence } from './event-sentence.ts';
export { fold } from './fold.ts';
export { addUsage, foldRun, noUsage } from './fold-run.ts';
export { foldSpend } from './fold-spend.ts';
export {
  Actor,
  Cursor,
  Digest,
  Id,
  ObjectId,
  type Page,
  pageOf,
  RepositoryId,
  shortId,
  Timestamp,
} from './ids.ts';
export {
  type Complexity,
  complexities,
  complexityOf,
  dispatchableStatuses,
  type LabelDefinition,
  labelDefinitions,
  labelValue,
  type Priority,
  priorities,
  priorityOf,
  statusOf,
  type TaskStatus,
  type TaskType,
  taskStatuses,
  taskTypes,
} from './labels.ts';
export { type Need, type NeedsYou, needs, needsYou, planNeedsYou, taskNeeds } from './needs-you.ts';
export { Operation, operationKinds, rememberedOperations, wentWell } from './operation.ts';
export {
  Action,
  type ActionKind,
  actionKinds,
  CommandAnalysis,
  outsideKinds,
  PolicyDecision,
  type PolicyOutcome,
  PolicyRequest,
  policyOutcomes,
  Role,
  roles,
  type SandboxLevel,
  sandboxLevels,
} from './policy.ts';
export {
  type EventPage,
  type ParsedQueryInput,
  type QueryInput,
  type QueryName,
  type QueryOutput,
  queries,
  queryNames,
} from './query.ts';
export { checkStates, Health, IssueDetail, PullDetail, Snapshot, Summary, Trace, VerifyReport } from './query-shapes.ts';
export {
  type CancelCode,
  type CostBasis,
  cancelCodes,
  costBases,
  type FailureCode,
  failureCodes,
  isLive,
  isTransition,
  liveStates,
  nextRunState,
  Run,
  type RunIn,
  type RunState,
  type RunTrigger,
  runCan,
  runStates,
  runTransitions,
  runTriggers,
  type TransitionType,
  transitionTypes,
  Usage,
  Workspace,
  workspaceStrategies,
} from './run.ts';
export { needsSnapshot, openRows, stateOfSnapshot } from './snapshot-rows.ts';
export { Day, dayOf, firstSpendDay, Spend, snapshotSpendDays, spendKey } from './spend.ts';
export {
  type Collection,
  collections,
  emptyState,
  type Grant,
  pullKey,
  type Row,
  type RowReference,
  type State,
  specKey,
  touchedRows,
} from './state.ts';
export { type StreamAccessor, StreamPage, TranscriptEntry } from './stream.ts';
export {
  ciStates,
  Effect,
  EffectTarget,
  IssueSighting,
  PullSighting,
  Repository,
  type SensorName,
  SpecSighting,
  SpecVersion,
  sensors,
  Task,
  type TaskKind,
  taskKinds,
} from './task.ts';
export {
  refuseTask,
  type TaskAction,
  type TaskCircumstances,
  type TaskRefusal,
  taskActions,
  taskCan,
  taskRefusalCodes,
} from './task-can.ts';
export { Worktree } from './worktree.ts';
