import { z } from 'zod';
import { Actor, Id } from './ids.ts';

/** A task as people name it: `#12`, `12`, or its id. */
export const TaskReference = z.string().min(1).max(60);
const text = z.string().min(1).max(60_000);
const issue = z.number().int().positive();

/** What each command takes. Imperatives, `subject.verb`. */
export const commandInputs = {
  /** Opens an issue with `task:implement` and `status:pending`. */
  'task.add': z.object({
    title: z.string().min(1).max(256),
    body: z.string().max(60_000).default(''),
    labels: z.array(z.string().max(50)).max(20).default([]),
  }),
  /** Starts an Implementor (or, with role, a Reviewer) on a task. Refused with `conflict` when it may not be now. */
  'task.dispatch': z.object({
    task: TaskReference,
    role: z.enum(['implementor', 'reviewer']).default('implementor'),
  }),
  'task.comment': z.object({ task: TaskReference, body: text }),
  'task.label': z.object({
    task: TaskReference,
    add: z.array(z.string().max(50)).max(20).default([]),
    remove: z.array(z.string().max(50)).max(20).default([]),
  }),
  /** blocked or needs-refinement → unblocked. */
  'task.unblock': z.object({ task: TaskReference, comment: text.optional() }),
  /** Merges the task's pull request; the forge closes the issue by its keyword. */
  'task.merge': z.object({ task: TaskReference }),
  'task.close': z.object({ task: TaskReference, comment: text.optional() }),
  /** Looks at the specs now, and starts the Planner on what is approved and changed, back-off or not. */
  'plan.start': z.object({}),
  'run.cancel': z.object({
    runId: Id,
    reason: z.string().max(1000).optional(),
  }),
  /** Hands a running agent a message from a person. */
  'run.say': z.object({ runId: Id, text }),
  'approval.approve': z.object({
    approvalId: Id,
    reason: z.string().max(4000).optional(),
  }),
  /** The agent reads the reason. */
  'approval.deny': z.object({
    approvalId: Id,
    reason: z.string().min(1).max(4000),
  }),
  /** Stops the engine: sensors first, then agents are waited for up to `shutdownTimeout`, then canceled. */
  'engine.stop': z.object({}),
} as const satisfies Record<string, z.ZodType>;

export type CommandType = keyof typeof commandInputs;
export const commandTypes = Object.keys(commandInputs) as readonly CommandType[];
export type CommandInput<T extends CommandType> = z.input<(typeof commandInputs)[T]>;
export type ParsedCommandInput<T extends CommandType> = z.output<(typeof commandInputs)[T]>;

export interface CommandOf<T extends CommandType> {
  /** The caller's own UUIDv7: the same id again is answered as the first time, and done once. */
  id: Id;
  type: T;
  actor: Actor;
  input: CommandInput<T>;
}
export type Command = { [T in CommandType]: CommandOf<T> }[CommandType];

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
