import { cutPage, notFound } from '../answers.ts';
import { apiRoot, type Place, type Routes } from '../context.ts';
import { readCommit } from '../git/commits.ts';
import { branchHead, listBranches } from '../git/refs.ts';
import type { RateLimits } from '../rate-limit.ts';
import { commitShape } from '../shapes/commits.ts';
import { simpleUser } from '../shapes/people.ts';
import { fullRepository, pageUrl, repositoryUrl } from '../shapes/repository.ts';

/** The repository itself, its branches, the caller, and the caller's rate limit. */
export function repositoryRoutes(app: Routes, place: Place, limits: RateLimits): void {
  app.get('/repos/:owner/:repo', (c) => c.json(fullRepository(place, apiRoot(c))));

  app.get('/user', (c) => {
    const login = c.get('actor');
    return c.json({
      ...simpleUser(place, apiRoot(c), login),
      name: login,
      company: null,
      blog: null,
      location: null,
      email: null,
      hireable: null,
      bio: null,
      public_repos: 0,
      public_gists: 0,
      followers: 0,
      following: 0,
      created_at: place.createdAt,
      updated_at: place.createdAt,
    });
  });

  app.get('/rate_limit', (c) => {
    const { limit, used, reset } = limits.of(c.get('token'));
    const core = { limit, used, remaining: limit - used, reset };
    return c.json({ resources: { core, search: core, graphql: core }, rate: core });
  });

  app.get('/repos/:owner/:repo/branches', async (c) => {
    const branches = [...(await listBranches(place.git))].sort(([a], [b]) => (a < b ? -1 : 1));
    const page = cutPage(c, branches);
    return c.json(
      page.map(([name, sha]) => ({
        name,
        commit: { sha, url: `${repositoryUrl(place, apiRoot(c))}/commits/${sha}` },
        protected: false,
      })),
    );
  });

  app.get('/repos/:owner/:repo/branches/:branch{.+}', async (c) => {
    const name = c.req.param('branch');
    const sha = await branchHead(place.git, name);
    if (!sha) throw notFound();
    const self = `${repositoryUrl(place, apiRoot(c))}/branches/${encodeURIComponent(name)}`;
    return c.json({
      name,
      commit: commitShape(place, apiRoot(c), await readCommit(place.git, sha)),
      _links: { self, html: `${pageUrl(place)}/tree/${encodeURIComponent(name)}` },
      protected: false,
      protection: { enabled: false, required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] } },
      protection_url: `${self}/protection`,
    });
  });
}
