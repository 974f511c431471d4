import type { Git } from './git.ts';
import { isObjectName } from './refs.ts';

export interface TreeEntry {
  mode: string;
  type: 'blob' | 'tree' | 'commit';
  sha: string;
  size: number | null;
  path: string;
}

/** The entries of a tree (of a commit or tree sha); null when there is no such tree. */
export async function readTree(git: Git, treeish: string, options: { recursive?: boolean } = {}): Promise<TreeEntry[] | null> {
  const flags = options.recursive ? ['-r', '-t'] : [];
  const args = ['ls-tree', '-z', '--long', '--full-tree', ...flags, '--end-of-options', treeish];
  const result = await (isObjectName(treeish) ? git.settled(args) : git.attempt(args));
  if (result.exitCode !== 0) return null;
  return result.stdout.split('\0').filter(Boolean).map(parseEntry);
}

/** The tree's own sha, for a commit's or a tree's. */
export async function treeSha(git: Git, treeish: string): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${treeish}^{tree}`];
  const result = await (isObjectName(treeish) ? git.settled(args) : git.attempt(args));
  return result.exitCode === 0 ? result.stdout.trim() : null;
}

/** What stands at `path` in a commit; null when nothing does. The path is a list of names, never a pathspec. */
export async function entryAt(git: Git, commit: string, path: string): Promise<TreeEntry | null> {
  const result = await git.attempt(['ls-tree', '-z', '--long', '--full-tree', '--end-of-options', commit, '--', path]);
  if (result.exitCode !== 0) return null;
  const [first] = result.stdout.split('\0').filter(Boolean).map(parseEntry);
  return first ?? null;
}

export async function blobSize(git: Git, sha: string): Promise<number | null> {
  const type = await git.attempt(['cat-file', '-t', sha]);
  if (type.stdout.trim() !== 'blob') return null;
  return Number((await git.run(['cat-file', '-s', sha])).trim());
}

export const readBlob = (git: Git, sha: string): Promise<Buffer> => git.bytes(['cat-file', 'blob', sha]);

/** `<mode> SP <type> SP <object> SP+ <size> TAB <path>` (git-ls-tree(1), --long). */
function parseEntry(line: string): TreeEntry {
  const tab = line.indexOf('\t');
  const [mode = '', type = 'blob', sha = '', size = '-'] = line.slice(0, tab).split(/ +/);
  return { mode, type: type as TreeEntry['type'], sha, size: size === '-' ? null : Number(size), path: line.slice(tab + 1) };
}
