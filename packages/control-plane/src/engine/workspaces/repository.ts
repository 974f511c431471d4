import { lstat, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errno, WorkspaceError } from './errors.ts';
import { readSmallFile } from './files.ts';
import { parseBranchName } from './names.ts';
import { readHead, readRef } from './refs.ts';

/** A person's repository, read from files only. */
export interface Repository {
  /** The main working tree, a real path. */
  readonly root: string;
  /** `<root>/.git`. */
  readonly commonDirectory: string;
  readonly objectsDirectory: string;
  readonly objectFormat: 'sha1' | 'sha256';
  readonly defaultBranch: string;
  /** Present in a shallow clone: where its history ends. */
  readonly shallowFile?: string;
}

/** Finds the repository around `directory`. Nothing of it is run and its config is not followed. */
export async function openRepository(directory: string, options: { defaultBranch?: string } = {}): Promise<Repository> {
  const root = await findRoot(directory);
  const commonDirectory = join(root, '.git');
  await refuseUnsupported(commonDirectory);
  const head = await readHead(commonDirectory, join(commonDirectory, 'HEAD'));
  const defaultBranch = await findDefaultBranch(commonDirectory, head, options.defaultBranch);
  const sha = await readRef(commonDirectory, `refs/heads/${defaultBranch}`);
  return Object.freeze({
    root,
    commonDirectory,
    objectsDirectory: join(commonDirectory, 'objects'),
    objectFormat: sha?.length === 64 ? ('sha256' as const) : ('sha1' as const),
    defaultBranch,
    ...((await statOrNothing(join(commonDirectory, 'shallow')))?.isFile() && { shallowFile: join(commonDirectory, 'shallow') }),
  });
}

/** The main working tree of the repository around `directory`, a real path; its branches are not looked at. */
export async function findRepository(directory: string): Promise<string> {
  return findRoot(directory);
}

/**
 * For a HEAD on no branch: the commit that is checked out, and the repository to read it with. Its `defaultBranch` is empty:
 * what is read there says which one counts.
 */
export async function openAtHead(directory: string): Promise<{ repository: Repository; commit: string }> {
  const root = await findRoot(directory);
  const commonDirectory = join(root, '.git');
  const { sha: commit } = await readHead(commonDirectory, join(commonDirectory, 'HEAD'));
  if (commit === undefined) throw noCommits(commonDirectory);
  const objectsDirectory = join(commonDirectory, 'objects');
  const objectFormat = commit.length === 64 ? 'sha256' : 'sha1';
  return { repository: { root, commonDirectory, objectsDirectory, objectFormat, defaultBranch: '' }, commit };
}

/** The commit at the tip of a local branch, read now. */
export async function commitOf(repository: Repository, branch: string): Promise<string> {
  const sha = await readRef(repository.commonDirectory, `refs/heads/${parseBranchName(branch)}`);
  if (sha) return sha;
  throw new WorkspaceError('unknown_commit', `There is no local branch ${branch} in ${repository.root}.`);
}

async function findRoot(directory: string): Promise<string> {
  const start = await realpath(directory).catch((error: unknown) => {
    throw new WorkspaceError('not_a_repository', `${directory} does not exist. Give the path of a git repository.`, {
      cause: error,
    });
  });
  for (let at = start; ; at = dirname(at)) {
    const dotGit = await statOrNothing(join(at, '.git'));
    if (dotGit?.isDirectory()) return at;
    if (dotGit) {
      const pointer = dotGit.isFile() ? ((await readSmallFile(join(at, '.git'))) ?? '').trim() : 'a symbolic link';
      throw new WorkspaceError(
        'linked_repository',
        `${at} is a linked worktree or a submodule (.git is ${JSON.stringify(pointer)}, expected a directory). Give the main checkout.`,
      );
    }
    if ((await statOrNothing(join(at, 'HEAD')))?.isFile() && (await statOrNothing(join(at, 'objects')))?.isDirectory()) {
      throw new WorkspaceError(
        'bare_repository',
        `${at} is a bare repository or a .git directory; a working tree is needed. Clone it, and give the clone.`,
      );
    }
    if (dirname(at) === at) {
      throw new WorkspaceError(
        'not_a_repository',
        `No git repository at ${directory} or above. Run: git init, and commit something.`,
      );
    }
  }
}

async function refuseUnsupported(commonDirectory: string): Promise<void> {
  if (await statOrNothing(join(commonDirectory, 'reftable'))) {
    throw new WorkspaceError(
      'unsupported_repository',
      `${commonDirectory} keeps its refs in the reftable format; only files are supported. Run: git refs migrate --ref-format=files`,
    );
  }
  const packs = await readdir(join(commonDirectory, 'objects', 'pack')).catch(() => [] as string[]);
  if (packs.some((name) => name.endsWith('.promisor'))) {
    throw new WorkspaceError(
      'unsupported_repository',
      `${commonDirectory} is a partial clone; a full one is needed. Clone again without --filter.`,
    );
  }
  const objects = await statOrNothing(join(commonDirectory, 'objects'));
  if (!objects?.isDirectory()) {
    throw new WorkspaceError('unsupported_repository', `${join(commonDirectory, 'objects')} is no directory of its own.`);
  }
}

async function findDefaultBranch(
  commonDirectory: string,
  head: { ref: string | null; sha: string | undefined },
  wanted?: string,
): Promise<string> {
  const exists = async (branch: string) => (await readRef(commonDirectory, `refs/heads/${branch}`)) !== undefined;
  if (wanted !== undefined) {
    if (await exists(parseBranchName(wanted))) return wanted;
    if (head.sha === undefined) throw noCommits(commonDirectory);
    throw new WorkspaceError(
      'no_default_branch',
      `The configured default branch ${wanted} does not exist locally. Create it, or correct the config.`,
    );
  }
  for (const branch of ['main', 'master']) if (await exists(branch)) return branch;
  const current = head.ref?.startsWith('refs/heads/') ? head.ref.slice('refs/heads/'.length) : undefined;
  if (current !== undefined && head.sha !== undefined) return parseBranchName(current);
  if (head.sha === undefined) throw noCommits(commonDirectory);
  throw new WorkspaceError(
    'no_default_branch',
    'HEAD is detached, there is no branch main or master, and no config here names the default branch (repositories[0].defaultBranch). Check out the default branch, then start again.',
  );
}

const noCommits = (commonDirectory: string) =>
  new WorkspaceError('no_commits', `${dirname(commonDirectory)} has no commits yet. Commit something first.`);

async function statOrNothing(path: string) {
  return lstat(path).catch((error: unknown) => {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return undefined;
    throw error;
  });
}
