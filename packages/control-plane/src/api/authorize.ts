import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { Refusal } from './refuse.ts';

/** The host name that `gh` asks for over `http_unix_socket`; it belongs to the agents. */
export const forgeHost = 'api.github.com';

/**
 * Refuses what a browser on another page could send (a foreign Host by DNS rebinding, a foreign Origin), and a request whose
 * target names another host than its Host header. Returns the host.
 */
export function checkOrigin(c: Context, allowed: { hosts: readonly string[]; origins: readonly string[] }): string {
  const host = c.req.header('host')?.toLowerCase() ?? '';
  if (!allowed.hosts.includes(host) && host !== forgeHost) {
    throw new Refusal('forbidden', `expected Host ${[...allowed.hosts, forgeHost].join(' or ')}, got ${quote(host)}`);
  }
  if (new URL(c.req.url).host !== host) {
    throw new Refusal('forbidden', `the request's target names another host than its Host header ${quote(host)}`);
  }
  const origin = c.req.header('origin');
  if (origin !== undefined && !allowed.origins.includes(origin)) {
    throw new Refusal('forbidden', `requests from the web origin ${quote(origin)} are not allowed`);
  }
  return host;
}

/** Answers whether a presented token is the expected one, in a time that tells nothing about either. */
export function sameToken(presented: string, expected: string): boolean {
  return timingSafeEqual(digest(presented), digest(expected));
}

/** The token of `Authorization: <scheme> <token>`, or a refusal that says what was expected. */
export function presentedToken(c: Context, schemes: readonly string[]): string {
  const header = c.req.header('authorization') ?? '';
  const [, scheme, token] = /^([A-Za-z]+) +([\x21-\x7e]{1,512})$/.exec(header) ?? [];
  if (!scheme || !token || !schemes.includes(scheme.toLowerCase())) {
    throw unauthorized(`expected the header Authorization: ${schemes.map((name) => `${name} TOKEN`).join(' or ')}`);
  }
  return token;
}

export const unauthorized = (message: string): Refusal =>
  new Refusal('unauthorized', message, { headers: { 'WWW-Authenticate': 'Bearer realm="decree"' } });

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const quote = (text: string): string => JSON.stringify(text.slice(0, 200));
