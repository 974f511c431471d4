import { z } from 'zod';
import { maxEventText } from './event-payloads.ts';
import { Actor, Id } from './ids.ts';

/** A task as people name it: `#12`, `12`, or its id. */
export const TaskReference = z.string().min(1).max(60);
const text = z.string().min(1).max(60_000);
const issue = z.number().int().positive();

/**
 * What each command takes. Imperatives, `subject.verb`; wrong input is refused with `invalid`, a thing that does not exist with
 * `not_found`. docs/guide/api.md is generated from this table and the sentences in it.
 */
export const commandInputs = {
  /** Opens an issue with `task:implement` and `status:pending`. */
  'task.add': z.object({
    title: z.string().min(1).max(256),
    body: z.string().max(60_000).default(''),
    labels: z.array(z.string().max(50)).max(20).default([]),
  }),
  /** Starts an Implementor (or, with `role`, a Reviewer) on a task. `conflict` when it may not be now. */
  'task.dispatch': z.object({
    task: TaskReference,
    role: z.enum(['implementor', 'reviewer']).default('implementor'),
  }),
  /** Comments on the task's issue. */
  'task.comment': z.object({ task: TaskReference, body: text }),
  /** Adds and removes labels of the task's issue. */
  'task.label': z.object({
    task: TaskReference,
    add: z.array(z.string().max(50)).max(20).default([]),
    remove: z.array(z.string().max(50)).max(20).default([]),
  }),
  /** blocked or needs-refinement → unblocked, with a comment if one is given. `conflict` from any other status. */
  'task.unblock': z.object({ task: TaskReference, comment: text.optional() }),
  /** Merges the task's pull request; the forge closes the issue by its keyword. `conflict` unless it is `status:approved` and has an open one. */
  'task.merge': z.object({ task: TaskReference }),
  /** Closes the task's issue; a live run on it is canceled. */
  'task.close': z.object({ task: TaskReference, comment: text.optional() }),
  /** Back to `status:pending`, so that it can be dispatched anew. `conflict` while a run is live, or when it is pending already. */
  'task.requeue': z.object({ task: TaskReference }),
  /** Looks at the specs now, and starts the Planner on what is approved and changed, back-off or not. */
  'plan.start': z.object({}),
  /** Ends a live run. `conflict` when it has ended. */
  'run.cancel': z.object({
    runId: Id,
    reason: z.string().max(1000).optional(),
  }),
  /** Hands a running agent a message from a person. `conflict` when it does not run. */
  'run.say': z.object({ runId: Id, text: z.string().min(1).max(maxEventText) }),
  /** The agent may do this once; of a question (`agent.question`) `reason` is the answer, and has to be given. `conflict` when it is decided already. */
  'approval.approve': z.object({
    approvalId: Id,
    reason: z.string().max(maxEventText).optional(),
  }),
  /** The agent may not, and reads the reason. `conflict` when it is decided already. */
  'approval.deny': z.object({
    approvalId: Id,
    reason: z.string().min(1).max(maxEventText),
  }),
  /** Removes a worktree after its work is kept; the message names the hidden ref. `conflict` while a live run uses it. */
  'worktree.clean': z.object({ branch: z.string().min(1).max(255) }),
  /** Starts no agent until `dispatch.resume`: what is dispatched waits in the queue, what runs goes on. Outlives the engine. `conflict` when it is paused already. */
  'dispatch.pause': z.object({ reason: z.string().min(1).max(1000).optional() }),
  /** Starts agents again. `conflict` when it is not paused. */
  'dispatch.resume': z.object({}),
  /** Stops the engine: sensors first, then agents are waited for up to `shutdownTimeoutSeconds`, then canceled. */
  'engine.stop': z.object({}),
} as const satisfies Record<string, z.ZodType>;

/** The name of a command. */
export type CommandType = keyof typeof commandInputs;
/** All commands of this version. */
export const commandTypes = Object.keys(commandInputs) as readonly CommandType[];
/** What a caller gives: what has a default may be left out. */
export type CommandInput<T extends CommandType> = z.input<(typeof commandInputs)[T]>;
/** The same after parsing, with the defaults filled in. */
export type ParsedCommandInput<T extends CommandType> = z.output<(typeof commandInputs)[T]>;

/** A command of one type, as it is sent. */
export interface CommandOf<T extends CommandType> {
  /**
   * The caller's own UUIDv7: the same id again is answered as the first time, and done once. After a restart of the engine it is
   * still done once, but for `plan.start` and `worktree.clean`, which look anew; the words of the answer may differ then.
   */
  id: Id;
  type: T;
  actor: Actor;
  input: CommandInput<T>;
}
/** Any command: narrow it by `type`. */
export type Command = { [T in CommandType]: CommandOf<T> }[CommandType];

/** What every command is checked against before its input is. */
export const CommandEnvelope = z.strictObject({
  id: Id,
  type: z.enum(commandTypes as [CommandType, ...CommandType[]]),
  actor: Actor,
  input: z.unknown(),
});

/** What was accepted. What follows is seen in the events. */
export const CommandResult = z.object({
  /** One line for a person. */
  message: z.string(),
  taskId: Id.optional(),
  runId: Id.optional(),
  issue: issue.optional(),
  pull: issue.optional(),
  url: z.string().optional(),
});
export type CommandResult = z.infer<typeof CommandResult>;
