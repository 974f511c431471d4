import type { PullDetail, PullSighting, Task } from '@decree/contracts';
import { formatMoment, plural } from '../../model/format.ts';
import { memoLast } from '../../model/memo.ts';
import type { Fetched } from '../../store/state.ts';
import { diffLines } from '../../text/diff.ts';
import { blank, type Line, line, type Tone } from '../../text/line.ts';
import { markdownLines } from '../../text/markdown.ts';
import { wrapLine } from '../../text/wrap.ts';
import { detailText, field, heading, paragraph } from '../detail-text.ts';
import type { DetailText } from '../screen.ts';
import { dayStart, fetchedNote, openIn, type TabText } from './subject.ts';

type Check = PullDetail['checks'][number];
type Review = PullDetail['reviews'][number];

const checkWords: Readonly<Record<Check['state'], { sign: string; word: string; tone: Tone }>> = {
  failure: { sign: '✗', word: 'failed', tone: 'bad' },
  pending: { sign: '…', word: 'pending', tone: 'warning' },
  success: { sign: '✓', word: 'passed', tone: 'good' },
  neutral: { sign: '·', word: 'skipped', tone: 'dim' },
};
const reviewWords: Readonly<Record<string, { sign: string; word: string; tone: Tone }>> = {
  APPROVED: { sign: '✔', word: 'approved', tone: 'good' },
  CHANGES_REQUESTED: { sign: '✗', word: 'asked for changes', tone: 'bad' },
  COMMENTED: { sign: '·', word: 'commented', tone: 'info' },
  DISMISSED: { sign: '⊘', word: 'was dismissed', tone: 'dim' },
  PENDING: { sign: '…', word: 'has not finished', tone: 'dim' },
};
const fileSigns: Readonly<Record<string, string>> = { added: 'A', removed: 'D', renamed: 'R', copied: 'C' };

/** Of a failed check's log what is shown before it is opened. */
const shownLogLines = 12;

/** Lines in the making, with what folds and what went wrong on them. */
class Page {
  readonly lines: Line[] = [];
  readonly folds = new Map<number, string>();
  readonly errors: number[] = [];
  add(...lines: readonly Line[]): void {
    this.lines.push(...lines);
  }
  fold(fold: string, added: Line): void {
    this.folds.set(this.lines.length, fold);
    this.lines.push(added);
  }
}

interface Inputs {
  readonly pull: PullSighting;
  readonly pulls: readonly PullSighting[];
  readonly detail: PullDetail | null | undefined;
  readonly open: ReadonlySet<string>;
  readonly columns: number;
  readonly today: number;
}

const make = memoLast(
  ([key, pulls, fetched, open, columns, today]: [
    ...[string, readonly PullSighting[], Fetched<PullDetail> | undefined, ReadonlySet<string>, number, number],
  ]): DetailText => {
    const pull = pulls[0] as PullSighting;
    const page = new Page();
    const detail = fetched?.value;
    const inputs: Inputs = { pull, pulls, detail, open, columns, today };
    addSummary(page, inputs);
    const note = fetchedNote(fetched, 'the pull request', columns);
    if (note.length > 0) page.add(blank, ...note);
    if (detail) {
      addChecks(page, detail.checks, inputs);
      addReviews(page, detail.reviews, inputs);
      if (detail.body.trim() !== '') page.add(...heading('What it says'), ...markdownLines(detail.body, columns));
      addFiles(page, detail.files, inputs);
    }
    const { lines, folds, errors } = page;
    return detailText({ key, title: `Pull request #${pull.number}`, lines, folds, errors });
  },
);

const absent = memoLast(
  ([key, task, columns]: [string, Task | null, number]): DetailText =>
    detailText({
      key,
      title: 'Pull request',
      lines: paragraph(
        task?.kind === 'plan'
          ? 'A plan has no pull request: the Planner changes no files.'
          : `There is no open pull request for ${task?.issue ? `#${task.issue}` : 'this'}. One belongs to an issue when its text says \`Closes #${task?.issue ?? 'N'}\`.`,
        columns,
        'dim',
      ),
    }),
);

/** The newest open pull request, not a draft if there is one that is none; the others are listed. */
export const pullTab: TabText = (state, { task, pulls }, at) => {
  const counted = inOrder(pulls);
  const [first] = counted;
  if (!first) return absent(at.key, task, at.columns);
  return make(at.key, counted, state.details.pulls[first.number], openIn(state, at.key), at.columns, dayStart(state.nowMs));
};

/** The one that counts first: the newest that is no draft, else the newest. */
export const countedPull = (pulls: readonly PullSighting[]): PullSighting | null =>
  pulls.find(({ draft }) => !draft) ?? pulls[0] ?? null;

const inOrder = memoLast(([pulls]: [readonly PullSighting[]]): readonly PullSighting[] => {
  const first = countedPull(pulls);
  return first ? [first, ...pulls.filter((pull) => pull !== first)] : [];
});

function addSummary(page: Page, { pull, pulls, detail, columns, today }: Inputs): void {
  const ci = checkWords[detail?.ci ?? pull.ci];
  const state = detail?.merged
    ? 'merged'
    : detail?.state === 'closed'
      ? 'closed'
      : (detail?.draft ?? pull.draft)
        ? 'draft'
        : 'open';
  page.add(...paragraph(detail?.title ?? pull.title, columns, 'strong'), blank);
  page.add(...field('State', state, columns));
  // No check at all counts as passed; a person should not read that something was checked.
  const unchecked = detail?.ci === 'success' && detail.checks.length === 0;
  page.add(...field('Checks', unchecked ? line('none', 'dim') : line(`${ci.sign} ${ci.word}`, ci.tone), columns));
  page.add(...field('Branch', `${pull.headRef} → ${pull.baseRef}`, columns));
  page.add(...field('Opened', `by ${pull.author}, ${formatMoment(pull.createdAt, today)}`, columns));
  page.add(...field('Link', pull.url, columns));
  const [, ...others] = pulls;
  if (others.length === 0) return;
  page.add(blank, line(`Also open for this issue: ${others.length}`, 'warning'));
  for (const { number, title, draft, ci: otherCi } of others)
    page.add(
      ...wrapLine(
        [
          { text: `  #${number} ${checkWords[otherCi].sign} `, tone: checkWords[otherCi].tone },
          { text: `${draft ? '(draft) ' : ''}${title}` },
        ],
        columns,
      ),
    );
}

function addChecks(page: Page, checks: readonly Check[], { open, columns }: Inputs): void {
  if (checks.length === 0) return;
  const failed = checks.filter(({ state }) => state === 'failure').length;
  page.add(...heading(failed > 0 ? `Checks · ${failed} of ${checks.length} failed` : `Checks · ${checks.length}`));
  // What failed is read first.
  const rank = (check: Check) => ['failure', 'pending', 'success', 'neutral'].indexOf(check.state);
  for (const check of [...checks].sort((a, b) => rank(a) - rank(b))) {
    const { sign, word, tone } = checkWords[check.state];
    if (check.state === 'failure') page.errors.push(page.lines.length);
    page.add(...wrapLine([{ text: `${sign} ${word.padEnd(8)} `, tone }, { text: check.name }], columns));
    if (check.state !== 'failure') continue;
    if (check.summary.trim() !== '') page.add(...paragraph(`  ${check.summary.trim()}`, columns, 'dim'));
    addLog(page, check, open);
  }
}

function addLog(page: Page, { name, logTail, url }: Check, open: ReadonlySet<string>): void {
  if (logTail === null) {
    page.add(line(`  Its log is not at hand${url ? `: ${url}` : '.'}`, 'dim'));
    return;
  }
  const rows = logTail.trimEnd().split('\n');
  const fold = `check:${name}`;
  const shown = open.has(fold) ? rows : rows.slice(-shownLogLines);
  const hidden = rows.length - shown.length;
  if (rows.length > shownLogLines)
    page.fold(fold, line(hidden > 0 ? `  ▸ ${plural(hidden, 'earlier line')}` : '  ▾ the end of its log', 'dim'));
  for (const row of shown)
    page.add([
      { text: '  │ ', tone: 'dim' },
      { text: row, tone: 'code' },
    ]);
}

function addReviews(page: Page, reviews: readonly Review[], { columns, today }: Inputs): void {
  if (reviews.length === 0) {
    page.add(...heading('Reviews'), line('There is none yet.', 'dim'));
    return;
  }
  page.add(...heading(plural(reviews.length, 'review')));
  for (const { author, state, body, submittedAt, comments } of reviews) {
    const { sign, word, tone } = reviewWords[state] ?? { sign: '·', word: state.toLowerCase(), tone: 'info' as const };
    if (state === 'CHANGES_REQUESTED') page.errors.push(page.lines.length + 1);
    const when = submittedAt ? ` · ${formatMoment(submittedAt, today)}` : '';
    page.add(blank, [
      { text: `${sign} ${author} ${word}`, tone },
      { text: when, tone: 'dim' },
    ]);
    if (body.trim() !== '') page.add(...markdownLines(body, columns));
    for (const comment of comments) {
      page.add([
        { text: `  ${comment.path}${comment.line === null ? '' : `:${comment.line}`}`, tone: 'code' },
        { text: comment.author === author ? '' : `  ${comment.author}`, tone: 'dim' },
      ]);
      page.add(...paragraph(comment.body, columns - 4).map((row): Line => [{ text: '    ' }, ...row]));
    }
  }
}

function addFiles(page: Page, files: PullDetail['files'], { open, columns }: Inputs): void {
  const [added, deleted] = [sum(files, 'additions'), sum(files, 'deletions')];
  page.add(...heading(`${plural(files.length, 'file')} · +${added} −${deleted}`));
  for (const { path, status, additions, deletions, patch } of files) {
    const fold = `file:${path}`;
    const isOpen = open.has(fold);
    page.fold(fold, [
      { text: `${isOpen ? '▾' : '▸'} ${fileSigns[status] ?? 'M'} `, tone: 'dim' },
      { text: path },
      { text: `  +${additions}`, tone: 'added' },
      { text: ` −${deletions}`, tone: 'removed' },
    ]);
    if (!isOpen) continue;
    if (patch === null) page.add(line('    The forge gives no diff of it: it is binary, or too large.', 'dim'));
    else page.add(...diffLines(patch, columns - 2).map((row): Line => [{ text: '  ' }, ...row]));
  }
}

const sum = (files: PullDetail['files'], what: 'additions' | 'deletions'): number =>
  files.reduce((total, file) => total + file[what], 0);
