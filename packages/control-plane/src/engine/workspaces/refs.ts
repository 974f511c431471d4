import type { Dirent } from 'node:fs';
import { lstat, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../system/clock.ts';
import { errno, WorkspaceError } from './errors.ts';
import { readSmallFile } from './files.ts';
import { makeContained } from './names.ts';

const shaPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const maxPackedRefs = 256 * 1024 * 1024;

/** Every ref by name → commit id, or `ref: …` for a symbolic one; `HEAD` of the main tree included. Read from files: no config is involved. */
export async function readRefs(gitDirectory: string): Promise<Map<string, string>> {
  const refs = new Map<string, string>();
  await readLooseRefs(gitDirectory, 'refs', refs);
  // Packed ones after the loose ones, which they yield to: one that is packed meanwhile is seen in either place.
  for (const [name, sha] of await readPackedRefs(gitDirectory)) if (!refs.has(name)) refs.set(name, sha);
  const head = (await readSmallFile(join(gitDirectory, 'HEAD')))?.trim();
  if (head) refs.set('HEAD', head);
  return refs;
}

/** The commit id of one ref, symbolic ones followed; undefined if there is none. */
export async function readRef(gitDirectory: string, name: string): Promise<string | undefined> {
  let at = name;
  for (let depth = 0; depth < 5; depth += 1) {
    if (!isRefName(at)) return undefined;
    const value = (await readSmallFile(join(gitDirectory, at)))?.trim() ?? (await readPackedRefs(gitDirectory)).get(at);
    if (value === undefined) return undefined;
    if (shaPattern.test(value)) return value;
    if (!value.startsWith('ref: ')) return undefined;
    at = value.slice(5).trim();
  }
  return undefined;
}

/** What a HEAD file says: the branch's ref, and the commit. */
export async function readHead(gitDirectory: string, headFile: string): Promise<{ ref: string | null; sha: string | undefined }> {
  const value = (await readSmallFile(headFile))?.trim() ?? '';
  if (shaPattern.test(value)) return { ref: null, sha: value };
  const ref = value.startsWith('ref: ') ? value.slice(5).trim() : '';
  return isRefName(ref) ? { ref, sha: await readRef(gitDirectory, ref) } : { ref: null, sha: undefined };
}

/**
 * Points a ref at a commit by git's own locking protocol (a `.lock` file, then a rename), so that the repository's hooks
 * and config have no part in it. `expected` is the value that must stand there now; null means none may.
 */
export async function writeRef(
  gitDirectory: string,
  change: { name: string; sha: string; expected: string | null },
  clock: Clock,
): Promise<void> {
  const path = join(gitDirectory, change.name);
  await refuseConflicts(gitDirectory, change.name);
  await makeContained(gitDirectory, dirname(path)).catch((error: unknown) => {
    if (errno(error) === 'ENOTDIR' || errno(error) === 'EEXIST') throw conflict(change.name, error);
    throw error;
  });
  await lock(path, change.sha, clock);
  try {
    const now = (await readRef(gitDirectory, change.name)) ?? null;
    if (now !== change.expected) {
      throw new WorkspaceError(
        'ref_changed',
        `${change.name} is at ${now ?? 'nothing'}; expected ${change.expected ?? 'nothing'}. Somebody moved it meanwhile: try again.`,
      );
    }
    await removeEmptyDirectories(path);
    await rename(`${path}.lock`, path);
  } catch (error) {
    await rm(`${path}.lock`, { force: true });
    throw error;
  }
}

/** Takes back a loose ref that was just made, if it still stands where it was put. */
export async function deleteNewRef(gitDirectory: string, name: string, expected: string): Promise<void> {
  const path = join(gitDirectory, name);
  if ((await readSmallFile(path))?.trim() === expected) await rm(path);
}

/** A kill between lock and rename leaves the lock behind; only one that is plainly ours goes. */
export async function dropStaleLock(gitDirectory: string, name: string, sha: string): Promise<void> {
  const path = `${join(gitDirectory, name)}.lock`;
  const content = await readSmallFile(path);
  if (content !== undefined && (content === '' || content.trim() === sha)) await rm(path, { force: true });
}

export interface RefChange {
  ref: string;
  change: 'created' | 'moved' | 'deleted';
  before: string | null;
  after: string | null;
}

/** What happened to refs other than those of `branches` (and their remote-tracking copies), sorted by name. */
export function compareRefs(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  branches: readonly string[],
): RefChange[] {
  const own = (ref: string) =>
    branches.some(
      (branch) =>
        ref === `refs/heads/${branch}` ||
        (ref.startsWith('refs/remotes/') && ref.replace(/^refs\/remotes\/[^/]+\//, '') === branch),
    );
  const changes: RefChange[] = [];
  for (const ref of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const was = before.get(ref) ?? null;
    const is = after.get(ref) ?? null;
    if (was === is || own(ref)) continue;
    changes.push({ ref, change: was === null ? 'created' : is === null ? 'deleted' : 'moved', before: was, after: is });
  }
  return changes;
}

const isRefName = (name: string) =>
  /^refs\/[^\s~^:?*[\\]+$/.test(name) &&
  !name.split('/').some((part) => part === '' || part.startsWith('.') || part.endsWith('.lock'));

async function readPackedRefs(gitDirectory: string): Promise<Map<string, string>> {
  const refs = new Map<string, string>();
  const text = (await readSmallFile(join(gitDirectory, 'packed-refs'), maxPackedRefs)) ?? '';
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (line[0] === '#' || line[0] === '^' || space < 0) continue;
    const sha = line.slice(0, space);
    if (shaPattern.test(sha)) refs.set(line.slice(space + 1), sha);
  }
  return refs;
}

async function readLooseRefs(gitDirectory: string, prefix: string, refs: Map<string, string>): Promise<void> {
  const entries = await readdir(join(gitDirectory, prefix), { withFileTypes: true }).catch((error: unknown) => {
    if (errno(error) === 'ENOENT') return [] as Dirent[];
    throw error;
  });
  for (const entry of entries) {
    const name = `${prefix}/${entry.name}`;
    if (entry.isDirectory()) await readLooseRefs(gitDirectory, name, refs);
    else if (entry.isSymbolicLink()) refs.set(name, 'symbolic link');
    else if (entry.isFile() && !name.endsWith('.lock')) {
      const value = (await readSmallFile(join(gitDirectory, name)))?.trim();
      if (value) refs.set(name, value);
    }
  }
}

async function refuseConflicts(gitDirectory: string, name: string): Promise<void> {
  for (const other of (await readRefs(gitDirectory)).keys()) {
    if (name.startsWith(`${other}/`) || other.startsWith(`${name}/`)) throw conflict(name, undefined, other);
  }
}

const conflict = (name: string, cause: unknown, other?: string) =>
  new WorkspaceError(
    'branch_conflict',
    `${name} cannot exist beside ${other ?? 'a ref whose name is a part of it'}: one name is a folder of the other. Rename one.`,
    { cause },
  );

async function lock(path: string, sha: string, clock: Clock): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const file = await open(`${path}.lock`, 'wx', 0o644);
      try {
        await file.writeFile(`${sha}\n`);
        await file.datasync();
      } finally {
        await file.close();
      }
      return;
    } catch (error) {
      if (errno(error) !== 'EEXIST') throw error;
      if (attempt >= 50)
        throw new WorkspaceError('ref_locked', `${path}.lock exists for more than a second. If no git runs, remove it.`, {
          cause: error,
        });
      await clock.sleep(20);
    }
  }
}

/** Git leaves empty folders behind where `a/b` once stood; they are in the way of a ref `a`. */
async function removeEmptyDirectories(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isDirectory()) return;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeEmptyDirectories(join(path, entry.name));
  }
  await rmdir(path);
}
