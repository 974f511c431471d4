import { ForgeNotFound, ForgeRefused } from './errors.ts';
import { gitCommitAnswer, refAnswer, treeAnswer } from './octokit-answers.ts';
import type { Pages } from './octokit-pages.ts';
import type { CallOptions, Conditional, ConditionalOptions } from './port.ts';
import type { DirectoryTree } from './shapes.ts';

type Entry = { path: string; mode: string; type: string; sha: string; size?: number | null | undefined };

export interface Trees {
  head(branch: string, options: CallOptions): Promise<string | null>;
  directory(directory: string, branch: string, options: ConditionalOptions): Promise<Conditional<DirectoryTree>>;
}

/**
 * Directories at a branch's tip. Only the branch's ref is ever asked for again; commits and trees are named by their
 * content, so the last walk of each directory stands until the ref moves.
 */
export function createTrees(pages: Pages, root: string): Trees {
  const last = new Map<string, DirectoryTree>();

  const head = async (branch: string, options: CallOptions): Promise<string | null> => {
    try {
      const { value } = await pages.one(
        `${root}/git/ref/heads/${branch.split('/').map(encodeURIComponent).join('/')}`,
        refAnswer,
        options,
      );
      return value.object.sha;
    } catch (error) {
      // 409 is GitHub's answer for a repository without any commit.
      if (error instanceof ForgeNotFound || (error instanceof ForgeRefused && error.status === 409)) return null;
      throw error;
    }
  };

  const entries = async (sha: string, recursive: boolean, options: CallOptions) => {
    const { value } = await pages.one(`${root}/git/trees/${sha}${recursive ? '?recursive=1' : ''}`, treeAnswer, options);
    return value;
  };

  /** A tree that GitHub cuts when asked for at once is read directory by directory. */
  const below = async (sha: string, prefix: string, options: CallOptions): Promise<Entry[]> => {
    const whole = await entries(sha, true, options);
    if (!whole.truncated) return whole.tree.map((entry) => ({ ...entry, path: prefix + entry.path }));
    const found: Entry[] = [];
    for (const entry of (await entries(sha, false, options)).tree) {
      if (entry.type === 'tree') found.push(...(await below(entry.sha, `${prefix}${entry.path}/`, options)));
      else found.push({ ...entry, path: prefix + entry.path });
    }
    return found;
  };

  const read = async (commitSha: string, names: string[], options: CallOptions): Promise<DirectoryTree> => {
    const { value: commit } = await pages.one(`${root}/git/commits/${commitSha}`, gitCommitAnswer, options);
    let treeSha = commit.tree.sha;
    for (const name of names) {
      const step = (await entries(treeSha, false, options)).tree.find((entry) => entry.path === name && entry.type === 'tree');
      if (!step) return { commitSha, treeSha: null, files: [] };
      treeSha = step.sha;
    }
    const files = await below(treeSha, names.map((name) => `${name}/`).join(''), options);
    return {
      commitSha,
      treeSha,
      files: files
        .filter((entry) => entry.type === 'blob' && entry.mode !== '120000')
        .map(({ path, sha, size, mode }) => ({ path, sha, size: size ?? 0, executable: mode === '100755' })),
    };
  };

  return {
    head,
    async directory(directory, branch, options) {
      const names = directory.split('/').filter((name) => name !== '' && name !== '.');
      const key = `${branch}\n${names.join('/')}`;
      const before = last.get(key);
      const commitSha = await head(branch, options);
      const value =
        before && before.commitSha === commitSha
          ? before
          : commitSha === null
            ? { commitSha, treeSha: null, files: [] }
            : await read(commitSha, names, options);
      last.set(key, value);
      const version = value.treeSha ?? 'none';
      const known = options.known ?? (before && (before.treeSha ?? 'none'));
      return { changed: version !== known, version, value };
    },
  };
}
