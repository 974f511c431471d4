import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errno, WorkspaceError } from './errors.ts';
import type { HostGit } from './host-git.ts';

export interface Capture {
  workTree: string;
  /** An index of the host's own, kept between calls: its stat cache is what makes an unchanged tree cheap. */
  index: string;
  exclude?: readonly string[];
  /** Where the index is missing it begins with this commit's files, so that tracked but ignored ones are seen. */
  seed?: string;
}

/**
 * The whole working tree (tracked and untracked, not ignored) as a tree object in the host's objects, byte for byte.
 * Nested repositories are read as plain files, and only ls-files and update-index look at the working tree. Measured on git
 * 2.39: with a nested repository in the index, `add`, `status` and `diff-files` start a second git inside it, which runs
 * that repository's fsmonitor and filters although GIT_DIR and config are the host's own.
 */
export async function captureTree(git: HostGit, capture: Capture): Promise<string> {
  await updateIndex(git, capture);
  return writeTree(git, capture);
}

/** Brings the index up to date; returns whether anything had to be done. */
export async function updateIndex(git: HostGit, capture: Capture): Promise<boolean> {
  if (!(await exists(capture.index))) await seedIndex(git, capture);
  try {
    return await updateOnce(git, capture);
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    // A file that vanished while it was read, a lock of a killed git, or objects that are gone: once more, from nothing.
    await rm(capture.index, { force: true });
    await rm(`${capture.index}.lock`, { force: true });
    await seedIndex(git, capture);
    await updateOnce(git, capture);
    return true;
  }
}

export async function writeTree(git: HostGit, capture: Pick<Capture, 'index'>): Promise<string> {
  return (await git.run(['write-tree', '--missing-ok'], { index: capture.index })).trim();
}

/** Takes submodules out of an index, so that files inside them are kept like others. Returns whether there were any. */
export async function dropSubmodules(git: HostGit, index: string): Promise<boolean> {
  const listed = (await git.bytes(['ls-files', '--stage', '-z'], { index })).toString('latin1');
  const paths = listed.split('\0').flatMap((line) => (line.startsWith('160000 ') ? [line.slice(line.indexOf('\t') + 1)] : []));
  if (paths.length === 0) return false;
  await git.run(['update-index', '--force-remove', '-z', '--stdin'], { index, input: joinPaths(paths) });
  return true;
}

async function seedIndex(git: HostGit, capture: Capture): Promise<void> {
  if (!capture.seed) return;
  const seeded = await git.attempt(['read-tree', capture.seed], { index: capture.index });
  if (seeded.exitCode === 0) await dropSubmodules(git, capture.index);
}

async function updateOnce(git: HostGit, capture: Capture): Promise<boolean> {
  const found = await listChanged(git, capture);
  const paths = new Set<string>();
  for (const path of found) {
    if (path.endsWith('/')) for (const inner of await listNested(git, capture.workTree, path)) paths.add(inner);
    else paths.add(path);
  }
  if (paths.size === 0) return false;
  const args = ['update-index', '--add', '--remove', '--replace', '-z', '--stdin'];
  await git.run(args, { workTree: capture.workTree, index: capture.index, input: joinPaths([...paths]), timeoutMs: 600_000 });
  return true;
}

async function listChanged(git: HostGit, capture: Capture): Promise<string[]> {
  const args = ['ls-files', '-z', '--others', '--modified', '--deleted', '--exclude-standard'];
  for (const pattern of capture.exclude ?? []) args.push(`--exclude=${pattern}`);
  return splitPaths(await git.bytes(args, { workTree: capture.workTree, index: capture.index }));
}

/** The files of a repository inside the tree, and of those inside that; `.git` itself is never listed by git. */
async function listNested(git: HostGit, workTree: string, prefix: string): Promise<string[]> {
  const directory = join(workTree, Buffer.from(prefix, 'latin1').toString('utf8'));
  if (!(await lstat(directory)).isDirectory()) return [];
  const index = join(git.directory, 'no-index');
  const found = splitPaths(await git.bytes(['ls-files', '-z', '--others', '--exclude-standard'], { workTree: directory, index }));
  const paths: string[] = [];
  for (const path of found) {
    if (path.endsWith('/')) paths.push(...(await listNested(git, workTree, prefix + path)));
    else paths.push(prefix + path);
  }
  return paths;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => (errno(error) === 'ENOENT' ? false : Promise.reject(error)),
  );
}

// latin1 carries file names of any encoding through a string and back unchanged.
const splitPaths = (output: Buffer) => output.toString('latin1').split('\0').filter(Boolean);
const joinPaths = (paths: readonly string[]) => Buffer.from(paths.map((path) => `${path}\0`).join(''), 'latin1');
