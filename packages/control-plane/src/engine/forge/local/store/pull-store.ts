import type { Database } from './database.ts';

export interface PullRow {
  number: number;
  head_ref: string;
  base_ref: string;
  /** As last seen while open; the live value is the branch's. */
  head_sha: string;
  base_sha: string;
  draft: 0 | 1;
  is_open: 0 | 1;
  merged_at: string | null;
  merged_by: string | null;
  merge_commit_sha: string | null;
  /** A merge that was decided: written before the base branch moves, so that a crash in between can be finished. */
  merging_sha: string | null;
  merging_from: string | null;
  merging_by: string | null;
}

export interface ReviewRow {
  id: number;
  pull: number;
  author: string;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED';
  body: string;
  commit_id: string;
  submitted_at: string;
}

export interface ReviewCommentRow {
  id: number;
  pull: number;
  review: number | null;
  author: string;
  body: string;
  path: string;
  line: number | null;
  side: 'LEFT' | 'RIGHT';
  start_line: number | null;
  start_side: 'LEFT' | 'RIGHT' | null;
  diff_hunk: string;
  commit_id: string;
  in_reply_to: number | null;
  created_at: string;
  updated_at: string;
}

export type PullStore = ReturnType<typeof createPullStore>;

/** Pull requests beyond their issue half: branches, merges, reviews and inline comments. */
export function createPullStore(db: Database) {
  const one = db.prepare<[number], PullRow>('select * from pulls where number = ?');
  const all = db.prepare<[], PullRow>('select * from pulls order by number');
  const open = db.prepare<[], PullRow>('select * from pulls where is_open = 1 order by number');
  const openFor = db.prepare<[string, string], PullRow>(
    'select * from pulls where head_ref = ? and base_ref = ? and is_open = 1',
  );
  const merging = db.prepare<[], PullRow>('select * from pulls where merging_sha is not null and is_open = 1');
  const insert = db.prepare<[number, string, string, string, string, number]>(
    'insert into pulls (number, head_ref, base_ref, head_sha, base_sha, draft, is_open) values (?, ?, ?, ?, ?, ?, 1)',
  );
  const update = db.prepare<[string, string, string, number, number, string | null, string | null, string | null, number]>(
    'update pulls set base_ref = ?, head_sha = ?, base_sha = ?, draft = ?, is_open = ?, merged_at = ?, merged_by = ?, merge_commit_sha = ? where number = ?',
  );
  const setMerging = db.prepare<[string | null, string | null, string | null, number]>(
    'update pulls set merging_sha = ?, merging_from = ?, merging_by = ? where number = ?',
  );
  const reviewsOf = db.prepare<[number], ReviewRow>('select * from reviews where pull = ? order by id');
  const review = db.prepare<[number, number], ReviewRow>('select * from reviews where pull = ? and id = ?');
  const insertReview = db.prepare<[number, string, string, string, string, string]>(
    'insert into reviews (pull, author, state, body, commit_id, submitted_at) values (?, ?, ?, ?, ?, ?)',
  );
  const commentsOf = db.prepare<[number], ReviewCommentRow>('select * from review_comments where pull = ? order by id');
  const comment = db.prepare<[number], ReviewCommentRow>('select * from review_comments where id = ?');
  const insertComment = db.prepare<unknown[]>(
    `insert into review_comments (pull, review, author, body, path, line, side, start_line, start_side, diff_hunk, commit_id, in_reply_to, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );

  return {
    get: (number: number): PullRow | null => one.get(number) ?? null,
    all: () => all.all(),
    open: () => open.all(),
    openFor: (head: string, base: string): PullRow | null => openFor.get(head, base) ?? null,
    merging: () => merging.all(),
    insert: (pull: Pick<PullRow, 'number' | 'head_ref' | 'base_ref' | 'head_sha' | 'base_sha' | 'draft'>) =>
      insert.run(pull.number, pull.head_ref, pull.base_ref, pull.head_sha, pull.base_sha, pull.draft),
    update: (pull: PullRow) =>
      update.run(
        pull.base_ref,
        pull.head_sha,
        pull.base_sha,
        pull.draft,
        pull.is_open,
        pull.merged_at,
        pull.merged_by,
        pull.merge_commit_sha,
        pull.number,
      ),
    setMerging: (number: number, merge: { sha: string; from: string; by: string } | null) =>
      setMerging.run(merge?.sha ?? null, merge?.from ?? null, merge?.by ?? null, number),

    reviews: (pull: number) => reviewsOf.all(pull),
    review: (pull: number, id: number): ReviewRow | null => review.get(pull, id) ?? null,
    insertReview: (row: Omit<ReviewRow, 'id'>): number =>
      Number(insertReview.run(row.pull, row.author, row.state, row.body, row.commit_id, row.submitted_at).lastInsertRowid),
    comments: (pull: number) => commentsOf.all(pull),
    comment: (id: number): ReviewCommentRow | null => comment.get(id) ?? null,
    insertComment: (row: Omit<ReviewCommentRow, 'id'>): number =>
      Number(
        insertComment.run(
          row.pull,
          row.review,
          row.author,
          row.body,
          row.path,
          row.line,
          row.side,
          row.start_line,
          row.start_side,
          row.diff_hunk,
          row.commit_id,
          row.in_reply_to,
          row.created_at,
          row.updated_at,
        ).lastInsertRowid,
      ),
  };
}
