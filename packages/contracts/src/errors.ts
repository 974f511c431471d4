// One rule for the words that say why, here and in every event and row:
// - code: a stable word, for programs; where the words are known, one of a list
// - message: what happened and what to do, for people
// - reason: why somebody, the policy or a person, decided so, in their words
// There is no `cause` in the contracts; a JavaScript Error has one, which stays in the process.
import { z } from 'zod';

/**
 * What a caller can do about an error; the HTTP status and the exit code follow from it (errorTable).
 * - invalid: the request is wrong; mend it. 400, exit 2
 * - unauthorized: no or a wrong token. 401, exit 5
 * - forbidden: the policy or the role forbids it. 403, exit 5
 * - not_found: there is no such thing. 404, exit 4
 * - conflict: it does not fit the state that things are in now; `details` says what stands against it, e.g. `state` of the run or approval, or a `code`. 409, exit 3
 * - unavailable: the engine, the forge or the store cannot be reached now; try again. 503, exit 6
 * - internal: a fault of Decree; the log has it by correlation id. 500, exit 1
 */
export const errorCodes = ['invalid', 'unauthorized', 'forbidden', 'not_found', 'conflict', 'unavailable', 'internal'] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** The HTTP status that the door answers with and the exit code that a CLI verb ends with, for each code. */
export const errorTable = {
  invalid: { status: 400, exitCode: 2 },
  unauthorized: { status: 401, exitCode: 5 },
  forbidden: { status: 403, exitCode: 5 },
  not_found: { status: 404, exitCode: 4 },
  conflict: { status: 409, exitCode: 3 },
  unavailable: { status: 503, exitCode: 6 },
  internal: { status: 500, exitCode: 1 },
} as const satisfies Record<ErrorCode, { status: number; exitCode: number }>;

/** The body of every refused request. */
export const ErrorBody = z.object({
  code: z.enum(errorCodes),
  /** What was expected, what came, and what to do. */
  message: z.string(),
  /** For programs: what the refusal names, e.g. on a conflict `state`, `code` (of a task), `runId` or `guard`. */
  details: z.record(z.string(), z.unknown()).optional(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

/** The one error that crosses the engine's door, in process and over HTTP alike. */
export class DecreeError extends Error {
  override readonly name = 'DecreeError';
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }

  /** What crosses the wire: never the cause or the stack. */
  toBody(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      ...(this.details && { details: this.details }),
    };
  }
}

/** One line per wrong key of a failed parse: `path: what was expected`. */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.map(String).join('.') || '(root)'}: ${issue.message}`).join('; ');
}
