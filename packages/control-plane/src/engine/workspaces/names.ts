import { lstat, mkdir, realpath } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { errno, WorkspaceError } from './errors.ts';

/** Git itself accepts `a;b` and `x$(touch y)`; these characters mean nothing to a shell, a glob or a refspec. */
const component = /^[A-Za-z0-9_@+][A-Za-z0-9._@+-]{0,99}$/;

/** A branch name that is safe as a directory, an argument and part of a message; throws `bad_name` otherwise. */
export function parseBranchName(name: string): string {
  const parts = name.split('/');
  const fits =
    name.length <= 200 &&
    parts.every((part) => component.test(part) && !part.includes('..') && !part.endsWith('.') && !part.endsWith('.lock')) &&
    name !== '@' &&
    name !== 'HEAD' &&
    parts[0] !== 'refs' &&
    !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name);
  if (fits) return name;
  throw new WorkspaceError(
    'bad_name',
    `Branch name ${JSON.stringify(name.slice(0, 200))} is refused: expected letters, digits and . _ @ + - in parts divided by /, ` +
      'no part that starts with . or -, ends with . or .lock, or holds ".."; at most 200 characters. Rename the branch.',
  );
}

/** A run's id is part of file names and of a ref. */
export function parseRunId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(id)) return id;
  throw new WorkspaceError(
    'bad_name',
    `Run id ${JSON.stringify(id.slice(0, 100))} is refused: expected letters, digits, _ and -.`,
  );
}

export function parseSha(sha: string): string {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha)) return sha;
  throw new WorkspaceError(
    'unknown_commit',
    `Expected a full commit id (40 or 64 hex digits), got ${JSON.stringify(sha.slice(0, 80))}.`,
  );
}

/** A relative path inside a tree, with forward slashes and no way up. */
export function parseTreePath(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || path.includes('\0') || parts.includes('..')) {
    throw new WorkspaceError('unknown_path', `Expected a path inside the repository, got ${JSON.stringify(path)}.`);
  }
  return parts;
}

/**
 * Refuses a path below `root` of which any existing part is a symbolic link or no directory: what is written there would
 * land elsewhere. `root` must be a real path. Returns whether the whole path exists.
 */
export async function checkContained(root: string, path: string): Promise<boolean> {
  const inner = relative(root, resolve(path));
  if (inner === '..' || inner.startsWith(`..${sep}`)) throw new WorkspaceError('unsafe_path', `${path} lies outside ${root}.`);
  let at = root;
  for (const part of inner.split(sep).filter(Boolean)) {
    at = join(at, part);
    const found = await lstat(at).catch((error: unknown) => {
      if (errno(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (!found) return false;
    if (!found.isDirectory()) {
      const what = found.isSymbolicLink() ? 'a symbolic link' : 'no directory';
      throw new WorkspaceError('unsafe_path', `${at} is ${what}; expected a directory inside ${root}. Remove it and try again.`);
    }
  }
  return true;
}

/** Makes a directory below `root` and proves afterwards that it really lies there. */
export async function makeContained(root: string, path: string): Promise<void> {
  await checkContained(root, path);
  await mkdir(path, { recursive: true });
  if ((await realpath(path)) !== resolve(path))
    throw new WorkspaceError('unsafe_path', `${path} does not lie where its name says.`);
}
