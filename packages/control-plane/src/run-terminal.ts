/*
 * The terminal over an engine: in this process, or over a client. What the terminal needs of the machine (files, editor, clock)
 * is handed to it here.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DecreeError, type Engine } from '@decree/contracts';
import type { Config } from './config/index.ts';
import {
  childEnv,
  createLogger,
  type Env,
  exec,
  runInForeground,
  suspendByDefault,
  suspendProcess,
  systemClock,
  systemRandom,
  whenSuspended,
  writeWithoutWaiting,
} from './engine/system/index.ts';
import { loadTerminal } from './load-terminal.ts';
import type { OpenControlPlane } from './open-control-plane.ts';
import { KeymapError } from './tui/keymap/resolve-keymap.ts';
import { drawLoading, leaveLoading } from './tui/loading.ts';
import { catchStrayWrites } from './tui/terminal/stray-writes.ts';

/** What a terminal is opened with here; the rest of the machine is added. */
export interface RunTerminalOptions {
  engine: Engine;
  settings: Config['tui'];
  /** The engine goes on when the person leaves. */
  attached: boolean;
  env: Env;
  user: string;
  /** Where filter, theme and the like are remembered, and what went wrong is logged. */
  directory: string;
  /** Said when the terminal opens, e.g. what in the config is not in force. */
  notices: readonly string[];
  /** Aborted: the terminal closes without asking. */
  signal: AbortSignal;
}

export interface ShowOptions {
  /** Opens the engine; what it warns about is shown first. */
  open(warn: (message: string) => void): Promise<OpenControlPlane>;
  readOnly: boolean;
  env: Env;
  user: string;
  signal: AbortSignal;
}

/** What was shown, and what ended it: the engine still runs. */
export interface Showed {
  plane: OpenControlPlane;
  reason: string;
  /** Why the screen ended, when it did by itself. */
  failure: unknown;
}

/** An engine that runs elsewhere, and what its config says of the terminal. */
export interface Reached {
  engine: Engine;
  tui: Config['tui'];
  directory: string;
}

/** Reaches an engine behind a loading screen, and shows it until the person leaves or the signal aborts. */
export function showAttached({ open, readOnly, env, user, signal }: Omit<ShowOptions, 'open'> & { open(): Promise<Reached> }) {
  return behindLoading('reaching the engine …', async () => {
    const [{ engine, tui, directory }] = await Promise.all([open(), loadTerminal()]);
    const settings = { ...tui, readOnly: readOnly || tui.readOnly };
    await runTerminal({ ...{ engine, attached: true, env, user, notices: [], signal, directory }, settings });
  });
}

/** Opens an engine behind a loading screen, and shows it until the person leaves, it is asked to stop, or the signal aborts. */
export function showControlPlane({ open, readOnly, env, user, signal }: ShowOptions): Promise<Showed> {
  const notices: string[] = [];
  return behindLoading('starting the engine …', async () => {
    let failure: unknown = null;
    const [plane] = await Promise.all([open((message) => notices.push(message)), loadTerminal()]);
    const { stopRequested } = plane.engine;
    await runTerminal({
      ...{ engine: plane.engine, attached: false, env, user, notices, signal: AbortSignal.any([signal, stopRequested]) },
      settings: { ...plane.config.tui, readOnly: readOnly || plane.config.tui.readOnly },
      directory: plane.places.state,
    }).catch((error: unknown) => {
      failure = error;
    });
    const reason = signal.aborted ? 'a signal' : failure ? 'the screen failed' : 'asked to stop';
    return { plane, reason, failure };
  });
}

/** The person's own screen is back when the work has ended, however it did: what is said of it then can be read. */
async function behindLoading<T>(saying: string, work: () => Promise<T>): Promise<T> {
  const giveBack = () => leaveLoading(process.stdout);
  // A second Ctrl-C meanwhile waits for nothing.
  process.once('exit', giveBack);
  drawLoading(process.stdout, saying);
  whenSuspended(giveBack, () => drawLoading(process.stdout, saying));
  try {
    return await work();
  } finally {
    process.off('exit', giveBack);
    suspendByDefault();
    giveBack();
  }
}

/** A log on a full disk ends nothing. That there is none is said, once, when the screen has gone. */
function sayAtTheEnd(logFile: string): (error: Error) => void {
  let isSaid = false;
  return ({ message }) => {
    if (!isSaid) process.once('exit', () => process.stderr.write(`${logFile} could not be written: ${message}\n`));
    isSaid = true;
  };
}

/**
 * Shows the terminal until the person leaves it or the signal aborts; the screen is then as it was. A fault that nobody caught
 * ends it too: it is thrown once the screen has gone, so that what else runs here can be stopped in order.
 */
export async function runTerminal(options: RunTerminalOptions): Promise<void> {
  const { openTerminal } = await loadTerminal();
  const { env, settings } = options;
  const preferencesFile = join(options.directory, 'terminal.json');
  const logFile = join(options.directory, 'terminal.log');
  const log = createLogger({ level: 'info', file: logFile, onError: sayAtTheEnd(logFile) });
  const faults = new AbortController();
  // For good: nor does a fault on the way out keep the engine from its orderly stop.
  process.on('uncaughtException', (error: unknown) => {
    faults.abort(error);
    log.error({ err: error }, 'nobody caught this');
  });
  for (const stream of [process.stdout, process.stderr]) writeWithoutWaiting(stream);
  const strays = catchStrayWrites(process.stdout, process.stderr, (text) => log.warn({ text }, 'written past the screen'));
  // What others say as the process ends is meant for the person's own screen.
  process.prependOnceListener('exit', strays.release);
  suspendByDefault();
  await openTerminal({
    ...{
      engine: options.engine,
      attached: options.attached,
      user: options.user,
      notices: options.notices,
      signal: AbortSignal.any([options.signal, faults.signal]),
    },
    ...{ clock: systemClock, random: systemRandom, log, env, stdin: process.stdin, stdout: strays.screen },
    ...{ settings, process },
    preferences: {
      read: () => readJson(preferencesFile),
      write: (value) => writeFileSync(preferencesFile, `${JSON.stringify(value)}\n`, { mode: 0o600 }),
    },
    openUrl: (url) => openUrl(url, env),
    edit: (text, name, ending) => editText(text, name, env, ending),
    suspend: suspendProcess,
  })
    .catch((error: unknown) => {
      log.error({ err: error }, 'the terminal failed');
      throw error instanceof KeymapError ? error : failureOf(error, logFile);
    })
    .finally(() => {
      process.off('exit', strays.release);
      strays.release();
    });
  if (faults.signal.aborted) throw failureOf(faults.signal.reason, logFile);
}

/** What is said of a fault: where more of it stands, and its place in the program. */
function failureOf(error: unknown, logFile: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  const failure = new Error(`the terminal failed: ${message}. Its log is ${logFile}`, { cause: error });
  if (error instanceof Error && error.stack) failure.stack = error.stack;
  return failure;
}

/** What the desktop's programs need to find the person's screen and browser. */
const ofDesktop =
  /^(HOME|USER|LOGNAME|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|DBUS_SESSION_BUS_ADDRESS|BROWSER|DESKTOP_SESSION|XDG_.+|KDE_.+|GNOME_.+|WSL_.+|WSLENV)$/;

/** By the desktop's own program. Its words are not for our screen. */
async function openUrl(url: string, env: Env): Promise<void> {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const desktop = Object.entries(env).filter(
    (entry): entry is [string, string] => ofDesktop.test(entry[0]) && entry[1] !== undefined,
  );
  const { exitCode } = await exec(program, [url], { env: childEnv(env, Object.fromEntries(desktop)), timeoutMs: 10_000 });
  if (exitCode !== 0) throw new DecreeError('unavailable', `${program} could not open ${url}; its link can be copied instead`);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What the person made of the text in their editor; null when the editor failed. Its command line is split at spaces, no shell. */
async function editText(text: string, name: string, env: Env, ending: AbortSignal): Promise<string | null> {
  const [editor = 'vi', ...args] = (env.VISUAL || env.EDITOR || 'vi').split(' ').filter((word) => word !== '');
  const directory = await mkdtemp(join(tmpdir(), 'decree-edit-'));
  const file = join(directory, name);
  try {
    await writeFile(file, text, { mode: 0o600 });
    return (await runInForeground(editor, [...args, file], env, ending)) === 0 ? await readFile(file, 'utf8') : null;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
