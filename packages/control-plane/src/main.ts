/*
 * `control-plane`: the command line over a running engine, or the engine itself. Here the parts that a person starts are
 * chosen; which ledger, forge and agents an engine has is chosen in open-control-plane.ts.
 */
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@decree/client';
import { DecreeError, type Engine } from '@decree/contracts';
import { chooseSocketPath, ensureSocketDirectory } from './api/socket-path.ts';
import {
  createEventNames,
  eventLine,
  initRepository,
  type Place,
  type ProgramOptions,
  processIo,
  runCli,
  runDoctor,
} from './cli/index.ts';
import { makeOwnDirectory } from './config/make-directory.ts';
import { choosePlaces, type Places } from './config/places.ts';
import { asDecreeError } from './engine/refusals.ts';
import { childEnv, exec, processEnv, systemClock, systemRandom } from './engine/system/index.ts';
import { findRepository } from './engine/workspaces/repository.ts';
import type { TerminalOptions } from './run-terminal.ts';
import { drawLoading, leaveLoading } from './tui/loading.ts';
import { readCapabilities } from './tui/terminal/capabilities.ts';
import { version } from './version.ts';

const env = processEnv();
const uid = process.getuid?.() ?? 0;
const interrupt = new AbortController();
const io = processIo({ stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env, signal: interrupt.signal });

const user = env.DECREE_USER || userInfo().username;

/** What is done before an exit that waits for nothing: no agent outlives its engine. */
let leave = async (): Promise<void> => undefined;

const directoryOf = (repo: string | undefined): string => repo ?? env.INIT_CWD ?? process.cwd();

async function locate({ repo, data }: Place) {
  const root = await findRepository(directoryOf(repo)).catch((error: unknown) => {
    throw asDecreeError(error);
  });
  return { root, places: choosePlaces(root, data ?? env.DECREE_DATA, env) };
}

/** The engine of this repository's state directory, over its socket. */
async function connect(place: Place): Promise<Engine> {
  const { places } = await locate(place);
  const hint = 'no engine is running for this repository: start one with `control-plane --headless`';
  const token = await readFile(places.operatorToken, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'ENOENT'
        ? hint
        : `${places.operatorToken} cannot be read (${error.code}); mend that, or name another state directory with --data`;
    throw new DecreeError('unavailable', why, { cause: error });
  });
  const socketPath = await chooseSocketPath({ stateDirectory: places.state, runtimeDirectory: env.XDG_RUNTIME_DIR, uid });
  await ensureSocketDirectory(socketPath, { uid, create: false });
  return createClient({
    socketPath,
    token: token.trim(),
    sleep: systemClock.sleep,
  });
}

/** Runs the engine here until it is stopped: from the screen, by `stop`, or by a signal. A second signal does not wait for agents. */
async function start({ repo, data, headless, readOnly, demo }: Parameters<ProgramOptions['start']>[0]): Promise<void> {
  if (demo) return startDemo({ headless });
  const refusal = headless ? null : screenRefusal();
  if (refusal) await io.err(`note: ${refusal} These are the lines that --headless prints.\n`);
  const shows = !headless && refusal === null;
  const notices: string[] = [];
  if (shows) drawLoading(process.stdout, 'starting the engine …');
  const { openControlPlane } = await import('./open-control-plane.ts');
  const plane = await openControlPlane({
    ...{ directory: directoryOf(repo), data, env, pid: process.pid, uid },
    warn: (message) => (shows ? notices.push(message) : io.err(`note: ${message}\n`)),
  }).catch((error: unknown) => {
    if (shows) leaveLoading(process.stdout);
    throw asDecreeError(error);
  });
  leave = plane.engine.abandon;
  const { engine, places, config } = plane;
  const following = new AbortController();
  let printing: Promise<void> | null = null;
  if (!shows) {
    await io.out(
      `engine ready for ${plane.repositoryId} (${plane.repository.root})\nstate ${places.state}\nsocket ${plane.socketPath}\n`,
    );
    printing = print(engine, following.signal);
  }
  const stopped = untilStopped(engine.stopRequested);
  try {
    if (shows)
      await showUntil(stopped, {
        engine,
        places,
        settings: { ...config.tui, readOnly: readOnly || config.tui.readOnly },
        notices,
        attached: false,
      });
  } finally {
    const reason = shows && !engine.stopRequested.aborted && !io.signal.aborted ? 'asked to stop' : await stopped;
    printing ??= print(engine, following.signal);
    await io.out(
      `stopping (${reason}); agents are waited for up to ${config.shutdownTimeoutSeconds} s, a second signal ends them at once\n`,
    );
    await plane.close(reason);
    following.abort();
    await printing;
    await io.out('stopped\n');
  }
}

/** Shows the screen over the engine of this place until the person leaves it. */
async function attach({ readOnly, ...place }: Place & { readOnly: boolean }): Promise<void> {
  const refusal = screenRefusal();
  if (refusal) throw new DecreeError('invalid', refusal);
  const [engine, { root, places }] = await Promise.all([connect(place), locate(place)]);
  await engine.query('health', {});
  const { openConfigured, readConfigAt } = await import('./committed-config.ts');
  const { tui } = await readConfigAt(await openConfigured(root, places, env), places, env);
  drawLoading(process.stdout, 'asking the engine …');
  await showUntil(untilStopped(), {
    engine,
    places,
    settings: { ...tui, readOnly: readOnly || tui.readOnly },
    notices: [],
    attached: true,
  });
}

/** The demo comes with the sources; it is a program of its own. */
async function startDemo({ headless }: { headless: boolean }): Promise<void> {
  const demo = new URL('../../../examples/demo/main.ts', import.meta.url);
  await access(demo).catch((error: unknown) => {
    throw new DecreeError('unavailable', 'the demo comes with the source repository, not with the package', { cause: error });
  });
  process.argv = [process.execPath, fileURLToPath(demo), ...(headless ? ['--headless'] : [])];
  await import(demo.href);
}

type ShowOptions = Pick<TerminalOptions, 'engine' | 'settings' | 'notices' | 'attached'> & { places: Places };

async function showUntil(stopped: Promise<unknown>, { places, ...options }: ShowOptions): Promise<void> {
  const closing = new AbortController();
  void stopped.then(() => closing.abort());
  const { runTerminal } = await import('./run-terminal.ts');
  await runTerminal({
    ...options,
    ...{ env, user, signal: closing.signal },
    preferencesFile: join(places.state, 'terminal.json'),
    logFile: join(places.state, 'terminal.log'),
  }).finally(() => leaveLoading(process.stdout));
}

/** Why there can be no screen here; null when there can. */
const screenRefusal = (): string | null =>
  readCapabilities({ env, input: process.stdin.isTTY === true, output: process.stdout.isTTY === true }).refusal;

async function print(engine: Engine, signal: AbortSignal): Promise<void> {
  const names = createEventNames(await engine.query('snapshot', {}));
  // From this engine's own start: what its first look found is news too.
  const started = (await engine.query('listEvents', { type: 'system.engine_started', newest: true, limit: 1 })).items.at(-1);
  for await (const events of engine.events.follow({ after: started?.cursor }, signal)) {
    for (const event of events) await io.out(`${eventLine(event, names)}\n`);
  }
}

function untilStopped(requested?: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (requested?.aborted) resolve('asked to stop');
    requested?.addEventListener('abort', () => resolve('asked to stop'), { once: true });
    io.signal.addEventListener('abort', () => resolve('a signal'), { once: true });
    if (io.signal.aborted) resolve('a signal');
  });
}

async function init(place: Place) {
  const { root } = await locate(place);
  return initRepository({ root, templates: fileURLToPath(new URL('../templates', import.meta.url)) });
}

async function doctor(place: Place) {
  const [{ parseDefinition }, { openConfigured, readConfigAt }, { findClaude }] = await Promise.all([
    import('./engine/agents/definitions.ts'),
    import('./committed-config.ts'),
    import('./engine/agents/find-claude.ts'),
  ]);
  const directory = directoryOf(place.repo);
  const opened = async () => openConfigured(directory, (await locate(place)).places, env);
  return runDoctor({
    directory,
    nodeVersion: process.version,
    exec: (file, args) => exec(file, args, { env: childEnv(env, { HOME: env.HOME ?? homedir() }), timeoutMs: 10_000 }),
    openRepository: opened,
    readConfig: async () => {
      const { places } = await locate(place);
      return readConfigAt(await opened(), places, env);
    },
    parseDefinition,
    findClaude: (config) => findClaude(config?.claude.executable),
    async checkStateDirectory() {
      const { places } = await locate(place);
      await makeOwnDirectory(places.state);
      const probe = join(places.state, '.doctor');
      await writeFile(probe, '');
      await rm(probe);
      return places.state;
    },
    async checkSocket() {
      const { places } = await locate(place);
      return chooseSocketPath({ stateDirectory: places.state, runtimeDirectory: env.XDG_RUNTIME_DIR, uid });
    },
    async health() {
      try {
        return await (await connect(place)).query('health', {});
      } catch (error) {
        if (error instanceof DecreeError && error.code === 'unavailable') return null;
        throw error;
      }
    },
    checkPostgres: async (url) => (await import('./engine/ledger/postgres/probe.ts')).probePostgres(url),
  });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) void leave().finally(() => process.exit(130));
    interrupt.abort();
  });
}
process.exitCode = await runCli(process.argv.slice(2), {
  ...{ io, version, user, clock: systemClock, random: systemRandom },
  ...{ connect, start, attach, init, doctor },
});
