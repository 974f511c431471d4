import { ApiError, notFound } from '../answers.ts';
import { apiRoot, type Place, type RouteContext, type Routes } from '../context.ts';
import { resolveCommit } from '../git/refs.ts';
import { entryAt, readBlob, readTree, type TreeEntry } from '../git/trees.ts';
import { pageUrl, repositoryUrl } from '../shapes/repository.ts';

/** GitHub puts the content of a file into the answer up to 1 MB; past that, the blob has to be asked for. */
const maxInline = 1024 * 1024;

/** Files and directories by their path. */
export function contentRoutes(app: Routes, place: Place): void {
  app.get('/repos/:owner/:repo/contents', (c) => show(c, ''));
  app.get('/repos/:owner/:repo/contents/', (c) => show(c, ''));
  app.get('/repos/:owner/:repo/contents/:path{.+}', (c) => show(c, c.req.param('path')));

  async function show(c: RouteContext, asked: string): Promise<Response> {
    const path = asked.replace(/\/+$/, '');
    const ref = c.req.query('ref') ?? place.defaultBranch;
    const commit = await resolveCommit(place.git, ref);
    if (!commit) throw c.req.query('ref') ? new ApiError(404, `No commit found for the ref ${ref}`) : notFound();
    if (path.split('/').some((part) => part === '..' || part === '.')) throw notFound();
    const entry = path === '' ? null : await entryAt(place.git, commit, path);
    if (path !== '' && !entry) throw notFound();
    if (!entry || entry.type === 'tree') {
      const children = (await readTree(place.git, entry?.sha ?? commit)) ?? [];
      return c.json(
        children.map((child) => shape(c, { ...child, path: path === '' ? child.path : `${path}/${child.path}` }, ref)),
      );
    }
    const common = shape(c, entry, ref);
    if (entry.type === 'commit') return c.json({ ...common, type: 'submodule', submodule_git_url: null });
    const bytes = (entry.size ?? 0) <= maxInline ? await readBlob(place.git, entry.sha) : null;
    if (common.type === 'symlink') return c.json({ ...common, target: bytes?.toString() ?? '' });
    const content = bytes ? bytes.toString('base64').replace(/.{60}/g, '$&\n') : '';
    return c.json({ ...common, content, encoding: bytes ? 'base64' : 'none' });
  }

  function shape(c: RouteContext, entry: TreeEntry, ref: string) {
    const api = apiRoot(c);
    const path = entry.path.split('/').map(encodeURIComponent).join('/');
    const self = `${repositoryUrl(place, api)}/contents/${path}?ref=${encodeURIComponent(ref)}`;
    const git = `${repositoryUrl(place, api)}/git/${entry.type === 'tree' ? 'trees' : 'blobs'}/${entry.sha}`;
    const html = `${pageUrl(place)}/${entry.type === 'tree' ? 'tree' : 'blob'}/${encodeURIComponent(ref)}/${path}`;
    return {
      name: entry.path.slice(entry.path.lastIndexOf('/') + 1),
      path: entry.path,
      sha: entry.sha,
      size: entry.size ?? 0,
      url: self,
      html_url: html,
      git_url: git,
      download_url: entry.type === 'blob' ? `${pageUrl(place)}/raw/${encodeURIComponent(ref)}/${path}` : null,
      type: entry.type === 'tree' ? 'dir' : entry.mode === '120000' ? 'symlink' : 'file',
      _links: { self, git, html },
    };
  }
}
