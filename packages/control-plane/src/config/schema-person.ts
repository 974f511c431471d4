import { z } from 'zod';

/** What a person may want to be told of, each once for each event. */
export const notifyKinds = [
  'approval',
  'question',
  'failure',
  'approved',
  'done',
  'blocked',
  'refinement',
  'sensor',
  'plan',
] as const;
export type NotifyKind = (typeof notifyKinds)[number];

export const notifySchema = z.strictObject({
  command: z
    .array(z.string().min(1))
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Program and arguments, run by the engine, headless too. It has DECREE_EVENT, DECREE_TASK, DECREE_RUN_ID and DECREE_MESSAGE in its environment, and all of it as JSON on stdin.',
    ),
  on: z
    .array(z.enum(notifyKinds))
    .default(['approval', 'question', 'failure', 'approved', 'done'])
    .describe(
      'When: an approval or a question waits, a run failed, a task is approved, a task is done (merged or closed), a task is blocked or needs refinement, a sensor fails, the Planner waits for you.',
    ),
  timeoutSeconds: z.int().min(1).max(600).default(30).describe('A program that takes longer is ended.'),
});

const key = z.string().min(1).max(30);
export const tuiSchema = z.strictObject({
  keys: z
    .record(z.string().min(1).max(60), z.union([key, z.array(key).max(5)]))
    .default({})
    .describe(
      'Your own keys, by the name of the command, e.g. `{ "task.dispatch": ["d", "ctrl+g"] }`; an empty list takes its keys away.',
    ),
  theme: z.enum(['auto', 'dark', 'light']).default('auto').describe('`auto`: as the terminal says.'),
  mouse: z.boolean().default(true).describe('Click selects, wheel scrolls. False leaves the mouse to the terminal.'),
  readOnly: z.boolean().default(false).describe('Shows everything and changes nothing.'),
  bell: z.boolean().default(true).describe('Ring the terminal’s bell when something waits for you.'),
  notifications: z
    .enum(['auto', 'osc9', 'osc777', 'off'])
    .default('auto')
    .describe('Notifications by the terminal: `auto` sends what it is known to understand.'),
});
