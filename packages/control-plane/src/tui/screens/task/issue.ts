import type { IssueDetail, Task } from '@decree/contracts';
import { formatMoment, plural } from '../../model/format.ts';
import { memoLast } from '../../model/memo.ts';
import type { Fetched } from '../../store/state.ts';
import { blank, type Line, type Tone } from '../../text/line.ts';
import { markdownLines } from '../../text/markdown.ts';
import { detailText, field, heading, paragraph } from '../detail-text.ts';
import type { DetailText } from '../screen.ts';
import { type DetailAt, dayStart, fetchedNote, type TabText } from './subject.ts';

const make = memoLast(
  ([key, task, fetched, columns, today]: [string, Task, Fetched<IssueDetail> | undefined, number, number]): DetailText =>
    detailText({
      key,
      title: task.issue === null ? 'Plan' : `Issue #${task.issue}`,
      lines: task.kind === 'plan' ? planLines(task, columns, today) : issueLines(task, fetched, { columns, today }),
    }),
);

/** The issue as people wrote it; of a plan the specs that it is about. */
export const issueTab: TabText = (state, { task }, at: DetailAt) => {
  if (!task) return detailText({ key: at.key, title: 'Issue', lines: paragraph('There is no issue.', at.columns, 'dim') });
  const fetched = task.issue === null ? undefined : state.details.issues[task.issue];
  return make(at.key, task, fetched, at.columns, dayStart(state.nowMs));
};

const labelTones: Readonly<Record<string, Tone>> = {
  'priority:high': 'bad',
  'priority:medium': 'warning',
  'status:approved': 'good',
  'status:blocked': 'bad',
  'status:needs-changes': 'warning',
  'status:needs-refinement': 'warning',
};

/** Labels side by side; each says in words what its colour does. */
const labelSpans = (labels: readonly string[]): Line =>
  labels.flatMap((label, index) => [...(index > 0 ? [{ text: '  ' }] : []), { text: label, tone: labelTones[label] ?? 'info' }]);

/** The label that the engine set last is newer than what the forge said of labels before. */
function labelsOf(task: Task, detail: IssueDetail | null | undefined): readonly string[] {
  const labels = detail?.labels ?? task.sighting?.labels ?? [];
  const status = task.sighting?.status;
  return status ? [`status:${status}`, ...labels.filter((label) => !label.startsWith('status:'))] : labels;
}

function issueLines(
  task: Task,
  fetched: Fetched<IssueDetail> | undefined,
  { columns, today }: { columns: number; today: number },
): readonly Line[] {
  const detail = fetched?.value;
  const labels = labelsOf(task, detail);
  const author = detail?.author ?? task.sighting?.author;
  return [
    ...paragraph(detail?.title ?? task.title, columns, 'strong'),
    blank,
    ...field('Labels', labels.length > 0 ? labelSpans(labels) : 'none', columns),
    ...(author ? field('Opened', `by ${author}${opened(task, today)}`, columns) : []),
    ...(task.sighting ? field('Link', task.sighting.url, columns) : []),
    ...(detail?.state === 'closed' ? field('State', 'closed', columns) : []),
    blank,
    ...fetchedNote(fetched, 'the issue', columns),
    ...(detail ? bodyLines(detail, columns, today) : []),
  ];
}

const opened = (task: Task, today: number): string => (task.sighting ? `, ${formatMoment(task.sighting.createdAt, today)}` : '');

function bodyLines(detail: IssueDetail, columns: number, today: number): readonly Line[] {
  const body =
    detail.body.trim() === '' ? paragraph('The issue has no text.', columns, 'dim') : markdownLines(detail.body, columns);
  if (detail.comments.length === 0) return body;
  return [
    ...body,
    ...heading(plural(detail.comments.length, 'comment')),
    ...detail.comments.flatMap(({ author, body: said, createdAt }) => [
      blank,
      [
        { text: author, tone: 'accent' as const },
        { text: ` · ${formatMoment(createdAt, today)}`, tone: 'dim' as const },
      ],
      ...markdownLines(said, columns),
    ]),
  ];
}

function planLines(task: Task, columns: number, today: number): readonly Line[] {
  return [
    ...paragraph(task.title, columns, 'strong'),
    blank,
    ...paragraph(
      `The Planner turns ${plural(task.specs.length, 'approved spec')} into issues. Asked for ${formatMoment(task.createdAt, today)}.`,
      columns,
    ),
    blank,
    ...task.specs.flatMap(({ path, commitSha }) => [
      [{ text: '• ' }, { text: path, tone: 'code' as const }, { text: `  at ${commitSha.slice(0, 8)}`, tone: 'dim' as const }],
    ]),
  ];
}
