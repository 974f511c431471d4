// Longer than most files: every way in which a person acts moves through the same few places, which are kept here.
import type { Engine } from '@decree/contracts';
import type { Clock, Logger, Random } from '../../engine/system/index.ts';
import type { Offered } from '../components/drawer.ts';
import { type Shown, showNow, signColumns } from '../components/frame.ts';
import type { Layout } from '../components/layout.ts';
import { itemsOf, placeOf, windowOf } from '../components/list-window.ts';
import type { Motion, TuiCommand } from '../keymap/command.ts';
import { reasonAgainst } from '../keymap/commands.ts';
import { keysIn } from '../keymap/key-name.ts';
import { type Keymap, type KeyOf, worksAt } from '../keymap/resolve-keymap.ts';
import type { DetailText, Screen, Section } from '../screens/screen.ts';
import type { TuiStore } from '../store/create-store.ts';
import { type ListPlace, type TuiState, type View, views } from '../store/state.ts';
import { isLoading } from '../store/wanted.ts';
import { textOf } from '../text/line.ts';
import { createAbilities, type TerminalAbilities } from './abilities.ts';
import { findCommands } from './find-command.ts';
import { type Gone, whatBecameOf } from './gone.ts';
import { isInSight, leftAfter, moveBy, scrollBy, settled, stepOf } from './move-list.ts';
import { extentOf, scrollText, setList, textPlace, topOf, turnTab } from './navigate.ts';
import { type Answered, answerKey, answerPaste } from './overlay-keys.ts';
import { targetOf } from './target.ts';
import { moveText } from './text-motion.ts';

export interface ControlOptions {
  engine: Engine;
  tui: TuiStore;
  keymap: Keymap;
  screens: Readonly<Record<View, Screen>>;
  terminal: TerminalAbilities;
  clock: Clock;
  random: Random;
  log: Logger;
  /** Who acts, as the engine records it. */
  user: string;
}

/** What a person does, turned into what the state becomes and what the engine is asked for. */
export interface Control {
  /** A key by its name, and what it typed. */
  press(key: string, input: string): void;
  paste(text: string): void;
  /** Left button, columns and rows counted from 0 at the upper left. */
  click(column: number, row: number): void;
  wheel(column: number, row: number, lines: number): void;
  /** Null where the terminal is too small for anything. */
  resize(layout: Layout | null): void;
  shown(state: TuiState, layout: Layout): Shown;
  /** What palette or help list: found by the palette's query, best first; else all. */
  offered(state: TuiState): readonly Offered[];
  /** What the footer offers here, the most important first. */
  footer(state: TuiState): readonly Offered[];
  readonly keyOf: KeyOf;
  /** How long agents are waited for when the engine stops, in seconds; null while that is not known. */
  readonly leaving: number | null;
  /** Resolves when the engine has answered all that it was asked for. */
  settled(): Promise<void>;
  dispose(): void;
}

/** Behind what is pressed all day, before what is not. */
const betweenActions = 4.5;

/** The keys of all views as one entry of the footer, `1-7 views`; none where they do not follow one another. */
function viewsTogether(keymap: Keymap): readonly TuiCommand[] {
  const all = views.map((view) => keymap.byId(`view.${view}`)?.keys[0] ?? '');
  const [first] = all;
  const command = keymap.byId(`view.${views[0]}`);
  if (!command || !first || !all.every((key, index) => key === String(Number(first) + index))) return [];
  return [{ ...command, keys: [`${first}-${all.at(-1)}`], label: 'views', footer: betweenActions }];
}

const labelOf = (command: TuiCommand, state: TuiState): string => command.labelNow?.(state) ?? command.label;

const headerRows = 1;
/** So near the end of a list its next page is asked for. */
const nearEnd = 10;

export function createControl(options: ControlOptions): Control {
  const { tui, keymap, screens } = options;
  const { store, outputs } = tui;
  /** A list's rows when it was last seen: whose row goes is followed by its neighbour. */
  const seen = new Map<View, readonly Section[]>();
  const viewsHint = viewsTogether(keymap);
  let layout: Layout | null = null;
  let jumped: { key: string; search: string | null; line: number } | null = null;
  let offeredFor: { query: string; commands: readonly TuiCommand[] } = { query: '', commands: keymap.commands };

  const abilities = createAbilities({
    ...{ engine: options.engine, store, terminal: options.terminal, clock: options.clock, random: options.random },
    ...{ log: options.log, user: options.user, go, refresh: () => tui.details.refresh(), detailText },
  });
  const unsubscribe = store.subscribe(settle);

  return {
    press,
    paste,
    click,
    wheel,
    resize(next) {
      layout = next;
      settle();
    },
    shown,
    offered: (state) => (state.overlay?.kind === 'palette' ? found(state.overlay.query) : keymap.commands).map(offer(state)),
    footer: (state) =>
      [...keymap.commands.filter((command) => command.footer !== null && worksAt(command.scope, state)), ...viewsHint]
        .filter(({ keys }) => keys.length > 0)
        .toSorted((left, right) => (left.footer ?? 0) - (right.footer ?? 0))
        .map(offer(state)),
    keyOf: (id) => keymap.byId(id)?.keys[0] ?? null,
    get leaving() {
      return store.getState().health?.settings.shutdownTimeoutSeconds ?? null;
    },
    settled: () => abilities.settled(),
    dispose: unsubscribe,
  };

  function shown(state: TuiState, on: Layout): Shown {
    return showNow(state, { screens, outputs: outputs.read, layout: on });
  }

  function press(key: string, input: string): void {
    if (key === '' && input.length > 1) for (const typed of keysIn(input)) hear(typed.key, typed.input);
    else hear(key, input);
  }

  function hear(key: string, input: string): void {
    const state = store.getState();
    // Nothing is done blindly: where nothing can be shown, a person can leave, and be asked whether they mean it.
    if (!layout && state.overlay?.kind !== 'quit') {
      const command = key === '' ? null : keymap.find(key, state);
      if (command?.group === 'Terminal') act(command);
      return;
    }
    if (state.overlay) {
      answer(
        answerKey(
          state.overlay,
          { key, input },
          {
            found: (query) => found(query).length,
            choose: (query, index) => act(found(query)[index]),
            helpLines: keymap.commands.length + 2 * new Set(keymap.commands.map(({ group }) => group)).size,
            quit: abilities.quit,
          },
        ),
      );
    } else if (key !== '') act(keymap.find(key, state) ?? undefined);
  }

  function act(command: TuiCommand | undefined): void {
    if (!command) return;
    const state = store.getState();
    const target = targetOf(state);
    const reason = reasonAgainst(command, state, target);
    if (reason === null) command.run(state, target, abilities);
    else abilities.notice('warning', `${labelOf(command, state)}: ${reason}`);
  }

  /** Pasted text is never taken for keys: it is for a prompt, or for nothing. */
  function paste(text: string): void {
    if (!layout) return;
    const { overlay } = store.getState();
    if (overlay?.kind !== 'input' && overlay?.kind !== 'palette') {
      abilities.notice('info', 'what is pasted goes into a prompt only, and none is open');
      return;
    }
    const { cut, ...answered } = answerPaste(overlay, text);
    answer(answered);
    if (cut) abilities.notice('warning', 'the pasted text is too long: its beginning was taken');
  }

  function answer({ overlay, next }: Answered): void {
    if (overlay !== store.getState().overlay) store.setState({ overlay });
    next?.();
  }

  function found(query: string): readonly TuiCommand[] {
    if (offeredFor.query !== query) offeredFor = { query, commands: findCommands(keymap.commands, query) };
    return offeredFor.commands;
  }

  function offer(state: TuiState): (command: TuiCommand) => Offered {
    const target = targetOf(state);
    return (command) => ({
      ...{ command, label: labelOf(command, state) },
      disabledReason: reasonAgainst(command, state, target),
    });
  }

  function go(motion: Motion): void {
    if (!layout) return;
    const state = store.getState();
    if (motion === 'next-tab' || motion === 'previous-tab') {
      store.setState(turnTab(state, shown(state, layout).tabs, motion === 'next-tab' ? 1 : -1));
      return;
    }
    const step = stepOf(motion, layout.body);
    if (state.focus === 'list' && step !== null) moveList(state, layout, step);
    else inText(state, layout, motion);
  }

  function moveList(state: TuiState, on: Layout, step: number): void {
    const sections = screens[state.view].sections(state, on.list - signColumns);
    const next = moveBy(state.lists[state.view], sections, { step, rows: on.body });
    place(state, next);
    if (step > 0 && leftAfter(next, sections) <= nearEnd) tui.details.more();
  }

  function inText(state: TuiState, on: Layout, motion: Motion): void {
    const { text } = shown(state, on);
    const search = state.search?.text ?? null;
    const from = jumped?.key === text.key && jumped.search === search ? jumped.line - (text.first ?? 0) : null;
    const moved = moveText(state, { text, rows: on.body - 1, from }, motion);
    const line = moved.line === null ? null : moved.line + (text.first ?? 0);
    jumped = line === null ? null : { key: text.key, search: moved.state.search?.text ?? null, line };
    if (moved.state !== state) scrolled(moved.state, text, on);
    if (moved.problem !== null) abilities.notice('info', moved.problem);
  }

  /** At the beginning of what is here of a session, what it said before is asked for. */
  function scrolled(next: TuiState, text: DetailText, on: Layout): void {
    store.setState(next);
    if (text.earlier && topOf(textPlace(next, text.key), extentOf(text, on.body - 1)) === 0) outputs.earlier(text.earlier);
  }

  function detailText(): string {
    const state = store.getState();
    if (!layout) return '';
    const { text } = shown(state, layout);
    const top = topOf(textPlace(state, text.key), extentOf(text, layout.body - 1));
    const line = jumped?.key === text.key ? jumped.line - (text.first ?? 0) : top;
    return line < text.length ? textOf(text.lineAt(line)).trim() : '';
  }

  function click(column: number, row: number): void {
    const state = store.getState();
    const at = row - headerRows;
    if (!layout || state.overlay || at < 0 || at >= layout.body) return;
    if (column >= layout.list) {
      if (state.focus !== 'detail') store.setState({ focus: 'detail' });
      return;
    }
    const { sections } = shown(state, layout);
    const item = windowOf(itemsOf(sections), state.lists[state.view].top, layout.body)[at];
    const selected = item?.kind === 'row' ? item.row.identity : state.lists[state.view].selected;
    store.setState({ ...setList(state, state.view, { selected }), focus: 'list' });
  }

  function wheel(column: number, row: number, lines: number): void {
    const state = store.getState();
    if (state.overlay?.kind === 'help') press(lines > 0 ? 'down' : 'up', '');
    if (!layout || state.overlay || row < headerRows || row >= headerRows + layout.body) return;
    const { sections, text } = shown(state, layout);
    if (column < layout.list) {
      const next = scrollBy(state.lists[state.view], sections, { by: lines, rows: layout.body });
      place(state, next);
      if (lines > 0 && itemsOf(sections).length - next.top - layout.body <= nearEnd) tui.details.more();
    } else scrolled(scrollText(state, extentOf(text, layout.body - 1), { lines }), text, layout);
  }

  /** Keeps the selection on a row that is there, whatever became of the rows. */
  function settle(now?: TuiState, before?: TuiState): void {
    const state = now ?? store.getState();
    if (!layout || state.connection.status === 'loading') return;
    const { view } = state;
    if (isLoading(state, view)) return;
    const sections = screens[view].sections(state, layout.list - signColumns);
    const last = seen.get(view);
    const was = state.lists[view];
    if (last === sections && before?.view === view && before.lists[view].selected === was.selected) return;
    const gone = view === 'tasks' && last && before ? goneFrom(was, sections, { state, before, last }) : null;
    const from = gone?.successor ? { ...was, selected: gone.successor } : was;
    const next = settled(from, { sections, rows: layout.body, before: last ?? [] });
    seen.set(view, sections);
    if (gone?.said) abilities.notice('info', gone.said);
    // What was scrolled out of sight by the wheel stays out of sight when rows move.
    const moved = next.selected !== was.selected || before?.lists[view].selected !== was.selected;
    if (moved || isInSight(was, last ?? sections, layout.body)) place(state, next);
  }

  /** What became of the selected row, when it went without the person's doing. */
  function goneFrom(
    was: ListPlace,
    sections: readonly Section[],
    { state, before, last }: { state: TuiState; before: TuiState; last: readonly Section[] },
  ): Gone | null {
    const then = before.lists[before.view];
    const alike = before.view === state.view && then.selected === was.selected && then.filter === was.filter;
    if (!alike || was.selected === null) return null;
    if (placeOf(itemsOf(last), was.selected) < 0 || placeOf(itemsOf(sections), was.selected) >= 0) return null;
    return whatBecameOf(state, was.selected, sections);
  }

  function place(state: TuiState, next: ListPlace): void {
    if (next !== state.lists[state.view]) store.setState({ lists: { ...state.lists, [state.view]: next } });
  }
}
