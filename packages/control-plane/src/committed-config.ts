import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, configFileNames, evaluateConfig, invalidConfig, nearest, parseConfig } from './config/index.ts';
import { makeOwnDirectory } from './config/make-directory.ts';
import type { Places } from './config/places.ts';
import { type Env, systemClock, systemRandom, timeoutSignal } from './engine/system/index.ts';
import { createWorkspaces } from './engine/workspaces/create-workspaces.ts';
import { WorkspaceError } from './engine/workspaces/errors.ts';
import type { Workspaces } from './engine/workspaces/port.ts';
import { commitOf, openAtHead, openRepository, type Repository } from './engine/workspaces/repository.ts';

/** The config as it is committed on the default branch; what lies in the working tree does not count, and is said to differ. */
export async function readConfig(
  workspaces: Workspaces,
  repository: Repository,
  places: Places,
  warn: (message: string) => void,
): Promise<Config> {
  const commit = await commitOf(repository, repository.defaultBranch);
  const found = await findConfig(workspaces, commit, places, async (fileName, text) => {
    const beside = await readFile(join(repository.root, fileName), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EISDIR') return undefined;
      throw error;
    });
    if (beside === undefined || beside === text) return;
    warn(
      `${fileName} differs from what is committed on ${repository.defaultBranch}; the committed one counts. Commit it to use it.`,
    );
  });
  if (!found) return parseConfig({}, 'the defaults');
  const source = `${found.fileName} on ${repository.defaultBranch}`;
  const config = parseConfig(found.value, source);
  await checkKeys(config, source);
  return config;
}

/** Whether the person's keys can be used: the commands of the terminal are not known to the config's schema. */
async function checkKeys({ tui }: Config, source: string): Promise<void> {
  if (Object.keys(tui.keys).length === 0) return;
  const [{ commands }, { KeymapError, resolveKeymap }] = await Promise.all([
    import('./tui/keymap/commands.ts'),
    import('./tui/keymap/resolve-keymap.ts'),
  ]);
  try {
    resolveKeymap(commands, tui.keys, nearest);
  } catch (error) {
    if (error instanceof KeymapError) throw invalidConfig(source, error.problems);
    throw error;
  }
}

/** The committed config, for a look without an engine. */
export async function readConfigAt(repository: Repository, places: Places, env: Env): Promise<Config> {
  return lookAround(repository, places, env, (workspaces) => readConfig(workspaces, repository, places, () => undefined));
}

/**
 * The repository around a directory. Where its HEAD is on no branch, and nothing else tells which one counts, the config of the
 * commit that is checked out may name one; for nothing else is it asked.
 */
export async function openConfigured(directory: string, places: Places, env: Env): Promise<Repository> {
  try {
    return await openRepository(directory);
  } catch (error) {
    if (!(error instanceof WorkspaceError) || error.code !== 'no_default_branch') throw error;
    const { repository, commit } = await openAtHead(directory);
    const found = await lookAround(repository, places, env, (workspaces) => findConfig(workspaces, commit, places));
    const named = found && parseConfig(found.value, `${found.fileName} at ${commit.slice(0, 12)}`).repositories[0]?.defaultBranch;
    if (!named) throw error;
    return openRepository(directory, { defaultBranch: named });
  }
}

/** The value of the config file at a commit: of the first name that there is. */
async function findConfig(
  workspaces: Workspaces,
  commit: string,
  places: Places,
  look: (fileName: string, text: string | undefined) => Promise<void> = async () => undefined,
): Promise<{ fileName: string; value: unknown } | null> {
  for (const fileName of configFileNames) {
    const text = await workspaces.readAtCommit(commit, fileName);
    await look(fileName, text);
    if (text === undefined) continue;
    const value = await evaluateConfig({ text, fileName, directory: places.scratch, deadline: timeoutSignal(10_000) });
    return { fileName, value };
  }
  return null;
}

/** Workspaces for one look, whose own files go with it. */
async function lookAround<T>(
  repository: Repository,
  places: Places,
  env: Env,
  look: (workspaces: Workspaces) => Promise<T>,
): Promise<T> {
  await makeOwnDirectory(places.scratch);
  const stateDirectory = join(places.scratch, `look-${systemRandom.token(6)}`);
  try {
    return await look(
      await createWorkspaces({ repository, stateDirectory, clock: systemClock, env, nodePath: process.execPath }),
    );
  } finally {
    await rm(stateDirectory, { recursive: true, force: true });
  }
}
