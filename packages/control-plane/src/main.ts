/*
 * `control-plane`: the command line over a running engine, or the engine itself. Here the parts that a person starts are
 * chosen; which ledger, forge and agents an engine has is chosen in open-control-plane.ts.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@decree/client';
import { DecreeError, type Engine } from '@decree/contracts';
import { chooseSocketPath, ensureSocketDirectory } from './api/socket-path.ts';
import { createEventNames, eventLine, initRepository, type Place, processIo, runCli, runDoctor } from './cli/index.ts';
import { makeOwnDirectory } from './config/make-directory.ts';
import { choosePlaces } from './config/places.ts';
import { asDecreeError } from './engine/refusals.ts';
import { childEnv, exec, processEnv, systemClock, systemRandom } from './engine/system/index.ts';
import { findRepository } from './engine/workspaces/repository.ts';
import { version } from './version.ts';

const env = processEnv();
const uid = process.getuid?.() ?? 0;
const interrupt = new AbortController();
const io = processIo({ stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env, signal: interrupt.signal });

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

/** Runs the engine here until it is stopped: by `stop`, or by a signal. A second signal does not wait for agents. */
async function start({ repo, data, headless }: Place & { headless: boolean }): Promise<void> {
  const { openControlPlane } = await import('./open-control-plane.ts');
  if (!headless) await io.out('The terminal interface is not there yet: these are the lines that --headless prints.\n');
  const plane = await openControlPlane({
    directory: directoryOf(repo),
    data,
    env,
    pid: process.pid,
    uid,
    warn: (message) => io.err(`note: ${message}\n`),
  }).catch((error: unknown) => {
    throw asDecreeError(error);
  });
  await io.out(
    `engine ready for ${plane.repositoryId} (${plane.repository.root})\nstate ${plane.places.state}\nsocket ${plane.socketPath}\n`,
  );
  leave = plane.engine.abandon;
  const following = new AbortController();
  const printing = print(plane.engine, following.signal);
  const reason = await untilStopped(plane.engine.stopRequested);
  await io.out(
    `stopping (${reason}); agents are waited for up to ${plane.config.shutdownTimeoutSeconds} s, a second signal ends them at once\n`,
  );
  await plane.close(reason);
  following.abort();
  await printing;
  await io.out('stopped\n');
}

async function print(engine: Engine, signal: AbortSignal): Promise<void> {
  const names = createEventNames(await engine.query('snapshot', {}));
  // From this engine's own start: what its first look found is news too.
  const started = (await engine.query('listEvents', { type: 'system.engine_started', newest: true, limit: 1 })).items.at(-1);
  for await (const events of engine.events.follow({ after: started?.cursor }, signal)) {
    for (const event of events) await io.out(`${eventLine(event, names)}\n`);
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

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) void leave().finally(() => process.exit(130));
    interrupt.abort();
  });
}
const user = env.DECREE_USER || userInfo().username;
process.exitCode = await runCli(process.argv.slice(2), {
  ...{ io, version, user, clock: systemClock, random: systemRandom },
  ...{ connect, start, init, doctor },
});
