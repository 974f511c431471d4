import {
  choice,
  cutPage,
  invalid,
  linkPages,
  notFound,
  numberParam,
  readBody,
  readPage,
  requiredText,
  text,
} from '../answers.ts';
import { apiRoot, type Place, type RouteContext, type Routes } from '../context.ts';
import { isObjectName, resolveCommit } from '../git/refs.ts';
import { checkRunShape, combinedState, simpleStatusShape, statusShape } from '../shapes/checks.ts';
import { minimalRepository, repositoryUrl } from '../shapes/repository.ts';
import type { CheckRunRow } from '../store/check-store.ts';

const conclusions = ['action_required', 'cancelled', 'failure', 'neutral', 'success', 'skipped', 'stale', 'timed_out'] as const;

/** Commit statuses and check runs: what CI says about a commit. */
export function checkRoutes(app: Routes, place: Place): void {
  const commitOf = async (ref: string): Promise<string> => {
    const sha = await resolveCommit(place.git, ref);
    if (!sha) throw invalid({ resource: 'Commit', code: 'custom', message: `No commit found for SHA: ${ref}` });
    return sha;
  };

  app.get('/repos/:owner/:repo/commits/:ref{.+}/status', async (c) => {
    const sha = await resolveCommit(place.git, c.req.param('ref'));
    if (!sha) throw notFound();
    const latest = newestBy(place.checks.statuses(sha), ({ context }) => context);
    const api = apiRoot(c);
    return c.json({
      state: combinedState(latest),
      statuses: cutPage(c, latest).map((status) => simpleStatusShape(place, api, status)),
      sha,
      total_count: latest.length,
      repository: minimalRepository(place, api),
      commit_url: `${repositoryUrl(place, api)}/commits/${sha}`,
      url: `${repositoryUrl(place, api)}/commits/${sha}/status`,
    });
  });

  app.get('/repos/:owner/:repo/commits/:ref{.+}/statuses', async (c) => {
    const sha = await resolveCommit(place.git, c.req.param('ref'));
    if (!sha) throw notFound();
    return c.json(cutPage(c, place.checks.statuses(sha)).map((status) => statusShape(place, apiRoot(c), status)));
  });

  app.post('/repos/:owner/:repo/statuses/:sha', async (c) => {
    const body = await readBody(c);
    const sha = await commitOf(c.req.param('sha'));
    const id = place.checks.insertStatus({
      sha,
      state: choice(body.state, ['error', 'failure', 'pending', 'success'], { field: 'state' }),
      context: text(body, 'context', { resource: 'Status', max: 255 }) ?? 'default',
      description: text(body, 'description', { resource: 'Status', max: 140 }),
      target_url: text(body, 'target_url', { resource: 'Status' }),
      creator: c.get('actor'),
      created_at: place.now(),
    });
    const made = place.checks.status(id);
    if (!made) throw notFound();
    return c.json(statusShape(place, apiRoot(c), made), 201);
  });

  app.get('/repos/:owner/:repo/commits/:ref{.+}/check-runs', async (c) => {
    const sha = await commitOf(c.req.param('ref'));
    const name = c.req.query('check_name');
    const status = c.req.query('status');
    const all = place.checks.runs(sha);
    const chosen = c.req.query('filter') === 'all' ? all : newestBy(all, (run) => run.name);
    const runs = chosen.filter((run) => (!name || run.name === name) && (!status || run.status === status));
    const page = readPage(c);
    linkPages(c, page, runs.length);
    return c.json({
      total_count: runs.length,
      check_runs: runs.slice(page.offset, page.offset + page.size).map((run) => checkRunShape(place, apiRoot(c), run)),
    });
  });

  app.post('/repos/:owner/:repo/check-runs', async (c) => {
    const body = await readBody(c);
    const wanted = requiredText(body, 'head_sha', { resource: 'CheckRun' });
    if (!isObjectName(wanted)) throw invalid({ resource: 'CheckRun', code: 'invalid', field: 'head_sha' });
    const head_sha = await commitOf(wanted);
    const name = requiredText(body, 'name', { resource: 'CheckRun' });
    const id = place.checks.insertRun({ ...readRun(body), name, head_sha, creator: c.get('actor') });
    return answer(c, id, 201);
  });

  app.get('/repos/:owner/:repo/check-runs/:id', (c) => answer(c, numberParam(c, 'id'), 200));

  app.patch('/repos/:owner/:repo/check-runs/:id', async (c) => {
    const body = await readBody(c);
    const id = numberParam(c, 'id');
    const known = place.checks.run(id);
    if (!known) throw notFound();
    place.checks.updateRun({ ...known, ...readRun(body, known) });
    return answer(c, id, 200);
  });

  function answer(c: RouteContext, id: number, status: 200 | 201) {
    const run = place.checks.run(id);
    if (!run) throw notFound();
    return c.json(checkRunShape(place, apiRoot(c), run), status);
  }

  /** A conclusion completes the run; without one it is queued, or what it says. */
  function readRun(body: Record<string, unknown>, known?: CheckRunRow) {
    const resource = 'CheckRun';
    const conclusion =
      body.conclusion == null ? (known?.conclusion ?? null) : choice(body.conclusion, conclusions, { field: 'conclusion' });
    const asked = choice(body.status, ['queued', 'in_progress', 'completed', 'waiting', 'requested', 'pending'], {
      field: 'status',
      fallback: 'queued',
    });
    const status = conclusion !== null ? 'completed' : body.status == null ? (known?.status ?? 'queued') : asked;
    if (status === 'completed' && conclusion === null) throw invalid({ resource, code: 'missing_field', field: 'conclusion' });
    const output = typeof body.output === 'object' && body.output !== null ? (body.output as Record<string, unknown>) : {};
    const kept = (field: string, from: Record<string, unknown>, before: string | null | undefined) =>
      text(from, field, { resource }) ?? before ?? null;
    return {
      name: kept('name', body, known?.name) ?? '',
      status,
      conclusion,
      started_at: kept('started_at', body, known?.started_at ?? place.now()),
      completed_at: kept('completed_at', body, known?.completed_at ?? (status === 'completed' ? place.now() : null)),
      details_url: kept('details_url', body, known?.details_url),
      external_id: kept('external_id', body, known?.external_id),
      title: kept('title', output, known?.title),
      summary: kept('summary', output, known?.summary),
      text: kept('text', output, known?.text),
    };
  }
}

/** Of rows that come newest first, the newest of each key. */
function newestBy<T>(rows: readonly T[], key: (row: T) => string): T[] {
  const seen = new Map<string, T>();
  for (const row of rows) if (!seen.has(key(row))) seen.set(key(row), row);
  return [...seen.values()];
}
