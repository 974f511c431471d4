import { ApiError, choice, cutPage, invalid, numberParam, readBody, requiredText, text } from '../answers.ts';
import { apiRoot, type Place, type RouteContext, type Routes } from '../context.ts';
import { countCommits, listCommits } from '../git/commits.ts';
import { diffFiles } from '../git/diff.ts';
import { mergeTree } from '../git/merge.ts';
import { branchHead, isAncestor, listBranches, mergeBase } from '../git/refs.ts';
import { changeIssue } from '../issue-life.ts';
import { followHeads, forkPoint, mergePull, type PullWhole, readPull, wholePull } from '../pull-life.ts';
import { changePullState } from '../pull-state.ts';
import { commitShape, fileShape } from '../shapes/commits.ts';
import { simpleUser } from '../shapes/people.ts';
import { pullShape } from '../shapes/pulls.ts';
import { readIssueChange } from './issues.ts';

/** Pull requests over the branches of the bare repository. */
export function pullRoutes(app: Routes, place: Place): void {
  app.get('/repos/:owner/:repo/pulls', async (c) => {
    const state = choice(c.req.query('state'), ['open', 'closed', 'all'], { field: 'state', fallback: 'open' });
    const sort = choice(c.req.query('sort'), ['created', 'updated', 'popularity', 'long-running'], {
      field: 'sort',
      fallback: 'created',
    });
    const direction = choice(c.req.query('direction'), ['asc', 'desc'], {
      field: 'direction',
      fallback: c.req.query('sort') ? 'asc' : 'desc',
    });
    const head = c.req.query('head')?.replace(/^[^:]*:/, '');
    const base = c.req.query('base');
    const branches = await listBranches(place.git);
    followHeads(place, place.pulls.open(), branches);
    const sign = direction === 'asc' ? 1 : -1;
    const key = ({ issue }: PullWhole) => (sort === 'updated' ? issue.updated_at : issue.created_at);
    const pulls = place.pulls
      .all()
      .filter(
        (pull) =>
          (state === 'all' || (state === 'open') === (pull.is_open === 1)) &&
          (!head || pull.head_ref === head) &&
          (!base || pull.base_ref === base),
      )
      .map((pull) => wholePull(place, pull.number, branches))
      .sort((a, b) => sign * (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.pull.number - b.pull.number));
    return c.json(cutPage(c, pulls).map((whole) => pullShape(place, apiRoot(c), whole)));
  });

  app.post('/repos/:owner/:repo/pulls', async (c) => {
    const body = await readBody(c);
    const title = requiredText(body, 'title', { resource: 'PullRequest', max: 256 });
    const headText = requiredText(body, 'head', { resource: 'PullRequest' });
    const base = requiredText(body, 'base', { resource: 'PullRequest' });
    const words = text(body, 'body', { resource: 'PullRequest' });
    const [owner, head] = headText.includes(':')
      ? (headText.split(':', 2) as [string, string])
      : [place.repository.owner, headText];
    const headSha = owner.toLowerCase() === place.repository.owner.toLowerCase() ? await branchHead(place.git, head) : null;
    const baseSha = await branchHead(place.git, base);
    if (!baseSha) throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
    if (!headSha) throw invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
    if (head === base || (await isAncestor(place.git, headSha, baseSha))) {
      throw invalid({ resource: 'PullRequest', code: 'custom', message: `No commits between ${base} and ${head}` });
    }
    if (!(await mergeBase(place.git, baseSha, headSha))) {
      throw invalid({
        resource: 'PullRequest',
        code: 'custom',
        message: `The ${head} branch has no history in common with ${base}`,
      });
    }
    const number = place.issues.transaction(() => {
      if (place.pulls.openFor(head, base)) {
        throw invalid({
          resource: 'PullRequest',
          code: 'custom',
          message: `A pull request already exists for ${place.repository.owner}:${head}.`,
        });
      }
      const made = place.issues.insert({ title, body: words, author: c.get('actor'), isPull: true, at: place.now() });
      place.pulls.insert({
        number: made,
        head_ref: head,
        base_ref: base,
        head_sha: headSha,
        base_sha: baseSha,
        draft: body.draft === true ? 1 : 0,
      });
      return made;
    });
    return c.json(await detail(c, await readPull(place, number)), 201);
  });

  app.get('/repos/:owner/:repo/pulls/:number', async (c) => {
    const whole = await readPull(place, numberParam(c, 'number'));
    if (/application\/vnd\.github(\.v3)?\.diff/.test(c.req.header('accept') ?? '')) {
      const from = await forkPoint(place, whole.pull);
      const diff = await place.git.run([
        'diff-tree',
        '-r',
        '-p',
        '-M',
        '--no-ext-diff',
        '--no-textconv',
        '--no-color',
        from,
        whole.pull.head_sha,
      ]);
      return c.text(diff, 200, { 'content-type': 'application/vnd.github.diff; charset=utf-8' });
    }
    return c.json(await detail(c, whole));
  });

  app.patch('/repos/:owner/:repo/pulls/:number', async (c) => {
    const body = await readBody(c);
    const { pull } = await readPull(place, numberParam(c, 'number'));
    const change = readIssueChange(body);
    const base = text(body, 'base', { resource: 'PullRequest' });
    if (base !== null && base !== pull.base_ref) {
      const sha = await branchHead(place.git, base);
      if (!sha) throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
      if (place.pulls.openFor(pull.head_ref, base)) {
        throw invalid({
          resource: 'PullRequest',
          field: 'base',
          code: 'custom',
          message: `A pull request already exists for base branch '${base}' and head branch '${pull.head_ref}'`,
        });
      }
      place.pulls.update({ ...pull, base_ref: base, base_sha: sha });
    }
    if (change.state) await changePullState(place, pull.number, change.state);
    place.issues.transaction(() => changeIssue(place, wholePull(place, pull.number).issue, change, c.get('actor')));
    return c.json(await detail(c, await readPull(place, pull.number)));
  });

  app.get('/repos/:owner/:repo/pulls/:number/files', async (c) => {
    const { pull } = await readPull(place, numberParam(c, 'number'));
    const files = await diffFiles(place.git, await forkPoint(place, pull), pull.head_sha);
    return c.json(cutPage(c, files).map((file) => fileShape(place, apiRoot(c), file, pull.head_sha)));
  });

  app.get('/repos/:owner/:repo/pulls/:number/commits', async (c) => {
    const { pull } = await readPull(place, numberParam(c, 'number'));
    const commits = await listCommits(place.git, {
      from: pull.head_sha,
      except: await forkPoint(place, pull),
      skip: 0,
      limit: 250,
      reverse: true,
    });
    return c.json(cutPage(c, commits).map((commit) => commitShape(place, apiRoot(c), commit)));
  });

  app.get('/repos/:owner/:repo/pulls/:number/merge', async (c) => {
    const { pull } = await readPull(place, numberParam(c, 'number'));
    if (!pull.merged_at) throw new ApiError(404, 'Not Found');
    return c.body(null, 204);
  });

  app.put('/repos/:owner/:repo/pulls/:number/merge', async (c) => {
    const body = await readBody(c);
    const sha = await mergePull(place, numberParam(c, 'number'), {
      method: choice(body.merge_method, ['merge', 'squash', 'rebase'], { field: 'merge_method', fallback: 'merge' }),
      sha: text(body, 'sha', { resource: 'PullRequest' }),
      title: text(body, 'commit_title', { resource: 'PullRequest' }),
      message: text(body, 'commit_message', { resource: 'PullRequest' }),
      actor: c.get('actor'),
    });
    return c.json({ sha, merged: true, message: 'Pull Request successfully merged' });
  });

  /** A pull request with what has to be worked out: whether it merges, and how large it is. */
  async function detail(c: RouteContext, whole: PullWhole) {
    const { pull, issue } = whole;
    const from = await forkPoint(place, pull);
    const files = await diffFiles(place.git, from, pull.head_sha);
    const mergeable = pull.is_open ? (await mergeTree(place.git, pull.base_sha, pull.head_sha)) !== null : null;
    const comments = place.pulls.comments(pull.number);
    return {
      ...pullShape(place, apiRoot(c), whole),
      merged: pull.merged_at !== null,
      mergeable,
      rebaseable: mergeable,
      mergeable_state: mergeable === null ? 'unknown' : !mergeable ? 'dirty' : pull.draft ? 'draft' : 'clean',
      merged_by: pull.merged_by ? simpleUser(place, apiRoot(c), pull.merged_by) : null,
      comments: issue.comments,
      review_comments: comments.length,
      maintainer_can_modify: false,
      commits: await countCommits(place.git, from, pull.head_sha),
      additions: files.reduce((sum, file) => sum + file.additions, 0),
      deletions: files.reduce((sum, file) => sum + file.deletions, 0),
      changed_files: files.length,
    };
  }
}
