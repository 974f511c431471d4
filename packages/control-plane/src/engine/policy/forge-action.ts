import type { Action, ActionKind } from '@decree/contracts';
import { clip } from '../clip.ts';
import { summariseForge } from './forge-summary.ts';

/** One REST request, as an agent's `gh api` sends it and as the broker receives it. */
export interface ForgeRequest {
  method: string;
  /** With or without a leading slash, with its query if it has one. */
  path: string;
  body?: unknown;
}

interface Route {
  method: string;
  /** Below `repos/owner/name/`; `#` is a number, `*` one segment. */
  pattern: string;
  kind: ActionKind;
  /** The body's fields that are understood; any other is kept under `unknown`, which the floor refuses. */
  fields: readonly string[];
  /** Names of the `#` and `*` segments. */
  segments?: readonly string[];
  refine?: (args: Args) => Partial<Action> | undefined;
}
type Args = Record<string, unknown>;

const issueFields = ['title', 'body', 'labels', 'assignees', 'milestone', 'state', 'state_reason', 'type', 'assignee'];

const routes: readonly Route[] = [
  { method: 'POST', pattern: 'issues', kind: 'forge.issue.create', fields: issueFields },
  {
    method: 'PATCH',
    pattern: 'issues/#',
    kind: 'forge.issue.update',
    fields: issueFields,
    segments: ['issue'],
    refine: refineIssue,
  },
  ...(['POST', 'PUT'] as const).map(
    (method): Route => ({
      ...{ method, pattern: 'issues/#/labels', kind: 'forge.label.set', fields: ['labels'], segments: ['issue'] },
      refine: () => ({ arguments: { operation: method === 'POST' ? 'add' : 'set' } }),
    }),
  ),
  {
    method: 'DELETE',
    pattern: 'issues/#/labels',
    kind: 'forge.label.set',
    fields: [],
    segments: ['issue'],
    refine: () => ({ arguments: { operation: 'clear' } }),
  },
  {
    ...{ method: 'DELETE', pattern: 'issues/#/labels/*', kind: 'forge.label.set', fields: [], segments: ['issue', 'label'] },
    refine: (args) => ({ arguments: { operation: 'remove', labels: [args.label], label: undefined } }),
  },
  { method: 'POST', pattern: 'issues/#/comments', kind: 'forge.comment.create', fields: ['body'], segments: ['issue'] },
  {
    method: 'POST',
    pattern: 'pulls',
    kind: 'forge.pull.create',
    fields: ['title', 'body', 'head', 'base', 'draft', 'maintainer_can_modify'],
  },
  {
    method: 'PATCH',
    pattern: 'pulls/#',
    kind: 'forge.pull.update',
    fields: ['title', 'body', 'state', 'base', 'maintainer_can_modify'],
    segments: ['pull'],
  },
  {
    method: 'PUT',
    pattern: 'pulls/#/merge',
    kind: 'forge.pull.merge',
    fields: ['commit_title', 'commit_message', 'sha', 'merge_method'],
    segments: ['pull'],
  },
  { method: 'POST', pattern: 'merges', kind: 'forge.pull.merge', fields: ['base', 'head', 'commit_message'] },
  {
    method: 'POST',
    pattern: 'pulls/#/reviews',
    kind: 'forge.review.create',
    fields: ['body', 'event', 'comments', 'commit_id'],
    segments: ['pull'],
  },
  {
    method: 'POST',
    pattern: 'pulls/#/reviews/#/events',
    kind: 'forge.review.create',
    fields: ['body', 'event'],
    segments: ['pull', 'review'],
  },
  {
    ...{ method: 'POST', pattern: 'pulls/#/comments', kind: 'forge.comment.create', segments: ['pull'] },
    fields: ['body', 'commit_id', 'path', 'line', 'side', 'start_line', 'start_side', 'subject_type', 'in_reply_to', 'position'],
  },
  {
    method: 'POST',
    pattern: 'pulls/#/comments/#/replies',
    kind: 'forge.comment.create',
    fields: ['body'],
    segments: ['pull', 'comment'],
  },
];

/**
 * The action that a request is. The gate calls it with what it read from `gh api`'s arguments, the broker with the
 * request that came: the same action gives the same {kind, resource, arguments} and so the same hash. Every field of the
 * body is in the arguments. `repository` only resolves `owner:branch` heads; whether it is the right one is the floor's question.
 */
export function forgeAction(request: ForgeRequest, repository: string): Action {
  const method = request.method.toUpperCase();
  const { segments, query, problem } = readPath(request.path);
  const other = (reason?: string): Action => ({
    kind: 'forge.other',
    resource: clip(segments.join('/') || request.path, 4096),
    arguments: {
      method,
      path: segments.join('/'),
      ...(query.length > 0 && { query }),
      ...(request.body !== undefined && { body: request.body }),
      ...(reason && { problem: reason }),
    },
    summary: clip(`${method} ${segments.join('/')}`, 500),
  });
  if (problem) return other(problem);
  const own = segments[0] === 'repos' && segments.length >= 3;
  const target = own ? sameCase(`${segments[1]}/${segments[2]}`, repository) : '';
  if (method === 'GET' || method === 'HEAD') {
    const path = own ? ['repos', target, ...segments.slice(3)].join('/') : segments.join('/');
    return {
      kind: 'forge.read',
      resource: target || clip(path, 4096),
      arguments: { path, ...(query.length > 0 && { query }) },
      summary: clip(`read ${path}`, 500),
    };
  }
  const found = own ? match(method, segments.slice(3)) : undefined;
  if (!found) return other();
  if (query.length > 0) return other('a query is not understood on a request that writes; put the values into the body');
  const body = readBody(request.body, found.route);
  if (typeof body === 'string') return other(body);
  let args: Args = { ...found.values, ...canonicalFields(body, target) };
  const refined = found.route.refine?.(args);
  args = { ...args, ...refined?.arguments };
  for (const key of Object.keys(args)) if (args[key] === undefined) delete args[key];
  const kind = refined?.kind ?? found.route.kind;
  const number = args.issue ?? args.pull;
  return {
    kind,
    resource: clip(number === undefined ? target : `${target}#${number}`, 4096),
    arguments: args,
    summary: clip(summariseForge(kind, args), 500),
  };
}

/** A path may be spelled in many ways for one resource; whatever is unusual is refused instead of decoded twice. */
function readPath(path: string): { segments: string[]; query: string[][]; problem?: string } {
  const [bare = '', ...rest] = path.replace(/^\//, '').split('?');
  const raw = bare.split('/');
  const query = [...new URLSearchParams(rest.join('?'))].sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
  const unusual = (text: string): boolean =>
    text === '' || text === '.' || text === '..' || /[\\#\s/]|[\p{Cc}\p{Cf}]/u.test(text);
  try {
    const segments = raw.map((segment) => decodeURIComponent(segment));
    // A label is the one segment that may hold a blank.
    const label = segments.length === 7 && segments[5] === 'labels';
    const bad = segments.some((segment, index) =>
      label && index === 6 ? segment === '' || /[\\#/]|[\p{Cc}\p{Cf}]/u.test(segment) : unusual(segment),
    );
    return bad
      ? {
          segments: raw,
          query,
          problem: `the path ${clip(path, 200)} is not a plain one: no empty segment, no dot segment, no fragment`,
        }
      : { segments, query };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return { segments: raw, query, problem: `the path ${clip(path, 200)} is not well encoded` };
  }
}

function match(method: string, segments: readonly string[]): { route: Route; values: Args } | undefined {
  for (const route of routes) {
    const pattern = route.pattern.split('/');
    if (route.method !== method || pattern.length !== segments.length) continue;
    const caught: (number | string)[] = [];
    const fits = pattern.every((part, index) => {
      const segment = segments[index] ?? '';
      if (part === '#') return /^[1-9]\d{0,14}$/.test(segment) && caught.push(Number(segment)) > 0;
      return part === '*' ? caught.push(segment) > 0 : part === segment;
    });
    if (fits) return { route, values: Object.fromEntries((route.segments ?? []).map((name, index) => [name, caught[index]])) };
  }
  return undefined;
}

/** The body as a map of understood fields, the rest under `unknown`; or what is wrong with it. */
function readBody(body: unknown, route: Route): Args | string {
  if (body === undefined || body === null) return {};
  // GitHub takes a bare list of labels too.
  if (Array.isArray(body) && route.kind === 'forge.label.set') return { labels: body };
  if (typeof body !== 'object' || Array.isArray(body))
    return `expected a JSON object as the body, got ${Array.isArray(body) ? 'a list' : typeof body}`;
  const entries = Object.entries(body);
  const known = Object.fromEntries(entries.filter(([key]) => route.fields.includes(key)));
  const unknown = Object.fromEntries(entries.filter(([key]) => !route.fields.includes(key)));
  return Object.keys(unknown).length > 0 ? { ...known, unknown } : known;
}

/** Spellings that mean the same on the forge become one. */
function canonicalFields(body: Args, repository: string): Args {
  const result: Args = { ...body };
  if (Array.isArray(body.labels)) {
    const names = body.labels.map((label: unknown) => (isNamed(label) ? label.name : label));
    result.labels = names.every((name) => typeof name === 'string') ? [...new Set(names)].sort() : names;
  }
  const owner = repository.split('/')[0] ?? '';
  if (typeof body.head === 'string' && body.head.toLowerCase().startsWith(`${owner.toLowerCase()}:`))
    result.head = body.head.slice(owner.length + 1);
  if (body.draft === false) delete result.draft;
  return result;
}
const isNamed = (value: unknown): value is { name: string } =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 1 &&
  typeof (value as { name?: unknown }).name === 'string';

/** PATCH of an issue closes it, relabels it or edits it; a mixture is an edit, whose labels and state the floor checks all the same. */
function refineIssue(args: Args): Partial<Action> | undefined {
  const fields = Object.keys(args).filter((key) => key !== 'issue');
  if (args.state === 'closed' && fields.every((field) => field === 'state' || field === 'state_reason'))
    return { kind: 'forge.issue.close' };
  if (fields.length === 1 && fields[0] === 'labels') return { kind: 'forge.label.set', arguments: { operation: 'set' } };
  return undefined;
}

/** Owners and names are compared without case by the forge. */
const sameCase = (name: string, repository: string): string =>
  name.toLowerCase() === repository.toLowerCase() ? repository : name;
