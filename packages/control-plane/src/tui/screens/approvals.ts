import { type Approval, isQuestion } from '@decree/contracts';
import { cell, cellRight, rowLine } from '../model/columns.ts';
import { formatDuration, formatMoment, msOf, speakDuration } from '../model/format.ts';
import { memoLast, memoWeak, sameList } from '../model/memo.ts';
import { approvalOf } from '../store/looked-at.ts';
import type { Paged, TuiState } from '../store/state.ts';
import type { Tone } from '../text/line.ts';
import { approvalCard } from './approval-card.ts';
import { detailText, paragraph } from './detail-text.ts';
import { createList, createSplit, emptyOf } from './list-screen.ts';
import { subjectOf } from './runs.ts';
import type { Screen } from './screen.ts';
import type { Layouts } from './task/output.ts';
import { dayStart } from './task/subject.ts';
import { type ChosenTab, subjectDetail, tabsOf } from './task/task-detail.ts';

const signs: Readonly<Record<Approval['state'], { sign: string; tone: Tone }>> = {
  pending: { sign: '⏸', tone: 'warning' },
  approved: { sign: '✔', tone: 'good' },
  consumed: { sign: '✔', tone: 'good' },
  denied: { sign: '✗', tone: 'bad' },
  expired: { sign: '✗', tone: 'bad' },
  voided: { sign: '⊘', tone: 'dim' },
};

/** An approval with the issue whose task it is about: two that ask for the same kind of thing are told apart by it. */
interface Asked {
  readonly approval: Approval;
  readonly issue: number | null;
}

/** Below so many columns the sign says how it stands. */
const narrow = 50;

/** The inbox: what waits for a person, longest first, and below it what was decided, newest first. */
export function createApprovalsScreen(layouts: Layouts): Screen {
  const list = createList<Asked>({
    view: 'approvals',
    identity: ({ approval }) => approval.id,
    subject: ({ approval: { state, role, repositoryId, action, reason }, issue }) => ({
      status: [state],
      agent: [role],
      repo: [repositoryId],
      label: [],
      text: `${nameOf(issue)} ${action.kind} ${action.summary} ${reason}`,
    }),
    line({ approval, issue }, columns, tick) {
      const { sign, tone } = signs[approval.state];
      const pending = approval.state === 'pending';
      const left = msOf(approval.deadline) - tick;
      const head = [
        cell(sign, 2, tone),
        cell(nameOf(issue), Math.max(4, nameOf(issue).length + 1)),
        ...(columns < narrow ? [] : [cell(pending ? (isQuestion(approval) ? 'question' : 'approve') : approval.state, 9, tone)]),
      ];
      const when = pending
        ? cellRight(left > 0 ? formatDuration(left) : 'over', 7, left < 300_000 ? 'warning' : 'dim')
        : cellRight(formatMoment(approval.decidedAt ?? approval.requestedAt, tick), 13, 'dim');
      return rowLine({ head, title: { text: approval.action.summary }, right: [when], least: 10 }, columns);
    },
    spoken({ approval, issue }, tick) {
      const left = msOf(approval.deadline) - tick;
      const until =
        approval.state !== 'pending' ? approval.state : left > 0 ? `${speakDuration(left)} left` : 'its deadline has passed';
      return `The ${approval.role}${issue === null ? '' : ` on issue ${issue}`} ${isQuestion(approval) ? 'asks' : 'wants to'} ${approval.action.summary}, ${until}.`;
    },
    tickOf: ({ approval }, nowMs) => (approval.state === 'pending' ? nowMs - (nowMs % 1000) : dayStart(nowMs)),
  });
  const joined = memoLast(([paged, known]: [Paged<Approval>, TuiState['world']['approvals']]): readonly Approval[] => {
    const found = new Map((paged.value ?? []).map((approval) => [approval.id, approval]));
    for (const approval of Object.values(known)) found.set(approval.id, approval);
    return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  });
  const askedOf = memoWeak((approval: Approval, issue: number | null): Asked => ({ approval, issue }));
  const withIssues = memoLast(
    ([approvals, tasks]: [readonly Approval[], TuiState['world']['tasks']], before: readonly Asked[] | undefined) =>
      sameList(
        approvals.map((approval) => askedOf(approval, tasks[approval.taskId]?.issue ?? null)),
        before,
      ),
  );
  const split = createSplit<Asked>(({ approval }) => approval.state === 'pending');
  const newestFirst = memoLast(([items]: [readonly Asked[]]) => [...items].reverse());

  return {
    view: 'approvals',
    title: 'Approvals',
    tabs: (state, identity) => tabs(state, identity),
    sections(state, columns) {
      const [pending, decided] = split(withIssues(joined(state.approvalPages, state.world.approvals), state.world.tasks));
      const groups = [
        { title: 'WAITING', items: pending, empty: 'Nothing waits for your approval.' },
        { title: 'DECIDED', items: newestFirst(decided), empty: emptyOf(state.approvalPages, 'The approvals', 'None yet.') },
      ];
      return list(state, groups, columns);
    },
    detail(state, identity, size, outputs) {
      const approval = approvalOf(state, identity);
      if (!approval || identity === null)
        return detailText({ key: 'approvals:none', title: '', lines: paragraph('Nothing is selected.', size.columns, 'dim') });
      const subject = subjectOf(state, approval.runId);
      const all = tabs(state, identity);
      const tab = all.find((name) => name === state.tab) ?? 'approval';
      if (tab !== 'approval')
        return subjectDetail(state, subject, { view: 'approvals', identity, tabs: all, size, outputs, layouts });
      const output = subject.run?.sessionId ? outputs(subject.run.sessionId) : undefined;
      const at = { key: `approvals:${identity}:approval`, columns: size.columns, nowMs: state.nowMs };
      const sandbox = state.health?.settings.sandbox ?? null;
      return approvalCard({ approval, run: subject.run, output, sandbox }, at);
    },
  };
}

const nameOf = (issue: number | null): string => (issue === null ? '' : `#${issue}`);

function tabs(state: TuiState, identity: string | null): readonly ChosenTab[] {
  const approval = approvalOf(state, identity);
  return approval ? tabsOf(subjectOf(state, approval.runId), 'approval') : [];
}
