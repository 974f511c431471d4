/** The forge's failures, one class per thing a caller does about them. */

export class ForgeError extends Error {
  override readonly name: string = 'ForgeError';
}

/** What a forge keeps on this machine cannot be read or written: a person has to mend it. */
export class ForgeUnusable extends ForgeError {
  override readonly name = 'ForgeUnusable';
}

/** No answer, a server error, or a rate limit: ask again after `retryAfterMs`. A write may or may not have happened. */
export class ForgeUnavailable extends ForgeError {
  override readonly name = 'ForgeUnavailable';
  readonly retryable = true;
  readonly retryAfterMs: number;
  readonly status: number | null;
  constructor(message: string, options: { retryAfterMs: number; status: number | null; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
  }
}

/** The forge understood and said no; asking again gives the same answer. */
export class ForgeRefused extends ForgeError {
  override readonly name = 'ForgeRefused';
  readonly retryable = false;
  readonly status: number;
  /** GitHub's `errors` list, as it came. */
  readonly details: readonly unknown[];
  constructor(message: string, options: { status: number; details?: readonly unknown[]; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.status = options.status;
    this.details = options.details ?? [];
  }
}

/** The credential is missing, wrong, or may not do this: a person has to mend it. */
export class ForgeAuth extends ForgeError {
  override readonly name = 'ForgeAuth';
  readonly retryable = false;
  readonly status: number;
  constructor(message: string, options: { status: number; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.status = options.status;
  }
}

/** There is no such thing (or the credential cannot see it). */
export class ForgeNotFound extends ForgeError {
  override readonly name = 'ForgeNotFound';
  readonly retryable = false;
  readonly status: number;
  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.status = options.status ?? 404;
  }
}
