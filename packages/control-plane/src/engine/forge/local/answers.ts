import { apiRoot, type RouteContext } from './context.ts';

/** A refusal in GitHub's shape: `{message, documentation_url, status, errors}`. */
export class ApiError extends Error {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 410 | 422 | 503;
  readonly errors: readonly (FieldError | string)[] | undefined;
  constructor(status: ApiError['status'], message: string, errors?: readonly (FieldError | string)[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export interface FieldError {
  resource: string;
  code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'unprocessable' | 'custom';
  field?: string;
  value?: unknown;
  message?: string;
}

export const notFound = (): ApiError => new ApiError(404, 'Not Found');
export const invalid = (...errors: FieldError[]): ApiError => new ApiError(422, 'Validation Failed', errors);

export const documentation = 'https://docs.github.com/rest';

export function refusal(c: RouteContext, error: ApiError): Response {
  const body = {
    message: error.message,
    ...(error.errors && { errors: error.errors }),
    documentation_url: documentation,
    status: String(error.status),
  };
  return c.json(body, error.status);
}

/** The request's JSON object; an empty body is `{}` where GitHub takes none. */
export async function readBody(c: RouteContext): Promise<Record<string, unknown>> {
  const text = await c.req.text();
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, 'Problems parsing JSON', [
      { resource: 'Request', code: 'custom', message: (error as Error).message },
    ]);
  }
  if (typeof value !== 'object' || value === null) throw new ApiError(400, 'Body should be a JSON object');
  if (Array.isArray(value)) return { labels: value };
  return value as Record<string, unknown>;
}

/** A text field. Null and absent are the same; anything else is 422. */
export function text(body: Record<string, unknown>, field: string, rule: { resource: string; max?: number }): string | null {
  const value = body[field];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string')
    throw new ApiError(422, `Invalid request.\n\nFor 'properties/${field}', ${JSON.stringify(value)} is not a string.`);
  const max = rule.max ?? 65_536;
  if (value.length > max) {
    throw invalid({
      resource: rule.resource,
      code: 'custom',
      field,
      message: `${field} is too long (maximum is ${max} characters)`,
    });
  }
  return value;
}

export function requiredText(body: Record<string, unknown>, field: string, rule: { resource: string; max?: number }): string {
  const value = text(body, field, rule);
  if (value === null) throw new ApiError(422, `Invalid request.\n\n"${field}" wasn't supplied.`);
  if (value.trim() === '') throw invalid({ resource: rule.resource, code: 'missing_field', field });
  return value;
}

export function choice<T extends string>(
  value: unknown,
  allowed: readonly T[],
  otherwise: { field: string; fallback: T } | { field: string },
): T {
  if (value === undefined || value === null || value === '') {
    if ('fallback' in otherwise) return otherwise.fallback;
    throw new ApiError(422, `Invalid request.\n\n"${otherwise.field}" wasn't supplied.`);
  }
  if (!allowed.includes(value as T)) {
    throw new ApiError(
      422,
      `Invalid request.\n\nFor '${otherwise.field}', ${JSON.stringify(value)} is not one of ${allowed.join(', ')}.`,
    );
  }
  return value as T;
}

export function numberParam(c: RouteContext, name: string): number {
  const value = c.req.param(name) ?? '';
  if (!/^[1-9]\d{0,15}$/.test(value)) throw notFound();
  return Number(value);
}

export interface Page {
  number: number;
  size: number;
  offset: number;
}

/** `per_page` is 30, at most 100; what makes no sense is taken as the default, as on GitHub. */
export function readPage(c: RouteContext): Page {
  const wanted = Number(c.req.query('per_page') ?? 30);
  const size = Number.isInteger(wanted) && wanted > 0 ? Math.min(wanted, 100) : 30;
  const asked = Number(c.req.query('page') ?? 1);
  const number = Number.isInteger(asked) && asked > 0 ? asked : 1;
  return { number, size, offset: (number - 1) * size };
}

/** Sets the Link header for one page of `total` items. */
export function linkPages(c: RouteContext, page: Page, total: number): void {
  const last = Math.max(1, Math.ceil(total / page.size));
  const { pathname, searchParams } = new URL(c.req.url);
  const link = (number: number, rel: string) => {
    searchParams.set('page', String(number));
    return `<${apiRoot(c)}${pathname}?${searchParams}>; rel="${rel}"`;
  };
  const links: string[] = [];
  if (page.number > 1) links.push(link(Math.min(page.number - 1, last), 'prev'));
  if (page.number < last) links.push(link(page.number + 1, 'next'), link(last, 'last'));
  if (page.number > 1) links.push(link(1, 'first'));
  if (links.length > 0) c.header('Link', links.join(', '));
}

/** Cuts one page out of a list that is whole in memory. */
export function cutPage<T>(c: RouteContext, items: readonly T[]): T[] {
  const page = readPage(c);
  linkPages(c, page, items.length);
  return items.slice(page.offset, page.offset + page.size);
}
