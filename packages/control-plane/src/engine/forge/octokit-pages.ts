import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { ForgeUnavailable } from './errors.ts';
import type { Caller } from './octokit-call.ts';
import type { Conditional, ConditionalOptions } from './port.ts';

/** Answers kept for conditional requests; past this many the longest unused ones go. */
const maxKept = 1_000;
const pageSize = 100;
/** A list that keeps changing under us is taken as it is after so many passes. */
const maxPasses = 3;

interface Kept {
  etag: string | null;
  data: unknown;
  digest: string;
  next: string | null;
}

export interface Pages {
  /** One answer, conditional. */
  one<T>(path: string, schema: z.ZodType<T>, options?: ConditionalOptions): Promise<Conditional<T>>;
  /** A list to its end, conditional page by page. `items` finds the list in a page's answer. */
  all<T>(
    path: string,
    schema: z.ZodType<T>,
    options?: ConditionalOptions & { items?: (data: unknown) => unknown },
  ): Promise<Conditional<T[]>>;
}

/** Reads that cost no rate limit when nothing changed. */
export function createPages(caller: Caller, baseUrl: string): Pages {
  const root = new URL(baseUrl).pathname.replace(/\/$/, '');
  const kept = new Map<string, Kept>();
  const versions = new Map<string, string>();

  const read = async (path: string, options: ConditionalOptions): Promise<{ page: Kept; same: boolean }> => {
    const key = `${options.actor ?? ''} ${path}`;
    const before = kept.get(key);
    const answer = await caller.send(
      { method: 'GET', path, ...(before?.etag && { headers: { 'if-none-match': before.etag } }) },
      options,
    );
    if (answer.status === 304 && before) {
      keep(kept, key, before);
      return { page: before, same: true };
    }
    const etag = answer.headers.etag;
    const page: Kept = {
      etag: typeof etag === 'string' ? etag : null,
      data: answer.data,
      digest: digest(JSON.stringify(answer.data)),
      next: nextPath(answer.headers.link, root),
    };
    keep(kept, key, page);
    return { page, same: before?.digest === page.digest && before.next === page.next };
  };

  /** One walk to the end. An unchanged page that is full may have got a successor which its own tag does not cover. */
  const walk = async (path: string, options: ConditionalOptions, items: (data: unknown) => unknown) => {
    const pages: Kept[] = [];
    let same = true;
    let next: string | null = path;
    for (let number = 1; next !== null; number += 1) {
      const { page, same: unchanged } = await read(next, options);
      same &&= unchanged;
      pages.push(page);
      const list = items(page.data);
      const full = Array.isArray(list) && list.length >= pageSize;
      next = page.next ?? (full && unchanged ? withPage(path, number + 1) : null);
    }
    return { pages, same };
  };

  const answer = <T>(key: string, version: string, value: T, known: string | undefined): Conditional<T> => {
    const last = known ?? versions.get(key);
    keep(versions, key, version);
    return { changed: version !== last, version, value };
  };

  return {
    async one(path, schema, options = {}) {
      const { page } = await read(path, options);
      return answer(path, page.digest, parse(schema, page.data, path), options.known);
    },
    async all(path, schema, { items = (data: unknown) => data, ...options } = {}) {
      const first = `${path}${path.includes('?') ? '&' : '?'}per_page=${pageSize}`;
      let { pages, same } = await walk(first, options, items);
      // An item that left page 1 between two reads pulls another one over the edge unseen: walk again until nothing moved.
      for (let pass = 1; pages.length > 1 && !same && pass < maxPasses; pass += 1)
        ({ pages, same } = await walk(first, options, items));
      const value: unknown[] = [];
      for (const page of pages) {
        const list = items(page.data);
        if (!Array.isArray(list)) throw unreadable(path, 'a list was expected');
        value.push(...list);
      }
      const version = digest(pages.map((page) => page.digest).join());
      return answer(
        path,
        version,
        dedupe(value).map((item) => parse(schema, item, path)),
        options.known,
      );
    },
  };
}

export function parse<T>(schema: z.ZodType<T>, data: unknown, path: string): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unreadable(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown'}`);
}

/** A proxy's page or a cut answer looks like this; it is no refusal, so it is asked for again. */
const unreadable = (path: string, what: string): ForgeUnavailable =>
  new ForgeUnavailable(`Expected GitHub's answer to ${path}, got something else (${what}).`, {
    status: 200,
    retryAfterMs: 5_000,
  });

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > maxKept) map.delete(map.keys().next().value as string);
}

function dedupe(items: unknown[]): unknown[] {
  const seen = new Set<unknown>();
  return items.filter((item) => {
    const id = (item as { id?: unknown } | null)?.id;
    if (id === undefined || id === null) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

/** The next page as a path: its origin is ours by definition, so that no answer can send us elsewhere. */
function nextPath(link: unknown, root: string): string | null {
  const match = /<([^>]+)>;\s*rel="next"/.exec(typeof link === 'string' ? link : '');
  if (!match?.[1] || !URL.canParse(match[1])) return null;
  const { pathname, search } = new URL(match[1]);
  return (pathname.startsWith(`${root}/`) ? pathname.slice(root.length) : pathname) + search;
}

const withPage = (path: string, number: number): string => `${path}&page=${number}`;
const digest = (value: string): string => createHash('sha256').update(value).digest('base64url');
