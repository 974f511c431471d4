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

/** Counts calls, sets the headers, and answers 304 for free to a caller who already has the answer. */
export function rateAndEtag(limits: RateLimits): MiddlewareHandler<RequestVariables> {
  return async (c, next) => {
    const token = c.get('token');
    const free = c.req.path === '/rate_limit';
    if (!free && limits.of(token).used >= limits.of(token).limit) {
      c.res = c.json({ message: `API rate limit exceeded for ${c.get('actor')}.`, documentation_url: documentation }, 403);
      setHeaders(c.res.headers, limits.of(token));
      return;
    }
    await next();
    const unchanged =
      c.req.method === 'GET' && c.res.status === 200 && (await matches(c.res, token, c.req.header('if-none-match')));
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

/** Tags the answer, by its bytes and the token it was given to, and says whether the caller has it already. */
async function matches(answer: Response, token: string, asked: string | undefined): Promise<boolean> {
  const bytes = new Uint8Array(await answer.clone().arrayBuffer());
  const link = answer.headers.get('link') ?? '';
  const tag = createHash('sha256').update(`${token}\n${link}\n`).update(bytes).digest('hex');
  answer.headers.set('ETag', `W/"${tag}"`);
  answer.headers.set('Cache-Control', 'private, max-age=60, s-maxage=60');
  answer.headers.set('Vary', 'Accept, Authorization, Cookie, X-GitHub-OTP');
  return asked?.split(',').some((one) => one.trim().replace(/^W\//, '') === `"${tag}"`) ?? false;
}

function setHeaders(headers: Headers, window: RateWindow): void {
  headers.set('x-ratelimit-limit', String(window.limit));
  headers.set('x-ratelimit-remaining', String(window.limit - window.used));
  headers.set('x-ratelimit-used', String(window.used));
  headers.set('x-ratelimit-reset', String(window.reset));
  headers.set('x-ratelimit-resource', 'core');
}
