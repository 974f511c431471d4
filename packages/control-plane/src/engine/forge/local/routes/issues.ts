import { choice, invalid, linkPages, notFound, numberParam, readBody, readPage, requiredText, text } from '../answers.ts';
import { apiRoot, type Place, type RouteContext, type Routes } from '../context.ts';
import { changeIssue, changeLabels } from '../issue-life.ts';
import { changePullState } from '../pull-state.ts';
import { commentShape, issueShape } from '../shapes/issues.ts';
import type { IssueRow } from '../store/issue-store.ts';

/** Issues and their comments; pull requests are issues too, as on GitHub. */
export function issueRoutes(app: Routes, place: Place): void {
  const issueOf = (c: RouteContext): IssueRow => {
    const issue = place.issues.get(numberParam(c, 'number'));
    if (!issue) throw notFound();
    return issue;
  };
  const answer = (c: RouteContext, number: number) => issueShape(place, apiRoot(c), place.issues.get(number) as IssueRow);

  app.get('/repos/:owner/:repo/issues', (c) => {
    const query = (name: string) => c.req.query(name);
    const filter = {
      state: choice(query('state'), ['open', 'closed', 'all'], { field: 'state', fallback: 'open' }),
      labels: (query('labels') ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
      since: instant(query('since')),
      creator: query('creator') ?? null,
      sort: choice(query('sort'), ['created', 'updated', 'comments'], { field: 'sort', fallback: 'created' }),
      direction: choice(query('direction'), ['asc', 'desc'], { field: 'direction', fallback: 'desc' }),
    };
    const page = readPage(c);
    const { rows, total } = place.issues.list(filter, { offset: page.offset, limit: page.size });
    linkPages(c, page, total);
    return c.json(rows.map((issue) => issueShape(place, apiRoot(c), issue)));
  });

  app.post('/repos/:owner/:repo/issues', async (c) => {
    const body = await readBody(c);
    const title = requiredText(body, 'title', { resource: 'Issue', max: 256 });
    const words = text(body, 'body', { resource: 'Issue' });
    const labels = labelList(body);
    const number = place.issues.transaction(() => {
      const made = place.issues.insert({ title, body: words, author: c.get('actor'), isPull: false, at: place.now() });
      changeLabels(place, place.issues.get(made) as IssueRow, { add: labels ?? [] });
      return made;
    });
    c.header('Location', `${new URL(c.req.url).origin}${c.req.path}/${number}`);
    return c.json(answer(c, number), 201);
  });

  app.get('/repos/:owner/:repo/issues/comments/:id', (c) => {
    const comment = place.issues.comment(numberParam(c, 'id'));
    if (!comment) throw notFound();
    return c.json(commentShape(place, apiRoot(c), comment));
  });

  app.patch('/repos/:owner/:repo/issues/comments/:id', async (c) => {
    const comment = place.issues.comment(numberParam(c, 'id'));
    if (!comment) throw notFound();
    const body = requiredText(await readBody(c), 'body', { resource: 'IssueComment' });
    const now = place.now();
    place.issues.updateComment(comment.id, body, now);
    return c.json(commentShape(place, apiRoot(c), { ...comment, body, updated_at: now }));
  });

  app.get('/repos/:owner/:repo/issues/:number', (c) => c.json(issueShape(place, apiRoot(c), issueOf(c))));

  app.patch('/repos/:owner/:repo/issues/:number', async (c) => {
    const body = await readBody(c);
    const issue = issueOf(c);
    const change = readIssueChange(body);
    const labels = labelList(body);
    if (issue.is_pull && change.state) await changePullState(place, issue.number, change.state);
    place.issues.transaction(() => {
      changeIssue(place, issueOf(c), change, c.get('actor'));
      if (labels) changeLabels(place, issueOf(c), { set: labels });
    });
    return c.json(answer(c, issue.number));
  });

  app.get('/repos/:owner/:repo/issues/:number/comments', (c) => {
    const comments = place.issues.comments(issueOf(c).number, instant(c.req.query('since')));
    const page = readPage(c);
    linkPages(c, page, comments.length);
    return c.json(
      comments.slice(page.offset, page.offset + page.size).map((comment) => commentShape(place, apiRoot(c), comment)),
    );
  });

  app.post('/repos/:owner/:repo/issues/:number/comments', async (c) => {
    const issue = issueOf(c).number;
    const body = requiredText(await readBody(c), 'body', { resource: 'IssueComment' });
    const now = place.now();
    const row = { issue, author: c.get('actor'), body, created_at: now, updated_at: now };
    const id = place.issues.transaction(() => {
      place.issues.touch(issue, now);
      return place.issues.insertComment(row);
    });
    return c.json(commentShape(place, apiRoot(c), { id, ...row }), 201);
  });
}

/** The fields of a PATCH that issues and pull requests share. */
export function readIssueChange(body: Record<string, unknown>) {
  return {
    ...('title' in body && { title: requiredText(body, 'title', { resource: 'Issue', max: 256 }) }),
    ...('body' in body && { body: text(body, 'body', { resource: 'Issue' }) }),
    ...('state' in body && { state: choice(body.state, ['open', 'closed'], { field: 'state' }) }),
    ...(body.state_reason != null && {
      stateReason: choice(body.state_reason, ['completed', 'not_planned', 'reopened', 'duplicate'], { field: 'state_reason' }),
    }),
  };
}

function labelList(body: Record<string, unknown>): unknown[] | null {
  if (body.labels === undefined || body.labels === null) return null;
  if (!Array.isArray(body.labels)) throw invalid({ resource: 'Issue', code: 'invalid', field: 'labels' });
  return body.labels;
}

/** A time to the second, as rows hold it; what is no time is refused. */
function instant(value: string | undefined): string | null {
  if (!value) return null;
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) throw invalid({ resource: 'Issue', code: 'invalid', field: 'since', value });
  return `${time.toISOString().slice(0, 19)}Z`;
}
