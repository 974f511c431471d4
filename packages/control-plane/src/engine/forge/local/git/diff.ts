import { type Git, runSettled } from './git.ts';

export interface FileChange {
  path: string;
  previousPath: string | null;
  status: 'added' | 'removed' | 'modified' | 'renamed' | 'copied' | 'changed';
  sha: string;
  additions: number;
  deletions: number;
  /** Starts at the first hunk, as GitHub's does; null for binary files and past `maxPatch`. */
  patch: string | null;
}

/** GitHub leaves large patches out; ours does past this many characters. */
const maxPatch = 1_000_000;
const maxFiles = 3_000;

/** What changed between two commits, by rename detection at git's default of 50 %. */
export async function diffFiles(git: Git, from: string, to: string): Promise<FileChange[]> {
  const common = ['diff-tree', '-r', '-M', '--no-ext-diff', '--no-textconv', '--no-color', '--root'];
  const [raw, numbers, patches] = await Promise.all([
    runSettled(git, [...common, '-z', '--raw', '--no-abbrev', from, to]),
    runSettled(git, [...common, '-z', '--numstat', from, to]),
    git.settled([...common, '-p', '--full-index', from, to]),
  ]);
  const counts = parseNumbers(numbers);
  const texts = patches.exitCode === 0 ? parsePatches(patches.stdout) : [];
  return parseRaw(raw)
    .slice(0, maxFiles)
    .map((change, index) => {
      const patch = texts[index] ?? null;
      return {
        ...change,
        ...(counts[index] ?? { additions: 0, deletions: 0 }),
        patch: patch && patch.length <= maxPatch ? patch : null,
      };
    });
}

/** The empty tree's sha: what a first commit is compared with. */
export const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

const statusNames = { A: 'added', D: 'removed', M: 'modified', R: 'renamed', C: 'copied', T: 'changed' } as const;

/** Records of `:mode mode sha sha status NUL path NUL [path NUL]`. */
function parseRaw(output: string): Omit<FileChange, 'additions' | 'deletions' | 'patch'>[] {
  const parts = output.split('\0');
  const changes: Omit<FileChange, 'additions' | 'deletions' | 'patch'>[] = [];
  for (let at = 0; at < parts.length; ) {
    const header = parts[at++];
    if (!header?.startsWith(':')) continue;
    const [, , before = '', after = '', code = 'M'] = header.split(' ');
    const letter = code.charAt(0) as keyof typeof statusNames;
    const first = parts[at++] ?? '';
    const moved = letter === 'R' || letter === 'C';
    const path = moved ? (parts[at++] ?? '') : first;
    changes.push({
      path,
      previousPath: moved ? first : null,
      status: statusNames[letter] ?? 'changed',
      sha: letter === 'D' ? before : after,
    });
  }
  return changes;
}

/** Records of `added TAB deleted TAB path NUL`, or with an empty path and two more for a rename. Binary counts are dashes. */
function parseNumbers(output: string): { additions: number; deletions: number }[] {
  const parts = output.split('\0');
  const counts: { additions: number; deletions: number }[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const [added, deleted, path] = (parts[at] ?? '').split('\t');
    if (added === undefined || deleted === undefined) continue;
    if (path === '') at += 2;
    counts.push({ additions: Number(added) || 0, deletions: Number(deleted) || 0 });
  }
  return counts;
}

/** Content lines start with a space, +, - or backslash, so a `diff --git` at the start of a line is always a header. */
function parsePatches(output: string): (string | null)[] {
  return output
    .split(/^diff --git /m)
    .slice(1)
    .map((file) => {
      const hunk = file.search(/^@@ /m);
      return hunk < 0 ? null : file.slice(hunk).replace(/\n$/, '');
    });
}
