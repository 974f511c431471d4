/*
 * `control-plane`: the command line over a running engine, or the engine itself. Here the parts that a person starts are
 * chosen; which ledger, forge and agents an engine has is chosen in open-control-plane.ts.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@decree/client';
import { type Cursor, DecreeError, type Engine } from '@decree/contracts';
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
import { choosePlaces } from './config/places.ts';
import { asDecreeError } from './engine/refusals.ts';
import { childEnv, exec, isLent, processEnv, systemClock, systemRandom, timeoutSignal } from './engine/system/index.ts';
import { findRepository } from './engine/workspaces/repository.ts';
import type { Reached, Showed, ShowOptions } from './run-terminal.ts';
import { leaveLoading } from './tui/loading.ts';
import { readCapabilities } from './tui/terminal/capabilities.ts';
import { version } from './version.ts';

const env = processEnv();
const uid = process.getuid?.() ?? 0;
const interrupt = new AbortController();
const plain = processIo({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env,
  signal: interrupt.signal,
  timeoutSignal,
});
const io: typeof plain = {
  ...plain,
  err(text) {
    // What went wrong is said on the person's own screen, however early it did.
    leaveLoading(process.stdout);
    plain.err(text);
  },
};

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
  const hint = 'no engine is running for this repository: start one with `control-plane`';
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
async function start({ repo, data, headless, readOnly }: Parameters<ProgramOptions['start']>[0]): Promise<void> {
  const refusal = headless ? null : screenRefusal();
  if (refusal) await io.err(`note: ${refusal} These are the lines that --headless prints.\n`);
  const open = async (warn: (message: string) => void) => {
    const { openControlPlane } = await import('./open-control-plane.ts');
    const place = { directory: directoryOf(repo), data, env, pid: process.pid, uid };
    const plane = await openControlPlane({ ...place, warn }).catch((error: unknown) => {
      throw asDecreeError(error);
    });
    leave = plane.engine.abandon;
    return plane;
  };
  const showed: Showed & { stopPrinting?: () => Promise<void> } =
    headless || refusal
      ? await runInLines(open)
      : await (await import('./run-terminal.ts')).showControlPlane({ open, readOnly, env, user, signal: io.signal });
  // The screen was kept waiting already, if its line hangs.
  if (!headless && !refusal) io.waitShortly();
  const { plane, reason, failure } = showed;
  await io.out(
    `stopping (${reason}); agents are waited for up to ${plane.config.shutdownTimeoutSeconds} s, a second signal ends them at once\n`,
  );
  const stopPrinting = showed.stopPrinting ?? (await print(plane.engine));
  await plane.close(reason);
  await stopPrinting();
  await io.out('stopped\n');
  if (failure) throw failure;
}

let attached = false;

/** Shows the screen over the engine of this place until the person leaves it. */
async function attach({ readOnly, ...place }: Place & { readOnly: boolean }): Promise<void> {
  const refusal = screenRefusal();
  if (refusal) throw new DecreeError('invalid', refusal);
  attached = true;
  const { showAttached } = await import('./run-terminal.ts');
  await showAttached({ open: () => reach(place), readOnly, env, user, signal: io.signal }).finally(io.waitShortly);
}

/** The engine of this place, once it has answered, and what its config says of the terminal. */
async function reach(place: Place): Promise<Reached> {
  const [engine, { root, places }] = await Promise.all([connect(place), locate(place)]);
  const waiting = AbortSignal.any([io.signal, timeoutSignal(attachWithinMs)]);
  await Promise.race([engine.query('health', {}), silence(waiting)]);
  const { openConfigured, readConfigAt } = await import('./committed-config.ts');
  const { tui } = await readConfigAt(await openConfigured(root, places, env), places, env);
  return { engine, tui, directory: places.state };
}

/** So long an engine may take to say that it is there. */
const attachWithinMs = 10_000;

function silence(waiting: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = () =>
      reject(
        new DecreeError(
          'unavailable',
          `the engine is there but has not answered for ${attachWithinMs / 1000} seconds; is it stopped, or very busy?`,
        ),
      );
    if (waiting.aborted) give();
    waiting.addEventListener('abort', give, { once: true });
  });
}

/** Why there can be no screen here; null when there can. */
const screenRefusal = (): string | null =>
  readCapabilities({ env, input: process.stdin.isTTY === true, output: process.stdout.isTTY === true }).refusal;

/** Prints what happens until the engine is asked to stop, or a signal comes. */
async function runInLines(open: ShowOptions['open']): Promise<Showed & { stopPrinting(): Promise<void> }> {
  const plane = await open((message) => io.err(`note: ${message}\n`));
  const { engine, repositoryId, repository, places, socketPath } = plane;
  await io.out(`engine ready for ${repositoryId} (${repository.root})\nstate ${places.state}\nsocket ${socketPath}\n`);
  // From this engine's own start: what its first look found is news too.
  const started = (await engine.query('listEvents', { type: 'system.engine_started', newest: true, limit: 1 })).items.at(-1);
  const stopPrinting = await print(engine, started?.cursor);
  return { plane, reason: await untilStopped(engine.stopRequested), failure: null, stopPrinting };
}

/** Prints each event after the cursor, or what comes from now on, until what it resolves to is called. */
async function print(engine: Engine, after?: Cursor): Promise<() => Promise<void>> {
  const following = new AbortController();
  const names = createEventNames(await engine.query('snapshot', {}));
  const printing = follow();
  return async () => {
    following.abort();
    await printing;
  };

  async function follow(): Promise<void> {
    for await (const events of engine.events.follow({ after }, following.signal)) {
      for (const event of events) await io.out(`${eventLine(event, names)}\n`);
    }
  }
}

function untilStopped(requested: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (requested.aborted) resolve('asked to stop');
    requested.addEventListener('abort', () => resolve('asked to stop'), { once: true });
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

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
  process.on(signal, () => {
    // Typed in the editor, it is the editor's.
    if (isLent() && (signal === 'SIGINT' || signal === 'SIGQUIT')) return;
    if (interrupt.signal.aborted) void leave().finally(() => process.exit(130));
    interrupt.abort();
  });
}
process.exitCode = await runCli(process.argv.slice(2), {
  ...{ io, version, user, clock: systemClock, random: systemRandom },
  ...{ connect, start, attach, init, doctor },
});
// Neither what a silent engine was asked and never answered nor a terminal that takes nothing more keeps anybody here.
if (attached || process.stdout.writableLength > 0) process.exit();
