import { cutPage, invalid, notFound, numberParam, readBody, requiredText, text } from '../answers.ts';
import { apiRoot, type Place, type RouteContext, type Routes } from '../context.ts';
import { changeLabels } from '../issue-life.ts';
import { labelShape } from '../shapes/issues.ts';
import type { IssueRow } from '../store/issue-store.ts';

/** The repository's labels, and those of one issue. */
export function labelRoutes(app: Routes, place: Place): void {
  const found = (name: string) => {
    const label = place.issues.label(name);
    if (!label) throw notFound();
    return label;
  };
  const issueOf = (c: RouteContext): IssueRow => {
    const issue = place.issues.get(numberParam(c, 'number'));
    if (!issue) throw notFound();
    return issue;
  };
  const colorOf = (body: Record<string, unknown>, fallback: string): string => {
    const color = text(body, 'color', { resource: 'Label' }) ?? fallback;
    if (!/^[0-9a-f]{6}$/i.test(color)) throw invalid({ resource: 'Label', code: 'invalid', field: 'color' });
    return color;
  };
  const descriptionOf = (body: Record<string, unknown>) => text(body, 'description', { resource: 'Label', max: 100 });

  app.get('/repos/:owner/:repo/labels', (c) =>
    c.json(cutPage(c, place.issues.labels()).map((label) => labelShape(place, apiRoot(c), label))),
  );

  app.post('/repos/:owner/:repo/labels', async (c) => {
    const body = await readBody(c);
    const label = {
      name: requiredText(body, 'name', { resource: 'Label', max: 50 }),
      color: colorOf(body, 'ededed'),
      description: descriptionOf(body),
    };
    place.issues.transaction(() => {
      if (place.issues.label(label.name)) throw invalid({ resource: 'Label', code: 'already_exists', field: 'name' });
      place.issues.insertLabel(label);
    });
    return c.json(labelShape(place, apiRoot(c), found(label.name)), 201);
  });

  app.get('/repos/:owner/:repo/labels/:name', (c) => c.json(labelShape(place, apiRoot(c), found(c.req.param('name')))));

  app.patch('/repos/:owner/:repo/labels/:name', async (c) => {
    const body = await readBody(c);
    const label = found(c.req.param('name'));
    const name = text(body, 'new_name', { resource: 'Label', max: 50 }) ?? label.name;
    const description = 'description' in body ? descriptionOf(body) : label.description;
    const changed = { ...label, name, color: colorOf(body, label.color), description };
    place.issues.transaction(() => {
      const taken = place.issues.label(name);
      if (taken && taken.id !== label.id) throw invalid({ resource: 'Label', code: 'already_exists', field: 'name' });
      place.issues.updateLabel(changed);
    });
    return c.json(labelShape(place, apiRoot(c), changed));
  });

  app.delete('/repos/:owner/:repo/labels/:name', (c) => {
    place.issues.deleteLabel(found(c.req.param('name')).id);
    return c.body(null, 204);
  });

  app.get('/repos/:owner/:repo/issues/:number/labels', (c) =>
    c.json(cutPage(c, issueOf(c).labels).map((label) => labelShape(place, apiRoot(c), label))),
  );

  app.on(['POST', 'PUT'], '/repos/:owner/:repo/issues/:number/labels', async (c) => {
    const { labels = [] } = await readBody(c);
    if (!Array.isArray(labels)) throw invalid({ resource: 'Issue', code: 'invalid', field: 'labels' });
    const result = place.issues.transaction(() =>
      changeLabels(place, issueOf(c), c.req.method === 'PUT' ? { set: labels } : { add: labels }),
    );
    return c.json(result.map((label) => labelShape(place, apiRoot(c), label)));
  });

  app.delete('/repos/:owner/:repo/issues/:number/labels', (c) => {
    place.issues.transaction(() => changeLabels(place, issueOf(c), { set: [] }));
    return c.body(null, 204);
  });

  app.delete('/repos/:owner/:repo/issues/:number/labels/:name', (c) => {
    const result = place.issues.transaction(() => {
      const issue = issueOf(c);
      const wanted = c.req.param('name').toLowerCase();
      const label = issue.labels.find(({ name }) => name.toLowerCase() === wanted);
      if (!label) throw notFound();
      return changeLabels(place, issue, { remove: label });
    });
    return c.json(result.map((label) => labelShape(place, apiRoot(c), label)));
  });
}
