import { readRef, readRefs } from '../../../workspaces/refs.ts';
import type { Git } from './git.ts';

const objectName = /^[0-9a-f]{40}$/;

export const isObjectName = (text: string): boolean => objectName.test(text);

/**
 * A branch name that git and we accept (git-check-ref-format(1)). A leading dash is refused too: it is legal in a ref, but
 * the name would read as an option wherever somebody else passes it on.
 */
export function isBranchName(name: string): boolean {
  if (name.length === 0 || name.length > 200 || name === '@' || name === 'HEAD' || name.startsWith('-')) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  if (/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|[./]$/.test(name)) return false;
  return name.split('/').every((part) => part.length > 0 && !part.startsWith('.') && !part.endsWith('.lock'));
}

/** Every branch with the commit it points at, by name. */
export async function listBranches(git: Git): Promise<Map<string, string>> {
  // Read from its files: this is asked at each look at an issue, and a git of its own would take 10 ms.
  const refs = [...(await readRefs(git.directory))].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(
    refs.flatMap(([ref, sha]) => (ref.startsWith('refs/heads/') && isObjectName(sha) ? [[ref.slice(11), sha]] : [])),
  );
}

/** All refs below a prefix such as `heads/feature`, as GitHub's matching-refs gives them: by prefix of the text. */
export async function listRefs(git: Git, prefix = ''): Promise<{ ref: string; sha: string; type: string }[]> {
  if (prefix.startsWith('heads/')) {
    const branches = [...(await listBranches(git))].map(([name, sha]) => ({ ref: `refs/heads/${name}`, sha, type: 'commit' }));
    return branches.filter(({ ref }) => ref.startsWith(`refs/${prefix}`));
  }
  const output = await git.run(['for-each-ref', '--format=%(objectname) %(objecttype) %(refname)', 'refs/heads', 'refs/tags']);
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [sha = '', type = '', ref = ''] = line.split(' ');
      return { ref, sha, type };
    })
    .filter(({ ref }) => ref.startsWith(`refs/${prefix}`));
}

export async function branchHead(git: Git, branch: string): Promise<string | null> {
  if (!isBranchName(branch)) return null;
  const sha = await readRef(git.directory, `refs/heads/${branch}`);
  return sha !== undefined && isObjectName(sha) ? sha : null;
}

/** The commit that a client's word names: a branch, a tag, a full ref, or a (shortened) sha. Revision syntax is not read. */
export async function resolveCommit(git: Git, word: string): Promise<string | null> {
  const short = word.replace(/^refs\//, '');
  // Forty hex digits are a commit's name; no branch may be called so.
  if (isObjectName(word)) {
    const result = await git.settled(['rev-parse', '--verify', '--quiet', '--end-of-options', `${word}^{commit}`]);
    return result.exitCode === 0 ? result.stdout.trim() : null;
  }
  const head = await branchHead(git, short);
  if (head !== null) return head;
  const candidates: string[] = [];
  if (isBranchName(short)) candidates.push(`refs/tags/${short}`, `refs/${short}`);
  if (/^[0-9a-f]{7,40}$/i.test(word)) candidates.push(word.toLowerCase());
  if (word === 'HEAD') candidates.push('HEAD');
  for (const candidate of candidates) {
    const result = await git.attempt(['rev-parse', '--verify', '--quiet', '--end-of-options', `${candidate}^{commit}`]);
    if (result.exitCode === 0) return result.stdout.trim();
  }
  return null;
}

export async function isAncestor(git: Git, ancestor: string, descendant: string): Promise<boolean> {
  const result = await git.settled(['merge-base', '--is-ancestor', ancestor, descendant], [0, 1]);
  return result.exitCode === 0;
}

export async function mergeBase(git: Git, one: string, other: string): Promise<string | null> {
  const result = await git.settled(['merge-base', one, other], [0, 1]);
  return result.exitCode === 0 ? result.stdout.trim() : null;
}

/** Moves a ref from the value the caller has seen; false when it is no longer there. All zeros: it must not exist yet. */
export async function moveRef(git: Git, ref: string, move: { to: string; from: string }): Promise<boolean> {
  const result = await git.attempt(['update-ref', '--no-deref', ref, move.to, move.from]);
  return result.exitCode === 0;
}

export const noObject = '0'.repeat(40);
