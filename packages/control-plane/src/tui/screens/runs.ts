import { isLive, type PullSighting, type Run } from '@decree/contracts';
import { cell, cellRight, rowLine } from '../model/columns.ts';
import { formatCost, formatDuration, formatMoment, speakDuration } from '../model/format.ts';
import { memoLast } from '../model/memo.ts';
import { runDurationMs, runReason, runWord } from '../model/run-words.ts';
import { entryOf } from '../model/task-entries.ts';
import { approvalOf, runOf, taskOf } from '../store/looked-at.ts';
import type { Paged, TuiState } from '../store/state.ts';
import { detailText, paragraph } from './detail-text.ts';
import { createList, createSplit, emptyOf } from './list-screen.ts';
import type { Screen } from './screen.ts';
import type { Layouts } from './task/output.ts';
import { dayStart, type Subject } from './task/subject.ts';
import { type ChosenTab, subjectDetail, tabsOf } from './task/task-detail.ts';

const noPulls: readonly PullSighting[] = [];

/** Below so many columns the sign says how a run stands. */
const narrow = 50;

/** Of why it ended less than this says nothing: then it matters more than how long it took. */
const leastReason = 14;

/** Every run there was, those that are live first. */
export function createRunsScreen(layouts: Layouts): Screen {
  const list = createList<Run>({
    view: 'runs',
    identity: ({ id }) => id,
    subject: (run) => ({
      status: [run.state, runWord(run).word],
      agent: [run.role, run.agentId, run.adapter],
      repo: [run.repositoryId],
      label: [],
      text: `#${run.issue ?? ''} ${run.role} ${run.model ?? ''} ${run.workspace?.branch ?? ''} ${runReason(run)} ${run.id}`,
    }),
    line(run, columns, tick) {
      const { sign, word, tone } = runWord(run);
      const took = runDurationMs(run, tick);
      const head = [
        cell(run.issue === null ? 'plan' : `#${run.issue}`, 6),
        cell(`${run.role} ${run.attempt}`, 14),
        columns < narrow ? cell(sign, 2, tone) : cell(`${sign} ${word}`, 12, tone),
      ];
      const end = [
        cellRight(took === null ? '—' : formatDuration(took), 7, 'dim'),
        cellRight(formatCost(run.usage), 9, 'dim'),
        cellRight(formatMoment(run.queuedAt, isLive(run) ? tick : dayOfTick(tick)), 13, 'dim'),
      ];
      const title = { text: runReason(run) || run.model || run.adapter, tone: 'dim' as const };
      const least = isLive(run) ? 1 : leastReason;
      return rowLine({ head, title, right: end, shorter: [end.slice(0, 2), end.slice(0, 1)], least }, columns);
    },
    spoken(run, tick) {
      const took = runDurationMs(run, tick);
      const about = run.issue === null ? 'a plan' : `issue ${run.issue}`;
      return `${run.role}, attempt ${run.attempt} on ${about}: ${runWord(run).word}${took === null ? '' : `, took ${speakDuration(took)}`}, ${formatCost(run.usage)}. ${runReason(run)}`.trim();
    },
    tickOf: (run, nowMs) => (isLive(run) ? nowMs - (nowMs % 1000) : dayStart(nowMs)),
  });
  const dayOfTick = dayStart;
  const joined = memoLast(([paged, runs]: [Paged<Run>, TuiState['world']['runs']]): readonly Run[] => {
    const found = new Map((paged.value ?? []).map((run) => [run.id, run]));
    for (const run of Object.values(runs)) found.set(run.id, run);
    return [...found.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  });
  const split = createSplit<Run>(isLive);

  return {
    view: 'runs',
    title: 'Runs',
    tabs: (state, identity) => tabsOfRun(subjectOf(state, identity)),
    sections(state, columns) {
      const [live, ended] = split(joined(state.runPages, state.world.runs));
      const groups = [
        { title: 'LIVE', items: live, empty: 'No agent runs. Dispatch a task to start one.' },
        { title: 'ENDED', items: ended, empty: emptyOf(state.runPages, 'The runs', 'No agent has run yet.') },
      ];
      return list(state, groups, columns);
    },
    detail(state, identity, size, outputs) {
      const subject = subjectOf(state, identity);
      if (!subject.run || identity === null)
        return detailText({ key: 'runs:none', title: '', lines: paragraph('Nothing is selected.', size.columns, 'dim') });
      return subjectDetail(state, subject, { view: 'runs', identity, tabs: tabsOfRun(subject), size, outputs, layouts });
    },
  };
}

const emptySubject: Subject = { task: null, run: null, approval: null, pulls: noPulls, planFailure: null };

/** A run with its task, as other screens show it too. */
export function subjectOf(state: TuiState, runId: string | null): Subject {
  const run = runOf(state, runId);
  if (!run) return emptySubject;
  const task = taskOf(state, run.taskId);
  const approval = run.state === 'waiting_approval' ? approvalOf(state, run.approvalId) : null;
  const pulls = entryOf(state.world, run.taskId)?.pulls ?? noPulls;
  return { task, run, approval, pulls, planFailure: null };
}

/** What a run is looked at for: why it failed, what waits, else what it says. */
export function tabsOfRun(subject: Subject): readonly ChosenTab[] {
  const { run, approval } = subject;
  if (!run) return [];
  if (approval?.state === 'pending') return tabsOf(subject, 'approval');
  return tabsOf(subject, run.state === 'failure' ? 'crash' : 'output');
}
