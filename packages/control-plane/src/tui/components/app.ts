import { Box, Text, useApp, useInput, useIsScreenReaderEnabled, usePaste, useWindowSize } from 'ink';
import { createElement as h, useEffect, useLayoutEffect, useReducer } from 'react';
import { useStore } from 'zustand';
import type { Control } from '../actions/control.ts';
import { keyName } from '../keymap/key-name.ts';
import { headerLine, standingLine } from '../model/meters.ts';
import type { Overlay, TuiState } from '../store/state.ts';
import type { Row, Screen } from '../terminal/screen.ts';
import { line, textOf } from '../text/line.ts';
import { wrapLine } from '../text/wrap.ts';
import { useEngine } from '../use-engine.ts';
import { type Drawer, drawerOf, type Leaving } from './drawer.ts';
import { keysLine, statusLine } from './footer.ts';
import { paintBody, type Shown, wholeRow } from './frame.ts';
import { type Layout, layOut, smallest } from './layout.ts';
import type { Paint } from './paint.ts';
import { spokenLines } from './spoken.ts';

export interface AppProps {
  readonly control: Control;
  /** Does what the person asked for, and has it drawn at once. */
  readonly act: (work: () => void) => void;
  /** Of the theme that the state names. */
  readonly paintFor: (state: TuiState) => Paint;
  /** Over a client the engine goes on when the person leaves. */
  readonly attached: boolean;
  /** Told what can be done to the terminal, once it is there. */
  readonly onApp: (app: ReturnType<typeof useApp>) => void;
  /** Draws what is not read out: Ink takes each frame apart cell by cell, which lasts longer than a key may. */
  readonly screen: Screen;
}

/** The whole screen. It holds no state of its own. */
export function App({ control, act, paintFor, attached, onApp, screen }: AppProps) {
  const { store, outputs } = useEngine();
  const state = useStore(store);
  // What agents say is collected beside the state, and drawn at a pace of its own.
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const { columns, rows } = useWindowSize();
  const isSpoken = useIsScreenReaderEnabled();
  const app = useApp();
  const layout = layOut(columns, rows);

  useEffect(() => outputs.subscribe(draw), [outputs]);
  useEffect(() => onApp(app), [app, onApp]);
  useEffect(() => act(() => control.resize(layOut(columns, rows))), [act, control, columns, rows]);
  useInput((input, key) => act(() => control.press(keyName(input, key), input)));
  usePaste((text) => act(() => control.paste(text)));

  const leaving = attached ? 'stays' : control.leaving;
  const shown = layout && control.shown(state, layout);
  const drawer = state.overlay && shown ? drawerOf(state.overlay, control.offered(state), leaving) : null;
  const small = shown
    ? null
    : tooSmall(
        { columns, rows },
        {
          leaves: state.overlay?.kind === 'quit' ? questionOf(state.overlay, leaving) : null,
          quitKey: control.keyOf('terminal.quit') ?? 'ctrl+c',
        },
      );
  const paint = paintFor(state);
  const drawn = isSpoken
    ? null
    : shown
      ? frameOf(state, { shown, drawer, layout, paint, control })
      : wrapLine(line(small ?? ''), columns)
          .slice(0, rows)
          .map((row) => wholeRow(paint(row, columns)));

  // Whatever ends it: what the size does from then on is the person's own screen's affair.
  useLayoutEffect(() => () => screen.pause(), [screen]);
  useLayoutEffect(() => {
    if (drawn) screen.draw(drawn, { columns, rows });
  });
  return isSpoken ? h(Spoken, { lines: shown ? spokenLines(state, shown, drawer) : [small ?? ''] }) : null;
}

const Spoken = ({ lines }: { lines: readonly string[] }) =>
  h(Box, { flexDirection: 'column' }, ...lines.map((text, index) => h(Text, { key: index }, text)));

/** `leaves`: what leaving means, while it is asked whether the person does. */
const tooSmall = (
  { columns, rows }: { columns: number; rows: number },
  { leaves, quitKey }: { leaves: string | null; quitKey: string },
): string =>
  leaves
    ? `${leaves} y: yes, n: no`
    : `This terminal has ${columns}×${rows} characters; Decree needs ${smallest.columns}×${smallest.rows}. Enlarge it, or press ${quitKey} to quit.`;

const questionOf = (overlay: Overlay, leaving: Leaving): string => textOf(drawerOf(overlay, [], leaving).lines[0] ?? []);

function frameOf(
  state: TuiState,
  {
    shown,
    drawer,
    layout,
    paint,
    control,
  }: { shown: Shown; drawer: Drawer | null; layout: Layout; paint: Paint; control: Control },
): Row[] {
  const { columns } = layout;
  return [
    wholeRow(paint(headerLine(state, columns), columns)),
    ...paintBody(state, shown, { layout, paint, drawer }),
    wholeRow(paint(statusLine(state, standingLine(state)), columns)),
    wholeRow(paint(drawer ? drawer.keys : keysLine(control.footer(state), columns), columns)),
  ];
}
