import { setList } from '../actions/navigate.ts';
import { oldestNeed, showOldestNeed } from '../actions/needs-you.ts';
import { parseFilter } from '../model/filter.ts';
import { themeChoices } from '../store/state.ts';
import type { Motion, TuiCommand } from './command.ts';

const always = () => null;
const base = { group: 'Look', scope: 'everywhere', writes: false, footer: null, disabledReason: always } as const;

const inDetail = (id: string, keys: readonly string[], [label, help]: readonly [string, string], to: Motion): TuiCommand => ({
  ...base,
  ...{ id, label, help, keys, scope: 'detail' },
  run: (_state, _target, abilities) => abilities.go(to),
});
const whenSearched = (command: TuiCommand): TuiCommand => ({
  ...command,
  disabledReason: ({ search }) => (search ? null : 'nothing is searched for yet'),
});

/** Finding and reading. */
export const lookCommands: readonly TuiCommand[] = [
  {
    ...base,
    id: 'look.help',
    label: 'help',
    help: 'Every key that works.',
    keys: ['?'],
    footer: 90,
    run: (_state, _target, abilities) => abilities.open({ kind: 'help', top: 0 }),
  },
  {
    ...base,
    id: 'look.palette',
    label: 'commands',
    help: 'Finds a command by its name.',
    keys: [':', 'ctrl+p'],
    footer: 80,
    run: (_state, _target, abilities) => abilities.open({ kind: 'palette', query: '', cursor: 0, index: 0 }),
  },
  {
    ...base,
    id: 'look.needs-you',
    label: 'needs you',
    help: 'Goes to what has waited for you the longest.',
    keys: ['!'],
    footer: 12,
    disabledReason: (state) => (oldestNeed(state) ? null : 'nothing needs you'),
    run(_state, _target, abilities) {
      abilities.set(showOldestNeed);
    },
  },
  {
    ...base,
    id: 'look.filter',
    label: 'filter',
    help: 'Narrows the list: status:, agent:, repo:, label: and free text. Kept over restarts.',
    scope: 'list',
    keys: ['/'],
    footer: 30,
    run({ view, lists }, _target, abilities) {
      const before = lists[view].filter;
      const filter = (value: string) => abilities.set((state) => setList(state, view, { filter: value, top: 0 }));
      abilities.open({
        ...{ kind: 'input', label: 'Filter (status: agent: repo: label: or text)', value: before, cursor: before.length },
        check: () => null,
        hint: (value) => parseFilter(value).message,
        change: filter,
        submit: filter,
        cancel: () => filter(before),
      });
    },
  },
  {
    ...base,
    id: 'look.search',
    label: 'search',
    help: 'Searches the text in the detail.',
    scope: 'detail',
    keys: ['/'],
    footer: 30,
    run({ search }, _target, abilities) {
      const before = search?.text ?? '';
      const look = (text: string) => abilities.set((state) => ({ ...state, search: text === '' ? null : { text, index: 0 } }));
      abilities.open({
        ...{ kind: 'input', label: 'Search', value: before, cursor: before.length },
        check: () => null,
        change: look,
        cancel: () => abilities.set((state) => ({ ...state, search })),
        submit(text) {
          look(text);
          if (text !== '') abilities.go('next-match');
        },
      });
    },
  },
  whenSearched(inDetail('look.next-match', ['n'], ['next match', 'The next place that the search finds.'], 'next-match')),
  whenSearched(inDetail('look.previous-match', ['N'], ['previous match', 'The one before it.'], 'previous-match')),
  inDetail('look.next-error', ['e'], ['next error', 'The next line that says something went wrong.'], 'next-error'),
  inDetail('look.previous-error', ['E'], ['previous error', 'The one before it.'], 'previous-error'),
  {
    ...inDetail('look.fold', ['space'], ['unfold', 'Opens or closes the tool call, thinking or file here.'], 'fold'),
    footer: 32,
  },
  { ...inDetail('look.follow', ['f'], ['follow', 'Stops at this place, or goes on at the end.'], 'follow'), footer: 34 },
  {
    ...base,
    id: 'look.copy-text',
    label: 'copy text',
    help: 'Copies the line that the detail begins with, or the one found.',
    scope: 'detail',
    keys: ['y'],
    run(_state, _target, abilities) {
      abilities.copy(abilities.detailText(), 'copied the line');
    },
  },
  {
    ...base,
    id: 'look.refresh',
    label: 'refresh',
    help: 'Asks anew for what is shown.',
    keys: ['ctrl+r'],
    run: (_state, _target, abilities) => abilities.refresh(),
  },
  {
    ...base,
    id: 'look.theme',
    label: 'theme',
    help: 'Colours for a dark or a light terminal, or as it says itself.',
    keys: ['T'],
    run({ theme }, _target, abilities) {
      const next = themeChoices[(themeChoices.indexOf(theme) + 1) % themeChoices.length] ?? 'auto';
      abilities.set((state) => ({ ...state, theme: next }));
      abilities.notice('info', `theme: ${next}`);
    },
  },
];
