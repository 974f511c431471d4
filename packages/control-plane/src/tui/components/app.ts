import { Box, Text, useApp, useInput, useIsScreenReaderEnabled, usePaste, useWindowSize } from 'ink';
import { createElement as h, memo, useEffect, useReducer } from 'react';
import { useStore } from 'zustand';
import type { Control } from '../actions/control.ts';
import { keyName } from '../keymap/key-name.ts';
import { headerLine, standingLine } from '../model/meters.ts';
import type { Overlay, TuiState } from '../store/state.ts';
import { parseMouse } from '../terminal/mouse.ts';
import { textOf } from '../text/line.ts';
import { useEngine } from '../use-engine.ts';
import { type Drawer, drawerOf, type Leaving } from './drawer.ts';
import { keysLine, statusLine } from './footer.ts';
import { paintBody, type Shown } from './frame.ts';
import { type Layout, layOut, smallest } from './layout.ts';
import type { Paint } from './paint.ts';
import { spokenLines } from './spoken.ts';

export interface AppProps {
  readonly control: Control;
  /** Of the theme that the state names. */
  readonly paintFor: (state: TuiState) => Paint;
  /** Over a client the engine goes on when the person leaves. */
  readonly attached: boolean;
  /** Told what can be done to the terminal, once it is there. */
  readonly onApp: (app: ReturnType<typeof useApp>) => void;
}

const wheelLines = 3;

/** The whole screen. It holds no state of its own. */
export function App({ control, paintFor, attached, onApp }: AppProps) {
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
  useEffect(() => control.resize(layOut(columns, rows)), [control, columns, rows]);
  useInput((input, key) => {
    const { events, rest } = parseMouse(input);
    for (const { kind, button, column, row } of events) {
      if (kind === 'press' && button === 'left') control.click(column, row);
      if (kind === 'wheel-up' || kind === 'wheel-down')
        control.wheel(column, row, kind === 'wheel-up' ? -wheelLines : wheelLines);
    }
    if (events.length === 0 || rest !== '') control.press(keyName(rest, key), rest);
  });
  usePaste((text) => control.paste(text));

  const leaving = attached ? 'stays' : control.leaving;
  if (!layout)
    return h(TooSmall, { columns, rows, leaves: state.overlay?.kind === 'quit' ? questionOf(state.overlay, leaving) : null });
  const shown = control.shown(state, layout);
  const drawer = state.overlay ? drawerOf(state.overlay, control.offered(state), leaving) : null;
  if (isSpoken) return h(Spoken, { lines: spokenLines(state, shown, drawer) });
  return h(Frame, { text: frameOf(state, { shown, drawer, layout, paint: paintFor(state), control }) });
}

/** One `<Text>` of finished rows: layout and string work grow with the number of nodes, and rows are painted once. */
const Frame = memo(({ text }: { text: string }) => h(Text, { wrap: 'truncate' }, text));

const Spoken = ({ lines }: { lines: readonly string[] }) =>
  h(Box, { flexDirection: 'column' }, ...lines.map((text, index) => h(Text, { key: index }, text)));

/** `leaves`: what leaving means, while it is asked whether the person does. */
const TooSmall = ({ columns, rows, leaves }: { columns: number; rows: number; leaves: string | null }) =>
  h(
    Box,
    { height: rows, overflow: 'hidden' },
    h(
      Text,
      null,
      leaves
        ? `${leaves} y: yes, n: no`
        : `This terminal has ${columns}×${rows} characters; Decree needs ${smallest.columns}×${smallest.rows}. Enlarge it, or press q to quit.`,
    ),
  );

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
): string {
  const { columns } = layout;
  return [
    paint(headerLine(state, columns), columns),
    ...paintBody(state, shown, { layout, paint, drawer }),
    paint(statusLine(state, standingLine(state)), columns),
    paint(drawer ? drawer.keys : keysLine(control.footer(state), columns), columns),
  ].join('\n');
}
