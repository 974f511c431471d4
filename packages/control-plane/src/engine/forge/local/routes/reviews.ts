import { ApiError, choice, cutPage, invalid, notFound, numberParam, readBody, requiredText, text } from '../answers.ts';
import { apiRoot, type Place, type RouteContext, type Routes } from '../context.ts';
import { diffFiles, type FileChange } from '../git/diff.ts';
import { resolveCommit } from '../git/refs.ts';
import { forkPoint, readPull } from '../pull-life.ts';
import { reviewCommentShape, reviewShape } from '../shapes/pulls.ts';
import type { PullRow, ReviewCommentRow } from '../store/pull-store.ts';

const states = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const;

/** Reviews and the comments on lines that come with them. */
export function reviewRoutes(app: Routes, place: Place): void {
  const one = '/repos/:owner/:repo/pulls/:number';

  app.get(`${one}/reviews`, async (c) => {
    const { pull } = await readPull(place, numberParam(c, 'number'));
    return c.json(cutPage(c, place.pulls.reviews(pull.number)).map((review) => reviewShape(place, apiRoot(c), review)));
  });

  app.post(`${one}/reviews`, async (c) => {
    const body = await readBody(c);
    const { pull, issue } = await readPull(place, numberParam(c, 'number'));
    const event = choice(body.event, ['APPROVE', 'REQUEST_CHANGES', 'COMMENT'], { field: 'event' });
    const words = text(body, 'body', { resource: 'PullRequestReview' }) ?? '';
    const drafts = Array.isArray(body.comments) ? (body.comments as Record<string, unknown>[]) : [];
    if (issue.author === c.get('actor') && event !== 'COMMENT') {
      throw new ApiError(422, 'Unprocessable Entity', [
        `Can not ${event === 'APPROVE' ? 'approve' : 'request changes on'} your own pull request`,
      ]);
    }
    if (words.trim() === '' && event !== 'APPROVE' && drafts.length === 0)
      throw new ApiError(422, 'Unprocessable Entity', ['Body can not be blank']);
    const commit = await commitOf(pull, text(body, 'commit_id', { resource: 'PullRequestReview' }));
    const files = drafts.length > 0 ? await filesOf(pull, commit) : [];
    const comments = drafts.map((draft) => placeComment(draft, files));
    const id = place.issues.transaction(() => {
      const now = place.now();
      const review = place.pulls.insertReview({
        pull: pull.number,
        author: c.get('actor'),
        state: states[event],
        body: words,
        commit_id: commit,
        submitted_at: now,
      });
      for (const comment of comments) insert(c, { pull, commit, review, now }, comment);
      place.issues.touch(pull.number, now);
      return review;
    });
    const review = place.pulls.review(pull.number, id);
    if (!review) throw notFound();
    return c.json(reviewShape(place, apiRoot(c), review));
  });

  app.get(`${one}/reviews/:id`, async (c) => {
    const { pull } = await readPull(place, numberParam(c, 'number'));
    const review = place.pulls.review(pull.number, numberParam(c, 'id'));
    if (!review) throw notFound();
    return c.json(reviewShape(place, apiRoot(c), review));
  });

  app.get(`${one}/reviews/:id/comments`, async (c) => {
    const { pull } = await readPull(place, numberParam(c, 'number'));
    const id = numberParam(c, 'id');
    if (!place.pulls.review(pull.number, id)) throw notFound();
    const comments = place.pulls.comments(pull.number).filter(({ review }) => review === id);
    return c.json(
      cutPage(c, comments).map((comment) => ({
        ...reviewCommentShape(place, apiRoot(c), comment),
        position: 1,
        original_position: 1,
      })),
    );
  });

  app.get(`${one}/comments`, async (c) => {
    const { pull } = await readPull(place, numberParam(c, 'number'));
    return c.json(cutPage(c, place.pulls.comments(pull.number)).map((comment) => reviewCommentShape(place, apiRoot(c), comment)));
  });

  app.post(`${one}/comments`, async (c) => {
    const body = await readBody(c);
    const { pull } = await readPull(place, numberParam(c, 'number'));
    const words = requiredText(body, 'body', { resource: 'PullRequestReviewComment' });
    const parent = typeof body.in_reply_to === 'number' ? place.pulls.comment(body.in_reply_to) : null;
    if (body.in_reply_to !== undefined && parent?.pull !== pull.number) throw notFound();
    const commit =
      parent?.commit_id ?? (await commitOf(pull, requiredText(body, 'commit_id', { resource: 'PullRequestReviewComment' })));
    const comment = parent ? { ...parent, body: words, in_reply_to: parent.id } : placeComment(body, await filesOf(pull, commit));
    const id = place.issues.transaction(() => {
      const now = place.now();
      const review = place.pulls.insertReview({
        pull: pull.number,
        author: c.get('actor'),
        state: 'COMMENTED',
        body: '',
        commit_id: commit,
        submitted_at: now,
      });
      place.issues.touch(pull.number, now);
      return insert(c, { pull, commit, review, now }, comment);
    });
    const made = place.pulls.comment(id);
    if (!made) throw notFound();
    return c.json(reviewCommentShape(place, apiRoot(c), made), 201);
  });

  async function commitOf(pull: PullRow, wanted: string | null): Promise<string> {
    if (wanted === null) return pull.head_sha;
    const sha = await resolveCommit(place.git, wanted);
    if (!sha) throw invalid({ resource: 'PullRequestReview', field: 'commit_id', code: 'invalid' });
    return sha;
  }

  const filesOf = async (pull: PullRow, commit: string): Promise<FileChange[]> =>
    diffFiles(place.git, await forkPoint(place, pull), commit);

  const insert = (
    c: RouteContext,
    at: { pull: PullRow; commit: string; review: number; now: string },
    comment: PlacedComment,
  ): number =>
    place.pulls.insertComment({
      ...comment,
      pull: at.pull.number,
      review: at.review,
      author: c.get('actor'),
      commit_id: at.commit,
      created_at: at.now,
      updated_at: at.now,
    });
}

type PlacedComment = Pick<
  ReviewCommentRow,
  'body' | 'path' | 'line' | 'side' | 'start_line' | 'start_side' | 'diff_hunk' | 'in_reply_to'
>;

/** Finds the line a comment is about in the diff; what is not part of it is refused. */
function placeComment(draft: Record<string, unknown>, files: readonly FileChange[]): PlacedComment {
  const resource = 'PullRequestReviewComment';
  const body = requiredText(draft, 'body', { resource });
  const path = requiredText(draft, 'path', { resource });
  const side = choice(draft.side, ['LEFT', 'RIGHT'], { field: 'side', fallback: 'RIGHT' });
  const startSide = choice(draft.start_side, ['LEFT', 'RIGHT'], { field: 'start_side', fallback: side });
  const file = files.find((changed) => changed.path === path);
  if (!file)
    throw invalid({
      resource,
      code: 'custom',
      field: 'pull_request_review_thread.path',
      message: 'pull_request_review_thread.path is invalid',
    });
  const base = { body, path, side, in_reply_to: null };
  if (draft.subject_type === 'file') return { ...base, line: null, start_line: null, start_side: null, diff_hunk: '' };
  const line = Number(draft.line);
  const hunk = Number.isInteger(line) ? hunkUpTo(file.patch ?? '', line, side) : null;
  if (hunk === null)
    throw invalid({
      resource,
      code: 'custom',
      field: 'pull_request_review_thread.line',
      message: 'pull_request_review_thread.line must be part of the diff',
    });
  const start = Number.isInteger(draft.start_line) ? Number(draft.start_line) : null;
  return { ...base, line, start_line: start, start_side: start === null ? null : startSide, diff_hunk: hunk };
}

/** The hunk from its header to the line, counted on the old or the new side; null when the line is not in the diff. */
function hunkUpTo(patch: string, wanted: number, side: 'LEFT' | 'RIGHT'): string | null {
  let hunk: string[] = [];
  let left = 0;
  let right = 0;
  for (const line of patch.split('\n')) {
    const header = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (header) {
      hunk = [line];
      left = Number(header[1]) - 1;
      right = Number(header[2]) - 1;
      continue;
    }
    hunk.push(line);
    if (line.startsWith('\\')) continue;
    if (!line.startsWith('+')) left += 1;
    if (!line.startsWith('-')) right += 1;
    const here = side === 'LEFT' ? !line.startsWith('+') && left === wanted : !line.startsWith('-') && right === wanted;
    if (here) return hunk.join('\n');
  }
  return null;
}
