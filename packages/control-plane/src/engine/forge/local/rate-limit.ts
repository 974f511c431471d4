import { createHash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { Clock } from '../../system/clock.ts';
import { documentation } from './answers.ts';
import type { RequestVariables } from './context.ts';

export interface RateWindow {
  limit: number;
  used: number;
  /** Unix seconds. */
  reset: number;
}

export interface RateLimits {
  of(token: string): RateWindow;
  spend(token: string): void;
}

/** So many calls an hour for each token, counted from its first call. Like GitHub's, the count does not outlive us. */
export function createRateLimits(clock: Clock, limit: number): RateLimits {
  const windows = new Map<string, RateWindow>();
  const of = (token: string): RateWindow => {
    const now = Math.floor(clock.nowMs() / 1000);
    const known = windows.get(token);
    if (known && known.reset > now) return known;
    const fresh = { limit, used: 0, reset: now + 3600 };
    windows.set(token, fresh);
    return fresh;
  };
  return {
    of,
    spend(token) {
      const window = of(token);
      window.used = Math.min(window.limit, window.used + 1);
    },
  };
}

/** What a page of issues was, and at which state of the file. */
interface KeptPage {
  readonly changes: number;
  readonly tag: string;
  readonly headers: Headers;
}
const mostKeptPages = 500;
/** These are asked for every few seconds, and come of the file alone. */
const issuePages = /^\/repos\/[^/]+\/[^/]+\/issues$/;

/**
 * Counts calls, sets the headers, and answers 304 for free to a caller who already has the answer. `changes` counts what has been
 * written to the file: while it stands still, a page of issues is not made anew to see that it is the same.
 */
export function rateAndEtag(limits: RateLimits, changes: () => number): MiddlewareHandler<RequestVariables> {
  const kept = new Map<string, KeptPage>();
  return async (c, next) => {
    const token = c.get('token');
    const free = c.req.path === '/rate_limit';
    if (!free && limits.of(token).used >= limits.of(token).limit) {
      c.res = c.json({ message: `API rate limit exceeded for ${c.get('actor')}.`, documentation_url: documentation }, 403);
      setHeaders(c.res.headers, limits.of(token));
      return;
    }
    const key = c.req.method === 'GET' && issuePages.test(c.req.path) ? `${token} ${c.req.url}` : null;
    const page = key === null ? undefined : kept.get(key);
    const before = key === null ? 0 : changes();
    if (page && page.changes === before && asksFor(c.req.header('if-none-match'), page.tag)) {
      c.res = new Response(null, { status: 304, headers: page.headers });
      setHeaders(c.res.headers, limits.of(token));
      return;
    }
    await next();
    const tag = c.req.method === 'GET' && c.res.status === 200 ? await tagOf(c.res, token) : null;
    const unchanged = tag !== null && asksFor(c.req.header('if-none-match'), tag);
    if (key !== null && tag !== null) {
      const headers = new Headers(c.res.headers);
      headers.delete('content-type');
      headers.delete('content-length');
      if (kept.size >= mostKeptPages) kept.clear();
      kept.set(key, { changes: before, tag, headers });
    }
    if (unchanged) {
      const { headers } = c.res;
      headers.delete('content-type');
      headers.delete('content-length');
      c.res = undefined;
      c.res = new Response(null, { status: 304, headers });
    } else if (!free) {
      limits.spend(token);
    }
    setHeaders(c.res.headers, limits.of(token));
  };
}

/** Tags the answer, by its bytes and the token it was given to. */
async function tagOf(answer: Response, token: string): Promise<string> {
  const bytes = new Uint8Array(await answer.clone().arrayBuffer());
  const link = answer.headers.get('link') ?? '';
  const tag = createHash('sha256').update(`${token}\n${link}\n`).update(bytes).digest('hex');
  answer.headers.set('ETag', `W/"${tag}"`);
  answer.headers.set('Cache-Control', 'private, max-age=60, s-maxage=60');
  answer.headers.set('Vary', 'Accept, Authorization, Cookie, X-GitHub-OTP');
  return tag;
}

/** Whether the caller says that it has this one already. */
const asksFor = (asked: string | undefined, tag: string): boolean =>
  asked?.split(',').some((one) => one.trim().replace(/^W\//, '') === `"${tag}"`) ?? false;

function setHeaders(headers: Headers, window: RateWindow): void {
  headers.set('x-ratelimit-limit', String(window.limit));
  headers.set('x-ratelimit-remaining', String(window.limit - window.used));
  headers.set('x-ratelimit-used', String(window.used));
  headers.set('x-ratelimit-reset', String(window.reset));
  headers.set('x-ratelimit-resource', 'core');
}
