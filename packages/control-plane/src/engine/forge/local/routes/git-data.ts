import { ApiError, cutPage, invalid, linkPages, notFound, readPage } from '../answers.ts';
import { apiRoot, type Place, type RouteContext, type Routes } from '../context.ts';
import { countCommits, type GitCommit, listCommits, readCommit } from '../git/commits.ts';
import { diffFiles, emptyTree } from '../git/diff.ts';
import { listRefs, mergeBase, resolveCommit } from '../git/refs.ts';
import { blobSize, readBlob, readTree, treeSha } from '../git/trees.ts';
import { commitShape, fileShape } from '../shapes/commits.ts';
import { nodeId } from '../shapes/people.ts';
import { pageUrl, repositoryUrl } from '../shapes/repository.ts';

/** GitHub answers at most this many entries of a tree, and this many bytes of a blob. */
const maxTreeEntries = 100_000;
const maxBlob = 100 * 1024 * 1024;

/** Commits, comparisons, trees, blobs and refs, read from the bare repository. */
export function gitDataRoutes(app: Routes, place: Place): void {
  const { git } = place;
  const root = '/repos/:owner/:repo';

  app.get(`${root}/commits`, async (c) => {
    const query = (name: string) => c.req.query(name);
    const from = await resolveCommit(git, query('sha') ?? place.defaultBranch);
    if (!from) {
      if (query('sha')) throw notFound();
      throw new ApiError(409, 'Git Repository is empty.');
    }
    const page = readPage(c);
    const range = (name: 'since' | 'until') => {
      const value = query(name);
      if (value && Number.isNaN(new Date(value).getTime())) throw invalid({ resource: 'Commit', code: 'invalid', field: name });
      return value ? { [name]: value } : {};
    };
    const author = query('author');
    const path = query('path');
    // One more than asked for tells whether there is a next page; the last page's number would cost the whole history.
    const commits = await listCommits(git, {
      from,
      ...(path && { path }),
      ...range('since'),
      ...range('until'),
      ...(author && { author }),
      skip: page.offset,
      limit: page.size + 1,
    });
    linkPages(c, page, page.offset + commits.length);
    return c.json(commits.slice(0, page.size).map((commit) => commitShape(place, apiRoot(c), commit)));
  });

  app.get(`${root}/commits/:ref{.+}`, async (c) => {
    const sha = await resolveCommit(git, c.req.param('ref'));
    if (!sha) throw invalid({ resource: 'Commit', code: 'custom', message: `No commit found for SHA: ${c.req.param('ref')}` });
    return c.json(await commitDetail(c, await readCommit(git, sha)));
  });

  app.get(`${root}/compare/:range{.+}`, async (c) => {
    const [baseWord = '', headWord = ''] = c.req.param('range').split('...');
    const base = await resolveCommit(git, baseWord);
    const head = await resolveCommit(git, headWord);
    const common = base && head ? await mergeBase(git, base, head) : null;
    if (!base || !head || !common) throw notFound();
    const api = apiRoot(c);
    const [ahead, behind] = [await countCommits(git, base, head), await countCommits(git, head, base)];
    const page = readPage(c);
    linkPages(c, page, ahead);
    const commits = await listCommits(git, { from: head, except: base, skip: page.offset, limit: page.size, reverse: true });
    const url = `${repositoryUrl(place, api)}/compare/${c.req.param('range')}`;
    const html = `${pageUrl(place)}/compare/${c.req.param('range')}`;
    return c.json({
      url,
      html_url: html,
      permalink_url: html,
      diff_url: `${html}.diff`,
      patch_url: `${html}.patch`,
      base_commit: commitShape(place, api, await readCommit(git, base)),
      merge_base_commit: commitShape(place, api, await readCommit(git, common)),
      status: ahead > 0 ? (behind > 0 ? 'diverged' : 'ahead') : behind > 0 ? 'behind' : 'identical',
      ahead_by: ahead,
      behind_by: behind,
      total_commits: ahead,
      commits: commits.map((commit) => commitShape(place, api, commit)),
      files:
        page.number === 1
          ? (await diffFiles(git, common, head)).slice(0, 300).map((file) => fileShape(place, api, file, head))
          : [],
    });
  });

  app.get(`${root}/git/commits/:sha`, async (c) => {
    const sha = await resolveCommit(git, c.req.param('sha'));
    if (!sha) throw notFound();
    const { commit, node_id, html_url, parents } = commitShape(place, apiRoot(c), await readCommit(git, sha));
    const { author, committer, message, tree, verification, url } = commit;
    return c.json({ sha, node_id, url, html_url, author, committer, message, tree, parents, verification });
  });

  app.get(`${root}/git/trees/:sha{.+}`, async (c) => {
    const word = c.req.param('sha');
    const named = (await resolveCommit(git, word)) ?? (/^[0-9a-f]{40}$/.test(word) ? word : null);
    const sha = named && (await treeSha(git, named));
    const entries = sha ? await readTree(git, sha, { recursive: c.req.query('recursive') !== undefined }) : null;
    if (!sha || !entries) throw notFound();
    const url = `${repositoryUrl(place, apiRoot(c))}/git`;
    const kinds = { tree: 'trees', blob: 'blobs', commit: 'commits' } as const;
    return c.json({
      sha,
      url: `${url}/trees/${sha}`,
      tree: entries.slice(0, maxTreeEntries).map(({ path, mode, type, sha: entry, size }) => ({
        path,
        mode,
        type,
        sha: entry,
        ...(size !== null && { size }),
        url: `${url}/${kinds[type]}/${entry}`,
      })),
      truncated: entries.length > maxTreeEntries,
    });
  });

  app.get(`${root}/git/blobs/:sha`, async (c) => {
    const sha = c.req.param('sha');
    const size = /^[0-9a-f]{40}$/.test(sha) ? await blobSize(git, sha) : null;
    if (size === null) throw notFound();
    if (size > maxBlob) throw new ApiError(403, 'This API returns blobs up to 100 MB in size.');
    const content = (await readBlob(git, sha)).toString('base64').replace(/.{60}/g, '$&\n');
    return c.json({
      sha,
      node_id: nodeId('Blob', sha),
      size,
      url: `${repositoryUrl(place, apiRoot(c))}/git/blobs/${sha}`,
      content,
      encoding: 'base64',
    });
  });

  app.get(`${root}/git/ref/:ref{.+}`, async (c) => {
    const wanted = `refs/${c.req.param('ref')}`;
    const found = (await listRefs(git, c.req.param('ref'))).find(({ ref }) => ref === wanted);
    if (!found) throw notFound();
    return c.json(refShape(c, found));
  });

  app.get(`${root}/git/refs`, async (c) => c.json(cutPage(c, await listRefs(git)).map((ref) => refShape(c, ref))));
  app.get(`${root}/git/matching-refs/:ref{.+}`, async (c) =>
    c.json((await listRefs(git, c.req.param('ref'))).map((ref) => refShape(c, ref))),
  );

  function refShape(c: RouteContext, { ref, sha, type }: { ref: string; sha: string; type: string }) {
    const url = `${repositoryUrl(place, apiRoot(c))}/git`;
    return {
      ref,
      node_id: nodeId('Ref', ref),
      url: `${url}/${ref.split('/').map(encodeURIComponent).join('/')}`,
      object: { type, sha, url: `${url}/${type}s/${sha}` },
    };
  }

  async function commitDetail(c: RouteContext, commit: GitCommit) {
    const files = await diffFiles(git, commit.parents[0] ?? emptyTree, commit.sha);
    const additions = files.reduce((sum, file) => sum + file.additions, 0);
    const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
    return {
      ...commitShape(place, apiRoot(c), commit),
      stats: { total: additions + deletions, additions, deletions },
      files: cutPage(c, files).map((file) => fileShape(place, apiRoot(c), file, commit.sha)),
    };
  }
}
