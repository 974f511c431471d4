import type { Clock } from '../system/clock.ts';
import { ForgeAuth, ForgeError, ForgeNotFound, ForgeRefused, ForgeUnavailable } from './errors.ts';
import { loadOctokit, type OctokitAnswer, type OctokitOptions, type OctokitRequest } from './octokit-load.ts';
import type { CallOptions } from './port.ts';
import type { RateLimit } from './shapes.ts';

export interface CallRequest {
  method: string;
  /** Starts with a slash, query included; everything in it is encoded already. */
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Never repeated, not even a read. */
  once?: boolean;
}

export interface Caller {
  /** One call. 304 is an answer; refusals are thrown as the forge's classes. */
  send(request: CallRequest, options?: CallOptions): Promise<OctokitAnswer>;
  /** One call whose refusals are answers too. */
  carry(request: CallRequest, options?: CallOptions): Promise<OctokitAnswer>;
  rateLimit(): RateLimit | null;
}

/** Octokit behind one function: aborts at once, remembers the rate limit, and speaks our errors. */
export function createCaller(options: OctokitOptions): Caller {
  let loading: Promise<OctokitRequest> | undefined;
  let limit: RateLimit | null = null;
  const load = () => {
    loading ??= loadOctokit(options);
    return loading;
  };

  const ask = async (request: CallRequest, { signal, actor }: CallOptions): Promise<OctokitAnswer> => {
    signal?.throwIfAborted();
    const octokit = await load();
    // Octokit repeats what it takes for a server error; an AbortError it leaves alone, whatever the caller's reason was.
    const inner = new AbortController();
    const abort = () => inner.abort();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    try {
      return await untilAborted(
        octokit({
          method: request.method,
          // Braces would be read as a template.
          url: request.path.replace(/[{}]/g, encodeURIComponent),
          ...(request.body !== undefined && { data: request.body }),
          headers: {
            'x-github-api-version': '2022-11-28',
            ...request.headers,
            ...(actor !== undefined && { 'x-decree-actor': actor }),
          },
          request: { signal: inner.signal, ...((request.once || request.method !== 'GET') && { retries: 0 }) },
        }),
        signal,
      );
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  };

  const carry: Caller['carry'] = async (request, call) => {
    if (request.method === 'GET' || request.method === 'HEAD' || !options.operations) return answerTo(request, call);
    const end = options.operations.begin();
    const told = (resultCode: number | null, stderr: string) =>
      end({ kind: 'forge', words: [request.method, request.path], directory: null, resultCode, stderr });
    try {
      const answer = await answerTo(request, call);
      told(answer.status, answer.status < 400 ? '' : String((answer.data as { message?: unknown } | null)?.message ?? ''));
      return answer;
    } catch (error) {
      told((error as { status?: number | null }).status ?? null, error instanceof Error ? error.message : String(error));
      throw error;
    }
  };

  const answerTo: Caller['carry'] = async (request, call = {}) => {
    try {
      const answer = await ask(request, call);
      limit = readLimit(answer) ?? limit;
      return answer;
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason;
      const answer = (error as { response?: OctokitAnswer }).response;
      if (!answer) throw toForgeError(error, options.clock);
      limit = readLimit(answer) ?? limit;
      // A refusal of the App's own token is not the answer to what was asked.
      const url = String((error as { request?: { url?: string } }).request?.url ?? '');
      if (/\/app\/installations\/\d+\/access_tokens$/.test(url)) throw toForgeError(error, options.clock, true);
      return answer;
    }
  };

  return {
    carry,
    async send(request, call) {
      const answer = await carry(request, call);
      if (answer.status === 304 || answer.status < 300) return answer;
      throw answerError(answer, request, options.clock);
    },
    rateLimit: () => limit,
  };
}

/** A refused answer as the class that says what to do about it. */
function answerError(
  answer: OctokitAnswer,
  request: { method: string; path: string },
  clock: Clock,
  cause?: unknown,
): ForgeError {
  const { status, headers } = answer;
  const data = (typeof answer.data === 'object' && answer.data !== null ? answer.data : {}) as {
    message?: string;
    errors?: unknown[];
  };
  const details = Array.isArray(data.errors) ? data.errors : [];
  const reasons = details.map((one) =>
    typeof one === 'string' ? one : ((one as { message?: string }).message ?? JSON.stringify(one)),
  );
  const what = `${request.method} ${request.path.slice(0, 300)}: ${status} ${[data.message ?? '', ...reasons].filter(Boolean).join('; ')}`;
  const spent =
    status === 429 ||
    (status === 403 &&
      (headers['x-ratelimit-remaining'] === '0' ||
        headers['retry-after'] !== undefined ||
        /rate limit/i.test(data.message ?? '')));
  if (spent) return new ForgeUnavailable(what, { status, retryAfterMs: retryAfter(headers, clock), cause });
  if (status >= 500)
    return new ForgeUnavailable(what, { status, retryAfterMs: Number(headers['retry-after'] ?? 5) * 1000 || 5_000, cause });
  if (status === 401 || status === 403) return new ForgeAuth(what, { status, cause });
  if (status === 404 || status === 410) return new ForgeNotFound(what, { status, cause });
  return new ForgeRefused(what, { status, details, cause });
}

function toForgeError(error: unknown, clock: Clock, ofToken = false): unknown {
  if (error instanceof ForgeError) return error;
  const { response, status, request } = error as {
    response?: OctokitAnswer;
    status?: number;
    request?: { method: string; url: string };
  };
  if (response) {
    const mapped = answerError(response, { method: request?.method ?? 'POST', path: request?.url ?? '' }, clock, error);
    if (!ofToken || mapped instanceof ForgeUnavailable) return mapped;
    return new ForgeAuth(`No installation token: ${mapped.message}. Check the App's id, key and installation.`, {
      status: response.status,
      cause: error,
    });
  }
  if (status === undefined) return error;
  return new ForgeUnavailable(`No answer from the forge: ${(error as Error).message}`, {
    status: null,
    retryAfterMs: 5_000,
    cause: error,
  });
}

/** The header's seconds, or the time until the limit is renewed; a minute when GitHub says neither, as it asks for. */
function retryAfter(headers: OctokitAnswer['headers'], clock: Clock): number {
  const seconds = Number(headers['retry-after']);
  if (seconds > 0) return seconds * 1000;
  const reset = Number(headers['x-ratelimit-reset']) * 1000;
  return headers['x-ratelimit-remaining'] === '0' && reset > 0 ? Math.max(1_000, reset - clock.nowMs() + 1_000) : 60_000;
}

function readLimit({ headers }: OctokitAnswer): RateLimit | null {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => Number(headers[`x-ratelimit-${name}`]));
  if (!limit || remaining === undefined || Number.isNaN(remaining) || !reset) return null;
  return { limit, remaining, used: limit - remaining, resetAt: new Date(reset * 1000).toISOString() };
}

/** The promise, or the signal's reason as soon as it is aborted. What is left behind ends by its own signal. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
