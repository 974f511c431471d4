import type { Worktree } from '@decree/contracts';
import { cell, rowLine } from '../model/columns.ts';
import { plural } from '../model/format.ts';
import { memoLast } from '../model/memo.ts';
import { runName, runWord } from '../model/run-words.ts';
import { runOf } from '../store/looked-at.ts';
import { blank, type Line, type Tone } from '../text/line.ts';
import { detailText, field, heading, paragraph } from './detail-text.ts';
import { createList, createSplit, emptyOf, itemsOf } from './list-screen.ts';
import type { DetailText, Screen } from './screen.ts';

const noTabs: readonly never[] = [];

/** What is nowhere but in this directory. */
function unsaved({ modified, untracked, unpushedCommits }: Worktree): string {
  const parts = [
    modified > 0 ? plural(modified, 'changed file') : '',
    untracked > 0 ? plural(untracked, 'new file') : '',
    unpushedCommits > 0 ? `${plural(unpushedCommits, 'commit')} not pushed` : '',
  ].filter((part) => part !== '');
  return parts.join(', ');
}

/** Worktrees in use, and what was left over. */
export function createWorktreesScreen(): Screen {
  const list = createList<Worktree>({
    view: 'worktrees',
    identity: ({ branch }) => branch,
    subject: (worktree) => ({
      status: [worktree.inUse ? 'in-use' : 'left-over', unsaved(worktree) === '' ? 'clean' : 'unsaved'],
      agent: [],
      repo: [],
      label: [],
      text: `${worktree.branch} #${worktree.issue ?? ''}`,
    }),
    line(worktree, columns) {
      const [sign, tone]: [string, Tone] = worktree.inUse ? ['▶', 'info'] : unsaved(worktree) ? ['!', 'warning'] : ['·', 'dim'];
      const head = [cell(sign, 2, tone), cell(worktree.issue === null ? '—' : `#${worktree.issue}`, 6)];
      const state = unsaved(worktree);
      const right: Line = state ? [{ text: state, tone: 'warning' }] : [{ text: 'all pushed', tone: 'dim' }];
      return rowLine(
        {
          head,
          title: { text: worktree.branch },
          right,
          shorter: state ? [[{ text: 'unsaved', tone: 'warning' }]] : [],
          least: 14,
        },
        columns,
      );
    },
    spoken: (worktree) =>
      `${worktree.branch}, ${worktree.inUse ? 'in use' : 'left over'}, ${unsaved(worktree) || 'everything is pushed'}.`,
  });
  const split = createSplit<Worktree>(({ inUse }) => inUse);
  return {
    view: 'worktrees',
    title: 'Worktrees',
    tabs: () => noTabs,
    sections(state, columns) {
      const [used, left] = split(itemsOf(state.worktreePages));
      const empty = (nothing: string) => emptyOf(state.worktreePages, 'The worktrees', nothing);
      const groups = [
        { title: 'IN USE', items: used, empty: empty('No agent works in a worktree now.') },
        { title: 'LEFT OVER', items: left, empty: empty('Nothing is left over: a worktree goes when its run ends.') },
      ];
      return list(state, groups, columns);
    },
    detail(state, identity, size) {
      const worktree = itemsOf(state.worktreePages).find(({ branch }) => branch === identity);
      if (!worktree)
        return detailText({ key: 'worktrees:none', title: '', lines: paragraph('Nothing is selected.', size.columns, 'dim') });
      const run = runOf(state, worktree.runId);
      return make(worktree, run ? `${runName(run)}, ${runWord(run).word}` : null, size.columns);
    },
  };
}

const make = memoLast(([worktree, run, columns]: [Worktree, string | null, number]): DetailText => {
  const { branch, path, issue, inUse, modified, untracked, unpushedCommits, salvageRef } = worktree;
  const lines: readonly Line[] = [
    ...paragraph(branch, columns, 'strong'),
    blank,
    ...field('State', inUse ? 'in use' : 'left over', columns),
    ...field('Directory', path, columns),
    ...(issue === null ? [] : field('Issue', `#${issue}`, columns)),
    ...field(
      'Made for',
      run ?? (worktree.runId ? `run ${worktree.runId}` : 'not known: not by Decree, or its record is lost'),
      columns,
    ),
    blank,
    ...field('Changed', plural(modified, 'file'), columns),
    ...field('New', plural(untracked, 'file'), columns),
    ...field('Not pushed', plural(unpushedCommits, 'commit'), columns),
    ...field('Kept as', salvageRef ?? 'nothing has been kept yet', columns),
    ...heading(inUse ? 'It cannot be cleaned now' : 'What cleaning would do'),
    ...paragraph(cleaning(worktree), columns),
  ];
  return detailText({ key: `worktrees:${branch}`, title: 'Worktree', lines });
});

function cleaning(worktree: Worktree): string {
  if (worktree.inUse) return 'A live run works in it, or will go on in it. Cancel that run first.';
  const lost = unsaved(worktree);
  const removes = `Removes the directory ${worktree.path}. The branch ${worktree.branch} stays.`;
  return lost === ''
    ? `${removes} Nothing is lost: all of it is committed and pushed.`
    : `${removes} It holds ${lost}: they are first kept under a hidden ref, which is named when it is done.`;
}
