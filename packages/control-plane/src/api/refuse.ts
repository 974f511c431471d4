import { DecreeError, type ErrorBody, type ErrorCode, errorTable } from '@decree/contracts';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from '../engine/system/log.ts';

/** A refusal whose status says more than its code does: 405, 413 and 415 are all `invalid`. */
export class Refusal extends DecreeError {
  readonly status: ContentfulStatusCode;
  readonly headers: Record<string, string>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { status?: ContentfulStatusCode; headers?: Record<string, string> } = {},
  ) {
    super(code, message);
    this.status = options.status ?? errorTable[code].status;
    this.headers = options.headers ?? {};
  }
}

/** The one place where an error becomes an answer. A fault of ours is logged whole and answered without its text. */
export function refuse(c: Context, error: unknown, log: Pick<Logger, 'error'>): Response {
  const { status, headers, body } = describeError(error);
  if (status === 500) log.error({ err: error, method: c.req.method, path: c.req.path }, 'the door failed');
  return c.json(body, status, headers);
}

export function describeError(error: unknown): {
  status: ContentfulStatusCode;
  headers: Record<string, string>;
  body: ErrorBody;
} {
  if (error instanceof Refusal) return { status: error.status, headers: error.headers, body: error.toBody() };
  if (error instanceof DecreeError && error.code !== 'internal') {
    return { status: errorTable[error.code].status, headers: challenge(error.code), body: error.toBody() };
  }
  return {
    status: 500,
    headers: {},
    body: { code: 'internal', message: 'a fault inside Decree, not of the request; the engine’s log says which' },
  };
}

const challenge = (code: ErrorCode): Record<string, string> =>
  code === 'unauthorized' ? { 'WWW-Authenticate': 'Bearer realm="decree"' } : {};
