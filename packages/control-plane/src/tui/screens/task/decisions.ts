import type { SandboxLevel, StoredEvent } from '@decree/contracts';
import { formatClock, plural } from '../../model/format.ts';
import { memoLast } from '../../model/memo.ts';
import { runName, sandboxNames } from '../../model/run-words.ts';
import type { Paged } from '../../store/state.ts';
import type { Line, Tone } from '../../text/line.ts';
import { wrapLine } from '../../text/wrap.ts';
import { detailText, paragraph } from '../detail-text.ts';
import type { DetailText } from '../screen.ts';
import { fetchedNote, openIn, type TabText } from './subject.ts';

const outcomes = {
  allow: { sign: '✓', word: 'allowed', tone: 'good' },
  deny: { sign: '✗', word: 'denied', tone: 'bad' },
  require_approval: { sign: '⏸', word: 'asks you', tone: 'warning' },
} as const satisfies Record<string, { sign: string; word: string; tone: Tone }>;

const make = memoLast(
  ([key, title, paged, open, columns]: [
    ...[string, string, Paged<StoredEvent> | undefined, ReadonlySet<string>, number],
  ]): DetailText => {
    const lines: Line[] = [];
    const folds = new Map<number, string>();
    const errors: number[] = [];
    const decided = (paged?.value ?? []).flatMap((event) => (event.type === 'policy.decided' ? [event] : []));
    if (decided.length > 0) lines.push(...paragraph(countText(decided), columns, 'strong'), []);
    else if (paged?.value !== undefined)
      lines.push(...paragraph('The policy has not been asked anything in this run.', columns, 'dim'));
    lines.push(...fetchedNote(paged, 'the decisions', columns));
    for (const { id, occurredAt, payload } of decided) {
      const { decision, request } = payload;
      const { sign, word, tone } = outcomes[decision.outcome];
      const fold = `decision:${id}`;
      const allowed = decision.outcome === 'allow';
      if (allowed) folds.set(lines.length, fold);
      if (decision.outcome === 'deny') errors.push(lines.length);
      lines.push(
        ...wrapLine(
          [
            { text: `${formatClock(occurredAt)} `, tone: 'dim' },
            { text: `${sign} ${word.padEnd(8)} `, tone },
            { text: request.action.summary },
          ],
          columns,
          { indent: [{ text: ' '.repeat(indent) }] },
        ),
      );
      if (!allowed || open.has(fold)) lines.push(...whyLines(decision, columns));
    }
    if (paged?.more) lines.push(...paragraph('There are more that are not shown yet.', columns, 'dim'));
    return detailText({ key, title, lines, folds, errors });
  },
);
const indent = 20;

function whyLines(
  { code, reason, determinedBy, analysis }: Extract<StoredEvent, { type: 'policy.decided' }>['payload']['decision'],
  columns: number,
): readonly Line[] {
  const rows: readonly (readonly [string, string])[] = [
    ['why', reason],
    ['rule', determinedBy.length > 0 ? `${determinedBy.join(', ')} (${code})` : code],
    ['command', analysis?.because ?? ''],
  ];
  return rows.flatMap(([label, text]) =>
    text === ''
      ? []
      : wrapLine([{ text: `  ${label.padEnd(8)}`, tone: 'dim' }, { text }], columns, { indent: [{ text: ' '.repeat(10) }] }),
  );
}

function countText(
  decided: readonly { payload: { decision: { outcome: keyof typeof outcomes; sandbox: SandboxLevel } } }[],
): string {
  const count = (outcome: keyof typeof outcomes) => decided.filter(({ payload }) => payload.decision.outcome === outcome).length;
  const sandboxes = [...new Set(decided.map(({ payload }) => sandboxNames[payload.decision.sandbox]))];
  return `${plural(decided.length, 'decision')}: ${count('allow')} allowed, ${count('deny')} denied, ${count('require_approval')} asked of you; ${sandboxes.join(', ')}`;
}

/** What the policy said of each call of a run, and why. */
export const decisionsTab: TabText = (state, { run }, at) => {
  if (!run)
    return detailText({
      key: at.key,
      title: 'Decisions',
      lines: paragraph('No agent has worked on this yet.', at.columns, 'dim'),
    });
  return make(at.key, `Decisions · ${runName(run)}`, state.details.decisions[run.id], openIn(state, at.key), at.columns);
};
