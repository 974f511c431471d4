import type { Database } from './database.ts';

export interface LabelRow {
  id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface IssueRow {
  number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  state_reason: string | null;
  author: string;
  is_pull: 0 | 1;
  created_at: string;
  updated_at: string;
  closed_at: string | null;
  closed_by: string | null;
  comments: number;
  labels: LabelRow[];
}

export interface CommentRow {
  id: number;
  issue: number;
  author: string;
  body: string;
  created_at: string;
  updated_at: string;
}

export interface IssueFilter {
  state: 'open' | 'closed' | 'all';
  labels: readonly string[];
  since: string | null;
  creator: string | null;
  sort: 'created' | 'updated' | 'comments';
  direction: 'asc' | 'desc';
}

export type IssueStore = ReturnType<typeof createIssueStore>;

/** Issues (pull requests are issues too), their labels and comments. Every statement is prepared once. */
export function createIssueStore(db: Database) {
  const counted = 'select i.*, (select count(*) from comments c where c.issue = i.number) as comments from issues i';
  const one = db.prepare<[number], Omit<IssueRow, 'labels'>>(`${counted} where i.number = ?`);
  const labelsOf = db.prepare<[number], LabelRow>(
    'select l.* from issue_labels j join labels l on l.id = j.label where j.issue = ? order by l.id',
  );
  const insertIssue = db.prepare<[string, string | null, string, number, string, string]>(
    `insert into issues (number, title, body, state, author, is_pull, created_at, updated_at)
     select coalesce(max(number), 0) + 1, ?, ?, 'open', ?, ?, ?, ? from issues`,
  );
  const updateIssue = db.prepare<[string, string | null, string, string | null, string | null, string | null, string, number]>(
    'update issues set title = ?, body = ?, state = ?, state_reason = ?, closed_at = ?, closed_by = ?, updated_at = ? where number = ?',
  );
  const touch = db.prepare<[string, number]>('update issues set updated_at = ? where number = ?');
  const allLabels = db.prepare<[], LabelRow>('select * from labels order by name collate nocase');
  const labelByName = db.prepare<[string], LabelRow>('select * from labels where name = ?');
  const insertLabel = db.prepare<[string, string, string | null]>(
    'insert into labels (name, color, description) values (?, ?, ?)',
  );
  const updateLabel = db.prepare<[string, string, string | null, number]>(
    'update labels set name = ?, color = ?, description = ? where id = ?',
  );
  const deleteLabel = db.prepare<[number]>('delete from labels where id = ?');
  const attach = db.prepare<[number, number]>('insert or ignore into issue_labels (issue, label) values (?, ?)');
  const detach = db.prepare<[number, number]>('delete from issue_labels where issue = ? and label = ?');
  const detachAll = db.prepare<[number]>('delete from issue_labels where issue = ?');
  const commentsOf = db.prepare<[number, string], CommentRow>(
    'select * from comments where issue = ? and updated_at >= ? order by id',
  );
  const comment = db.prepare<[number], CommentRow>('select * from comments where id = ?');
  const insertComment = db.prepare<[number, string, string, string, string]>(
    'insert into comments (issue, author, body, created_at, updated_at) values (?, ?, ?, ?, ?)',
  );
  const updateComment = db.prepare<[string, string, number]>('update comments set body = ?, updated_at = ? where id = ?');
  const openCount = db.prepare<[], { open: number }>("select count(*) as open from issues where state = 'open'");

  const withLabels = (row: Omit<IssueRow, 'labels'>): IssueRow => ({ ...row, labels: labelsOf.all(row.number) });
  const sorts = { created: 'i.created_at', updated: 'i.updated_at', comments: 'comments' } as const;
  const changes = db.prepare<[], number>('select total_changes()').pluck();
  const lists = new Map<string, { all(...values: unknown[]): unknown[] }>();

  return {
    transaction: <T>(work: () => T): T => db.transaction(work).immediate(),
    get(number: number): IssueRow | null {
      const row = one.get(number);
      return row ? withLabels(row) : null;
    },
    /** One row too many tells the caller that there is a next page; `total` serves the last page's link. */
    list(filter: IssueFilter, page: { offset: number; limit: number }): { rows: IssueRow[]; total: number } {
      const where: string[] = [];
      const values: unknown[] = [];
      const and = (sql: string, ...added: unknown[]) => {
        where.push(sql);
        values.push(...added);
      };
      if (filter.state !== 'all') and('i.state = ?', filter.state);
      if (filter.since) and('i.updated_at >= ?', filter.since);
      if (filter.creator) and('i.author = ?', filter.creator);
      for (const label of filter.labels)
        and(
          'exists (select 1 from issue_labels j join labels l on l.id = j.label where j.issue = i.number and l.name = ?)',
          label,
        );
      const condition = where.length > 0 ? ` where ${where.join(' and ')}` : '';
      const prepared = (sql: string) => {
        const known = lists.get(sql);
        if (known) return known;
        const made = db.prepare<unknown[], unknown>(sql);
        lists.set(sql, made);
        return made;
      };
      const order = ` order by ${sorts[filter.sort]} ${filter.direction}, i.number ${filter.direction} limit ? offset ?`;
      const rows = prepared(counted + condition + order).all(...values, page.limit, page.offset) as Omit<IssueRow, 'labels'>[];
      const [counts] = prepared(`select count(*) as total from issues i${condition}`).all(...values) as { total: number }[];
      return { rows: rows.map(withLabels), total: counts?.total ?? 0 };
    },
    insert(issue: { title: string; body: string | null; author: string; isPull: boolean; at: string }): number {
      return Number(
        insertIssue.run(issue.title, issue.body, issue.author, issue.isPull ? 1 : 0, issue.at, issue.at).lastInsertRowid,
      );
    },
    update(issue: Omit<IssueRow, 'labels' | 'comments'>): void {
      updateIssue.run(
        issue.title,
        issue.body,
        issue.state,
        issue.state_reason,
        issue.closed_at,
        issue.closed_by,
        issue.updated_at,
        issue.number,
      );
    },
    touch: (number: number, at: string) => touch.run(at, number),
    openCount: () => openCount.get()?.open ?? 0,
    /** Grows with each write to the file. */
    changes: () => changes.get() ?? 0,

    labels: () => allLabels.all(),
    label: (name: string): LabelRow | null => labelByName.get(name) ?? null,
    insertLabel: (label: Omit<LabelRow, 'id'>) => insertLabel.run(label.name, label.color, label.description),
    updateLabel: (label: LabelRow) => updateLabel.run(label.name, label.color, label.description, label.id),
    deleteLabel: (id: number) => deleteLabel.run(id),
    attach: (issue: number, label: number): boolean => attach.run(issue, label).changes > 0,
    detach: (issue: number, label: number): boolean => detach.run(issue, label).changes > 0,
    detachAll: (issue: number): boolean => detachAll.run(issue).changes > 0,

    comments: (issue: number, since: string | null) => commentsOf.all(issue, since ?? ''),
    comment: (id: number): CommentRow | null => comment.get(id) ?? null,
    insertComment: (row: Omit<CommentRow, 'id'>): number =>
      Number(insertComment.run(row.issue, row.author, row.body, row.created_at, row.updated_at).lastInsertRowid),
    updateComment: (id: number, body: string, at: string) => updateComment.run(body, at, id),
  };
}
