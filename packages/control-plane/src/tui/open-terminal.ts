import type { Engine } from '@decree/contracts';
import { render, type useApp } from 'ink';
import { createElement as h } from 'react';
import type { Config } from '../config/index.ts';
import type { Clock, Env, Logger, Random } from '../engine/system/index.ts';
import type { TerminalAbilities } from './actions/abilities.ts';
import { createControl } from './actions/control.ts';
import { announce } from './announce.ts';
import { App } from './components/app.ts';
import { createPaint, type Paint } from './components/paint.ts';
import { commands } from './keymap/commands.ts';
import { resolveKeymap } from './keymap/resolve-keymap.ts';
import { createScreens } from './screens/index.ts';
import { createTuiStore } from './store/create-store.ts';
import { withNotice } from './store/notices.ts';
import type { PreferencesKeeper } from './store/preferences.ts';
import type { TuiState } from './store/state.ts';
import { readCapabilities } from './terminal/capabilities.ts';
import { copySequence } from './terminal/clipboard.ts';
import { hearMouse, type MouseEvent } from './terminal/mouse.ts';
import { notifySequence, notifyWays } from './terminal/notify.ts';
import { createPace, pacedStore } from './terminal/pace.ts';
import { guardTerminal } from './terminal/restore.ts';
import { createScreen } from './terminal/screen.ts';
import { type Background, createTheme } from './text/theme.ts';
import { EngineProvider } from './use-engine.ts';

export interface TerminalOptions {
  engine: Engine;
  /** The engine goes on when the person leaves: said before they do. */
  attached: boolean;
  /** Who acts, as the engine records it. */
  user: string;
  settings: Config['tui'];
  clock: Clock;
  random: Random;
  log: Logger;
  env: Env;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  /** Told when the process ends, however it does. */
  process: { on(event: 'exit', listener: () => void): unknown; off(event: 'exit', listener: () => void): unknown };
  preferences: PreferencesKeeper;
  /** Said first, e.g. what in the config is not in force. */
  notices: readonly string[];
  /** Opens a link with the person's own program; throws where there is none. */
  openUrl(url: string): Promise<void>;
  /** Lets the person's editor change the text, on this terminal; null when it failed. It is to end when `ending` aborts. */
  edit(text: string, name: string, ending: AbortSignal): Promise<string | null>;
  /** Stops the process until the shell brings it back. */
  suspend(): Promise<void>;
  /** Aborted: it closes without asking. */
  signal: AbortSignal;
}

/** Keys are drawn at once: a limit of frames would hold them back, and what agents say has a pace of its own. */
const mostFramesPerSecond = 1000;
/** How far one notch of the wheel goes. */
const wheelLines = 3;

/** When no other size came for so long, it is the one that stays. */
const settledAfterMs = 50;

/** So long the last of the screen may take on its way. */
const lastFrameWithinMs = 5_000;

/**
 * Shows the terminal over an engine until the person leaves it or the signal aborts. However it ends, the person's screen is
 * as it was. Throws a KeymapError, before anything is drawn, when the config's keys cannot be used.
 */
export async function openTerminal(options: TerminalOptions): Promise<void> {
  const { engine, clock, random, log, env, stdin, stdout, settings } = options;
  const keymap = resolveKeymap(commands, settings.keys);
  const capabilities = readCapabilities({ env, input: stdin.isTTY === true, output: stdout.isTTY === true });
  const tui = createTuiStore({ engine, clock, log, preferences: options.preferences, readOnly: settings.readOnly });
  const leaving = new AbortController();
  const ended = AbortSignal.any([options.signal, leaving.signal]);
  const guard = guardTerminal({ alternate: true, mouse: settings.mouse }, (sequence) => stdout.write(sequence), options.process);
  const screen = createScreen((text) => stdout.write(text));
  const pace = createPace({ outlet: stdout, clock });
  let app: ReturnType<typeof useApp> | null = null;
  /** Resolves when whoever has the terminal has given it back. */
  let lent: Promise<void> | null = null;

  /** Lends the terminal to something else, and takes it back. */
  const lend = async <T>(use: () => Promise<T>): Promise<T> => {
    // Keys that came in one piece with the one that lent it.
    if (!app || lent || ended.aborted) throw new Error('something else has the terminal');
    let made: { value: T } | null = null;
    const { promise, resolve } = Promise.withResolvers<void>();
    lent = promise;
    screen.pause();
    try {
      await app.suspendTerminal(async () => {
        guard.leave();
        try {
          made = { value: await use() };
        } finally {
          if (!ended.aborted) guard.enter();
        }
      });
    } finally {
      lent = null;
      resolve();
      if (!ended.aborted) screen.resume();
    }
    if (!made) throw new Error('the terminal could not be lent');
    return (made as { value: T }).value;
  };
  const terminal: TerminalAbilities = {
    openUrl: options.openUrl,
    copy(text) {
      const { sequence, message } = copySequence(text, capabilities.tmux);
      if (sequence === null) throw new Error(message ?? 'it cannot be copied');
      stdout.write(sequence);
    },
    edit: (text, name) => lend(() => options.edit(text, name, ended)),
    suspend: () => lend(options.suspend),
    redraw: () => lend(async () => undefined),
    quit: () => leaving.abort(),
  };
  const control = createControl({
    ...{
      engine,
      tui,
      keymap,
      screens: createScreens((id) => keymap.byId(id)?.keys[0] ?? null),
      terminal,
      clock,
      random,
      log,
      user: options.user,
    },
  });
  const handle = ({ kind, button, column, row }: MouseEvent): void => {
    if (kind === 'press' && button === 'left') control.click(column, row);
    if (kind === 'wheel-up') control.wheel(column, row, -wheelLines);
    if (kind === 'wheel-down') control.wheel(column, row, wheelLines);
  };
  const ways = notifyWays(settings, env);
  const unannounce = announce(tui.store, (notification) => {
    if (ended.aborted) return;
    for (const way of ways) stdout.write(notifySequence(way, notification, capabilities.tmux));
  });
  for (const notice of options.notices) tui.store.setState((state) => withNotice(state, 'warning', notice, clock.nowMs()));

  let sizes = 0;
  const resized = async () => {
    const drawAll = () => screen.resized({ columns: stdout.columns, rows: stdout.rows });
    sizes += 1;
    const mine = sizes;
    drawAll();
    // Ink clears a line of its own, and terminals arrange anew what they have, after they have said so.
    await clock.sleep(settledAfterMs, { unref: true });
    if (mine === sizes && !ended.aborted) drawAll();
  };
  try {
    guard.enter();
    tui.start(ended);
    stdout.on('resize', resized);
    const onScreen = {
      ...tui,
      store: pacedStore(tui.store, pace),
      outputs: { ...tui.outputs, subscribe: (draw: () => void) => tui.outputs.subscribe(pace.paced(draw)) },
    };
    const shown = render(
      h(
        EngineProvider,
        { tui: onScreen },
        h(App, {
          control,
          act: pace.act,
          paintFor: createPaints(settings.theme, capabilities),
          attached: options.attached,
          screen,
          onApp: (given) => {
            app = given;
          },
        }),
      ),
      {
        ...{
          stdin: settings.mouse ? hearMouse(stdin, (event) => pace.act(() => handle(event))) : stdin,
          stdout,
          exitOnCtrlC: false,
          interactive: true,
          alternateScreen: true,
          incrementalRendering: true,
          // What others print is kept off the screen further out (stray-writes.ts).
          patchConsole: false,
        },
        ...{ maxFps: mostFramesPerSecond, isScreenReaderEnabled: env.INK_SCREEN_READER === 'true' },
      },
    );
    // What it is lent to is told to end, and writes its last on it.
    const unmount = () => (lent ? void lent.then(() => shown.unmount()) : shown.unmount());
    ended.addEventListener('abort', unmount, { once: true });
    if (ended.aborted) unmount();
    // A line that takes nothing more keeps nobody from leaving.
    const given = once(ended).then(() => clock.sleep(lastFrameWithinMs, { unref: true }));
    await Promise.race([shown.waitUntilExit(), given]);
  } finally {
    leaving.abort();
    stdout.off('resize', resized);
    unannounce();
    control.dispose();
    guard.close();
    await tui.dispose();
  }
}

const once = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** The painter of the theme that the state names; made once for each. */
function createPaints(
  configured: Config['tui']['theme'],
  { depth, background }: { depth: Parameters<typeof createTheme>[0]['depth']; background: Background },
) {
  const made = new Map<Background, Paint>();
  return ({ theme }: TuiState): Paint => {
    const chosen = theme !== 'auto' ? theme : configured !== 'auto' ? configured : background;
    let paint = made.get(chosen);
    if (!paint) {
      paint = createPaint(createTheme({ depth, background: chosen }));
      made.set(chosen, paint);
    }
    return paint;
  };
}
