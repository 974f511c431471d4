import type { Clock } from '../system/clock.ts';
import type { Operations } from '../system/operations.ts';
import { ForgeAuth } from './errors.ts';

export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

export type ForgeCredential =
  | { kind: 'none' }
  | { kind: 'token'; token: string }
  | { kind: 'app'; appId: number | string; privateKey: string; installationId: number };

export interface OctokitOptions {
  baseUrl: string;
  credential: ForgeCredential;
  fetch: FetchLike;
  clock: Clock;
  requestTimeoutMs: number;
  /** Remembers writes, where somebody wants to read of them. */
  operations?: Pick<Operations, 'begin'> | undefined;
  /** Null for a forge that has no limits of its own: nothing is spaced and nothing repeated. */
  pacing: Pacing | null;
}

/** How GitHub wants to be asked. Enterprise servers differ. */
export interface Pacing {
  /** Between two writes. */
  writeMs: number;
  /** Between two that notify people: issues, comments, pull requests, reviews. */
  notifyMs: number;
  /** Reads that met a server error or no answer are repeated so often; writes never, for they may have happened. */
  readRetries: number;
  /** A rate limit that ends within this time is waited for once; a longer one is the caller's to wait for. */
  longestWaitMs: number;
}

export const githubPacing: Pacing = { writeMs: 1_000, notifyMs: 3_000, readRetries: 3, longestWaitMs: 10_000 };

export interface OctokitAnswer {
  status: number;
  headers: Record<string, string | number | undefined>;
  data: unknown;
}

export type OctokitRequest = (options: Record<string, unknown>) => Promise<OctokitAnswer>;

/** Loads Octokit when the first call is made, so that the engine starts without it. */
export async function loadOctokit(options: OctokitOptions): Promise<OctokitRequest> {
  const { Octokit } = await import('@octokit/core');
  const plugins = options.pacing ? await loadPlugins(options.pacing) : null;
  const Client = plugins ? Octokit.plugin(...plugins.list) : Octokit;
  const octokit = new Client({
    baseUrl: options.baseUrl,
    userAgent: 'decree',
    request: { fetch: boundedFetch(options) },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    ...plugins?.settings,
    ...(await authentication(options)),
  });
  return (request) => octokit.request(request as never) as Promise<OctokitAnswer>;
}

async function loadPlugins(pacing: Pacing) {
  const [{ retry }, { throttling }, { default: Bottleneck }] = await Promise.all([
    import('@octokit/plugin-retry'),
    import('@octokit/plugin-throttling'),
    import('bottleneck'),
  ]);
  const wait = (seconds: number, _request: unknown, _octokit: unknown, retries: number): boolean =>
    retries === 0 && seconds * 1000 <= pacing.longestWaitMs;
  return {
    list: [retry, throttling] as const,
    settings: {
      // Refusals are answers: repeating a merge that was refused (405, 409) changes nothing.
      retry: { doNotRetry: [400, 401, 403, 404, 405, 409, 410, 422, 429, 451], retries: pacing.readRetries },
      throttle: {
        onRateLimit: wait,
        onSecondaryRateLimit: wait,
        write: new Bottleneck.Group({ maxConcurrent: 1, minTime: pacing.writeMs }),
        notifications: new Bottleneck.Group({ maxConcurrent: 1, minTime: pacing.notifyMs }),
      },
    },
  };
}

async function authentication({ credential }: OctokitOptions): Promise<Record<string, unknown>> {
  if (credential.kind === 'none') return {};
  if (credential.kind === 'token') return { auth: credential.token };
  const { createAppAuth } = await import('@octokit/auth-app');
  const { appId, privateKey, installationId } = credential;
  const auth = { appId, privateKey, installationId };
  // Signs once without the network, so that a key that is none is told apart from GitHub's refusals.
  await createAppAuth(auth)({ type: 'app' }).catch((cause: unknown) => {
    throw new ForgeAuth(`Expected the GitHub App's private key as PEM, got one that does not sign: ${(cause as Error).message}`, {
      status: 0,
      cause,
    });
  });
  return { authStrategy: createAppAuth, auth };
}

/** An answer comes whole within the time, or not at all. The race does not rely on the fetch minding its signal. */
function boundedFetch({ fetch, clock, requestTimeoutMs }: OctokitOptions): FetchLike {
  return async (url, init) => {
    const over = new AbortController();
    const done = new AbortController();
    const late = clock.sleep(requestTimeoutMs, { signal: done.signal, unref: true }).then(() => {
      const reason = new Error(`Expected an answer of ${new URL(url).host} within ${requestTimeoutMs} ms, got none.`);
      over.abort(reason);
      throw reason;
    });
    const ask = async (): Promise<Response> => {
      const signal = init.signal ? AbortSignal.any([init.signal, over.signal]) : over.signal;
      const answer = await fetch(url, { ...init, signal });
      const bytes = await answer.arrayBuffer();
      return new Response(bytes.byteLength === 0 ? null : bytes, { status: answer.status, headers: answer.headers });
    };
    try {
      return await Promise.race([ask(), late]);
    } finally {
      done.abort();
    }
  };
}

const ignore = (): void => undefined;
