import { AgentQuestions, type Approval, isLive, isQuestion, type Run, type SandboxLevel } from '@decree/contracts';
import { formatCost, formatExactDuration, formatMoment, msOf } from '../model/format.ts';
import { memoLast } from '../model/memo.ts';
import { sandboxWords } from '../model/run-words.ts';
import type { SessionOutput } from '../store/output.ts';
import { diffLines } from '../text/diff.ts';
import { blank, type Line, line } from '../text/line.ts';
import { wrapLine } from '../text/wrap.ts';
import { detailText, field, heading, paragraph } from './detail-text.ts';
import { pendingPatch } from './pending-patch.ts';
import type { DetailText } from './screen.ts';

/** A card is made of these; `now` in whole seconds, because its deadline counts down. */
interface Card {
  readonly approval: Approval;
  readonly run: Run | null;
  readonly sandbox: SandboxLevel | null;
  readonly patch: string | null;
  readonly columns: number;
  readonly now: number;
}

const make = memoLast(
  ([key, approval, run, sandbox, patch, columns, now]: [
    ...[string, Approval, Run | null, SandboxLevel | null, string | null, number, number],
  ]): DetailText => {
    const card: Card = { approval, run, sandbox, patch, columns, now };
    const lines = isQuestion(approval) ? questionLines(card) : actionLines(card);
    return detailText({ key, title: isQuestion(approval) ? 'Question' : 'Approval', lines });
  },
);

/** What is asked, and all that a person needs to answer it. */
export function approvalCard(
  {
    approval,
    run,
    output,
    sandbox,
  }: { approval: Approval; run: Run | null; output: SessionOutput | undefined; sandbox: SandboxLevel | null },
  { key, columns, nowMs }: { key: string; columns: number; nowMs: number },
): DetailText {
  const patch = approval.action.kind === 'file.write' ? pendingPatch(output?.entries, approval.action.resource) : null;
  const pending = approval.state === 'pending';
  return make(
    key,
    approval,
    run,
    sandbox,
    patch,
    columns,
    pending ? nowMs - (nowMs % 1000) : msOf(approval.decidedAt ?? approval.requestedAt),
  );
}

function actionLines(card: Card): readonly Line[] {
  const { approval, columns } = card;
  return [
    ...paragraph(`The ${approval.role} asks: ${approval.action.summary}`, columns, 'strong'),
    blank,
    ...whatLines(card),
    blank,
    ...field('Why asked', approval.reason, columns),
    ...field('Rule', approval.determinedBy.length > 0 ? approval.determinedBy.join(', ') : 'no rule permits it', columns),
    ...stateLines(card),
    // What a decision needs is above what explains it: a small terminal shows that much.
    ...(approval.state === 'pending' ? [...onNoLines(card), blank] : []),
    ...aboutLines(card),
    ...(card.sandbox ? field('Sandbox', sandboxWords[card.sandbox], columns) : []),
  ];
}

/** The thing itself: the command, the diff, or what would be sent. */
function whatLines({ approval, run, patch, columns }: Card): readonly Line[] {
  const { kind, arguments: given, resource } = approval.action;
  const directory = typeof given.cwd === 'string' ? given.cwd : null;
  if (kind === 'command.run') {
    const command = Array.isArray(given.argv) ? given.argv.map((word) => quoted(String(word))).join(' ') : given.command;
    return [
      ...wrapLine(
        [
          { text: '$ ', tone: 'dim' },
          { text: String(command ?? resource), tone: 'code' },
        ],
        columns,
      ),
      blank,
      ...field('Directory', place(directory, run), columns),
    ];
  }
  if (kind === 'file.write')
    return [
      ...field('File', resource, columns),
      ...(patch === null
        ? paragraph('What it writes is not at hand; the output tab shows the call.', columns, 'dim')
        : diffLines(patch, columns)),
    ];
  return Object.entries(given).flatMap(([name, value]) => valueLines(name, value, columns));
}

/** As it has to be typed in a shell to mean the same. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`);

function place(directory: string | null, run: Run | null): string {
  const root = run?.workspace?.path;
  if (directory === null || directory === '' || directory === '.') return root ?? 'not known';
  return directory.startsWith('/') || !root ? directory : `${root}/${directory}`;
}

function valueLines(name: string, value: unknown, columns: number): readonly Line[] {
  if (value === undefined || value === null) return [];
  const text = typeof value === 'string' ? value : Array.isArray(value) ? value.map(String).join(', ') : JSON.stringify(value);
  return field(name.charAt(0).toUpperCase() + name.slice(1), text, columns);
}

function aboutLines({ approval, run, columns, now }: Card): readonly Line[] {
  const about = `${approval.role}${run ? ` ${run.attempt}` : ''}${run?.issue ? ` on #${run.issue}` : ''}`;
  return [...field('Agent', about, columns), ...field('Asked', formatMoment(approval.requestedAt, now), columns)];
}

function stateLines({ approval, run, columns, now }: Card): readonly Line[] {
  const spent = run ? field('Spent so far', formatCost(run.usage), columns) : [];
  if (approval.state !== 'pending') return [...spent, ...field('Decided', decided(approval, now), columns)];
  const left = msOf(approval.deadline) - now;
  const deadline: Line =
    left > 0
      ? [
          { text: `in ${formatExactDuration(left)}`, tone: left < 300_000 ? 'warning' : 'normal' },
          { text: ` (${formatMoment(approval.deadline, now)})`, tone: 'dim' },
        ]
      : line('has passed: it is about to count as denied', 'bad');
  const parked = run?.state === 'waiting_approval' && run.parked;
  return [
    ...spent,
    ...field('Deadline', deadline, columns),
    ...(parked
      ? paragraph(
          'Its process was ended to free its place. Decided, it goes on in the same session as soon as there is room.',
          columns,
          'dim',
        )
      : []),
  ];
}

function decided({ state, decidedBy, decidedAt, decisionReason }: Approval, now: number): string {
  const who = decidedBy?.type === 'user' ? ` by ${decidedBy.id}` : '';
  const when = decidedAt ? `, ${formatMoment(decidedAt, now)}` : '';
  return `${stateWords[state]}${who}${when}${decisionReason ? `: ${decisionReason}` : ''}`;
}

const stateWords: Readonly<Record<Approval['state'], string>> = {
  pending: 'not yet',
  approved: 'approved, not used yet',
  consumed: 'approved and used',
  denied: 'denied',
  expired: 'expired: counted as denied',
  voided: 'no longer needed',
};

function onNoLines({ approval, run, columns, now }: Card): readonly Line[] {
  const ended = run && !isLive(run);
  return [
    ...heading('If you say no'),
    ...paragraph(
      ended
        ? 'Nothing: the run has ended.'
        : 'The agent reads your reason and goes on without it; if it cannot, the run fails and its branch stays.',
      columns,
    ),
    ...paragraph(`If nobody decides by ${formatMoment(approval.deadline, now)} it counts as denied.`, columns, 'dim'),
  ];
}

function questionLines(card: Card): readonly Line[] {
  const { approval, columns } = card;
  const asked = AgentQuestions.safeParse(approval.action.arguments);
  const questions = asked.success ? asked.data.questions : [];
  return [
    ...paragraph(`The ${approval.role} asks you:`, columns, 'strong'),
    ...(asked.success ? [] : paragraph(approval.action.summary, columns)),
    ...questions.flatMap(({ question, header, options, multiSelect }) => [
      blank,
      ...(header ? [line(header, 'dim')] : []),
      ...paragraph(question, columns, 'accent'),
      ...options.flatMap(({ label, description }, index) =>
        wrapLine([{ text: `  ${index + 1}. ${label}` }, { text: description ? ` – ${description}` : '', tone: 'dim' }], columns, {
          indent: [{ text: '     ' }],
        }),
      ),
      ...(options.length > 0
        ? [line(multiSelect ? '  Several may be chosen; another answer is fine too.' : '  Another answer is fine too.', 'dim')]
        : []),
    ]),
    blank,
    ...aboutLines(card),
    ...stateLines(card),
    ...(approval.state === 'pending'
      ? [
          ...heading('What your answer does'),
          ...paragraph(
            'Approve with your answer: the agent reads it and goes on. Deny: it reads why you do not answer.',
            columns,
          ),
        ]
      : []),
  ];
}
